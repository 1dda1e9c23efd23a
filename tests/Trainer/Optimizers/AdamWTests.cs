namespace PureLora.Tests;

/// <summary>AdamW against torch.optim.AdamW's own states (tests/Golden/quant), and what it must do by itself.</summary>
public sealed class AdamWTests
{
    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void Follows_torch_for_five_steps(string deviceName)
    {
        using var file = SafetensorsFile.Open(Path.Combine(Golden.Folder("quant"), "optim.safetensors"));
        using var device = Devices.Open(deviceName);
        using var p = new Parameter(device, "p", 32, 128, file.ReadFloats("p0"));
        using var optimizer = new AdamWOptimizer([p], weightDecay: 0.01);
        for (var step = 1; step <= 5; step++)
        {
            p.Gradient.CopyFrom(file.ReadFloats($"grad.{step - 1}"));
            optimizer.Step(1e-3, 1f);
            if (step is 1 or 3 or 5)
                AssertNear(file.ReadFloats($"torch_adamw/p.{step}"), p.Data.ToArray());
        }
        AssertNear(file.ReadFloats("torch_adamw/state.5/exp_avg"), optimizer.Moments(0)[0].ToArray());
        AssertNear(file.ReadFloats("torch_adamw/state.5/exp_avg_sq"), optimizer.Moments(0)[1].ToArray());
    }

    /// <summary>An ulp or two of the largest element: the two differ only in where a multiply-add rounds.</summary>
    static void AssertNear(float[] expected, float[] actual)
    {
        var limit = 2.5e-7 * expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= limit, $"element {i} is {actual[i]:R}, but torch needs {expected[i]:R}.");
    }

    [Fact]
    public void Threads_and_ranges_do_not_change_a_bit() => Assert.Equal(Train(1), Train(3));

    static uint[] Train(int threads)
    {
        const int n = 30011;
        using var device = Device.Open("cpu", threads);
        using var p = new Parameter(device, "p", 1, n, Devices.Noise(n, 1));
        using var optimizer = new AdamWOptimizer([p], weightDecay: 0.1);
        for (var step = 0; step < 3; step++)
        {
            p.Gradient.CopyFrom(Devices.Noise(n, 10 + step));
            optimizer.Step(1e-2, 0.3f);
        }
        return [.. p.Data.ToArray().Select(BitConverter.SingleToUInt32Bits)];
    }

    [Fact]
    public void An_element_has_the_same_bits_in_a_vector_and_in_the_tail()
    {
        var values = Devices.Noise(32, 1);
        var whole = StepOnce(values, Devices.Noise(32, 2));
        for (var length = 1; length < 32; length++)
            Assert.Equal(whole[..length], StepOnce(values[..length], Devices.Noise(32, 2)[..length]));
    }

    static float[] StepOnce(float[] values, float[] gradient)
    {
        using var device = Device.Open("cpu", 1);
        using var p = new Parameter(device, "p", 1, values.Length, values);
        using var optimizer = new AdamWOptimizer([p], weightDecay: 0.1);
        p.Gradient.CopyFrom(gradient);
        optimizer.Step(1e-2, 0.7f);
        optimizer.Step(1e-2, 0.7f);
        return p.Data.ToArray();
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void A_gradient_scale_equals_scaled_gradients(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        float[] values = Devices.Noise(40, 1), gradient = Devices.Noise(40, 2);
        using var a = new Parameter(device, "a", 1, 40, values);
        using var b = new Parameter(device, "b", 1, 40, values);
        a.Gradient.CopyFrom(gradient);
        b.Gradient.CopyFrom([.. gradient.Select(g => g * 0.37f)]);
        // An epsilon that matters: without it AdamW hardly sees the size of a gradient.
        using var first = new AdamWOptimizer([a], epsilon: 0.1);
        using var second = new AdamWOptimizer([b], epsilon: 0.1);
        first.Step(1e-2, 0.37f);
        second.Step(1e-2, 1f);
        Assert.Equal(b.Data.ToArray(), a.Data.ToArray());
        Assert.Equal(gradient, a.Gradient.ToArray());
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void Only_chosen_parameters_decay(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var weight = new Parameter(device, "weight", 1, 3, [1f, -2f, 4f]);
        using var norm = new Parameter(device, "norm", 1, 3, [1f, -2f, 4f]);
        using var optimizer = new AdamWOptimizer([weight, norm], decays: p => p.Name == "weight", weightDecay: 0.5);
        optimizer.Step(0.25, 1f);
        // No gradient reached them: all that is left is the decay, 1 - 0.25 · 0.5, exact in f32.
        Assert.Equal([0.875f, -1.75f, 3.5f], weight.Data.ToArray());
        Assert.Equal([1f, -2f, 4f], norm.Data.ToArray());
    }

    [Fact]
    public void Steps_and_moments_carry_a_run_over()
    {
        using var device = Device.Open("cpu");
        using var whole = new Parameter(device, "p", 1, 20, Devices.Noise(20, 1));
        using var parts = new Parameter(device, "p", 1, 20, Devices.Noise(20, 1));
        using var uninterrupted = new AdamWOptimizer([whole]);
        using var before = new AdamWOptimizer([parts]);
        using var after = new AdamWOptimizer([parts]);
        for (var step = 0; step < 4; step++)
        {
            whole.Gradient.CopyFrom(Devices.Noise(20, 50 + step));
            parts.Gradient.CopyFrom(Devices.Noise(20, 50 + step));
            if (step == 2)
            {
                after.Steps = before.Steps;
                after.Moments(0)[0].Values!.CopyFrom(before.Moments(0)[0].ToArray());
                after.Moments(0)[1].Values!.CopyFrom(before.Moments(0)[1].ToArray());
            }
            uninterrupted.Step(1e-2, 1f);
            (step < 2 ? before : after).Step(1e-2, 1f);
        }
        Assert.Equal(whole.Data.ToArray(), parts.Data.ToArray());
    }

    [Fact]
    public void The_moments_go_back_to_the_device()
    {
        using var device = Device.Open("cpu");
        using var p = new Parameter(device, "p", 1, 100, new float[100]);
        var bytes = device.Bytes;
        new AdamWOptimizer([p]).Dispose();
        Assert.Equal(bytes, device.Bytes);
    }

    [Fact]
    public void A_beta_of_one_is_an_error()
    {
        var error = Assert.Throws<UsageException>(() => new AdamWOptimizer([], beta2: 1));
        Assert.Equal("adam_beta2: the value is 1, but the optimizer needs 0 or more and less than 1. Choose another adam_beta2.", error.Message);
    }
}
