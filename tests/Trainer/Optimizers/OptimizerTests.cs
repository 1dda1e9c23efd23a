namespace PureLora.Tests;

/// <summary>What every optimizer must do whatever the numbers.</summary>
public sealed class OptimizerTests
{
    public static TheoryData<string> Names => ["adamw", "adamw_8bit", "lion", "lion_8bit", "sgd"];

    internal static Optimizer Open(string name, IReadOnlyList<Parameter> parameters, Predicate<Parameter>? decays = null, double weightDecay = 0.1, string? pages = null)
    {
        var storage = new StateStorage(name.EndsWith("_8bit", StringComparison.Ordinal), pages);
        return name.Split('_')[0] switch
        {
            "adamw" => new AdamWOptimizer(parameters, decays, weightDecay: weightDecay, storage: storage),
            "lion" => new LionOptimizer(parameters, decays, weightDecay: weightDecay, storage: storage),
            _ => new SgdOptimizer(parameters, decays, weightDecay),
        };
    }

    /// <summary>Three steps over lengths with an odd rest, in blocks and in vectors; the bits of the parameters and of the state.</summary>
    static uint[] Train(string name, int threads, int length = 30011, string? pages = null)
    {
        using var device = Device.Open("cpu", threads);
        using var p = new Parameter(device, "p", 1, length, Devices.Noise(length, 1));
        using var optimizer = Open(name, [p], pages: pages);
        for (var step = 0; step < 3; step++)
        {
            p.Gradient.CopyFrom(Devices.Noise(length, 10 + step));
            optimizer.Step(1e-2, 0.3f);
        }
        return OpTests.Bits([.. p.Data.ToArray(), .. optimizer.Moments(0).SelectMany(moment => moment.ToArray())]);
    }

    [Theory, MemberData(nameof(Names)), Trait("Category", "Determinism")]
    public void Threads_do_not_change_a_bit(string name)
    {
        var one = Train(name, 1);
        Assert.Equal(one, Train(name, 2));
        Assert.Equal(one, Train(name, 3));
    }

    /// <summary>CI runs this again with narrower vectors.</summary>
    [Theory, Trait("Category", "Determinism")]
    [InlineData("adamw_8bit", 2637056229)]
    [InlineData("lion", 4055796974)]
    [InlineData("lion_8bit", 2979363111)]
    [InlineData("sgd", 1344021239)]
    public void Any_vector_width_gives_these_bits(string name, uint expected) =>
        Assert.Equal(expected, Train(name, 2).Aggregate(2166136261u, (hash, bits) => unchecked((hash ^ bits) * 16777619u)));

    [Theory, MemberData(nameof(Names))]
    public void A_large_parameter_begins_as_a_small_one_does_in_its_first_vectors(string name)
    {
        // The tail of a loop and a lane of it: the parameters of one step, before any code has been read back.
        using var device = Device.Open("cpu", 1);
        float[] values = Devices.Noise(5000, 1), gradient = Devices.Noise(5000, 2);
        float[] Once(int length)
        {
            using var p = new Parameter(device, "p", 1, length, values[..length]);
            using var optimizer = Open(name, [p]);
            p.Gradient.CopyFrom(gradient[..length]);
            optimizer.Step(1e-2, 0.7f);
            return p.Data.ToArray();
        }
        var whole = Once(5000);
        foreach (var length in (int[])[1, 15, 17, 31, 255, 257, 4095, 4999])
            Assert.Equal(whole[..length], Once(length));
    }

    [Theory]
    [InlineData("cpu", "adamw_8bit")]
    [InlineData("cpu", "lion_8bit")]
    [InlineData("ilgpu", "adamw_8bit")]
    [InlineData("ilgpu", "lion_8bit")]
    public void Parameters_below_4096_elements_keep_f32(string deviceName, string name)
    {
        using var device = Devices.Open(deviceName);
        using var small = new Parameter(device, "small", 1, 4095, new float[4095]);
        using var large = new Parameter(device, "large", 1, 4096, new float[4096]);
        using var optimizer = Open(name, [small, large]);
        Assert.All(optimizer.Moments(0), moment => Assert.True(moment.Values is not null && moment.Coded is null));
        Assert.All(optimizer.Moments(1), moment => Assert.True(moment.Values is null && moment.Coded is not null));
        // The small one moves as it does without codes.
        using var plain = new Parameter(device, "plain", 1, 4095, new float[4095]);
        using var other = Open(name.Split('_')[0], [plain]);
        foreach (var step in (int[])[1, 2])
        {
            small.Gradient.CopyFrom(Devices.Noise(4095, step));
            plain.Gradient.CopyFrom(Devices.Noise(4095, step));
            optimizer.Step(1e-2, 1f);
            other.Step(1e-2, 1f);
        }
        Assert.Equal(plain.Data.ToArray(), small.Data.ToArray());
    }

    /// <summary>A block that is all zero, a last block of one element, and numbers 1e-30 and 1e30 in other blocks.</summary>
    [Theory]
    [InlineData("adamw_8bit")]
    [InlineData("lion_8bit")]
    public void Both_bodies_agree_on_strange_blocks(string name)
    {
        const int n = 4096 + 256 + 1;
        var gradient = Devices.Noise(n, 3);
        gradient.AsSpan(256, 256).Clear();
        for (var i = 512; i < 768; i++)
            gradient[i] *= 1e-15f;
        for (var i = 768; i < 1024; i++)
            gradient[i] *= 1e15f;
        var results = Devices.Names.Select(deviceName =>
        {
            using var device = Devices.Open(deviceName);
            using var p = new Parameter(device, "p", 1, n, Devices.Noise(n, 4));
            using var optimizer = Open(name, [p]);
            for (var step = 0; step < 3; step++)
            {
                p.Gradient.CopyFrom(gradient);
                optimizer.Step(1e-2, 0.5f);
            }
            Assert.All(optimizer.Moments(0), moment => Assert.All(moment.ToArray()[256..512], x => Assert.Equal(0, x)));
            return p.Data.ToArray();
        }).ToArray();
        // Multiply-adds round once on the host and twice here; a code that falls the other way moves v by a hundredth.
        Near.Absolute(results[0], results[1], 1e-4, name);
        Assert.All(results[0], x => Assert.True(float.IsFinite(x)));
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void Sgd_adds_the_weight_decay_to_the_gradient(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        float[] values = [1, -2, 4], gradient = [0.5f, 0.25f, -8];
        using var weight = new Parameter(device, "weight", 1, 3, values);
        using var bias = new Parameter(device, "bias", 1, 3, values);
        weight.Gradient.CopyFrom(gradient);
        bias.Gradient.CopyFrom(gradient);
        using var optimizer = new SgdOptimizer([weight, bias], p => p.Name == "weight", weightDecay: 0.5);
        optimizer.Step(0.25, 0.5f);
        // p - 0.25 · (0.5 g + 0.5 p): powers of two, exact in f32.
        Assert.Equal([0.8125f, -1.78125f, 4.5f], weight.Data.ToArray());
        Assert.Equal([0.9375f, -2.03125f, 5f], bias.Data.ToArray());
    }

    [Theory]
    [InlineData("cpu", "lion")]
    [InlineData("cpu", "lion_8bit")]
    [InlineData("ilgpu", "lion")]
    [InlineData("ilgpu", "lion_8bit")]
    public void Lion_moves_by_the_sign_and_not_at_all_at_zero(string deviceName, string name)
    {
        const int n = 4100; // in 8 bits, where the last four are a block of their own
        var gradient = new float[n];
        (gradient[0], gradient[1], gradient[17], gradient[4099]) = (1e-3f, -7, 5, -1e-30f);
        using var device = Devices.Open(deviceName);
        using var p = new Parameter(device, "p", 1, n, new float[n]);
        p.Gradient.CopyFrom(gradient);
        using var optimizer = Open(name, [p]);
        optimizer.Step(0.25, 1f);
        Assert.Equal([.. gradient.Select(g => -0.25f * Math.Sign(g))], p.Data.ToArray());
    }

    [Theory, MemberData(nameof(Names))]
    public void Only_chosen_parameters_decay(string name)
    {
        using var device = Device.Open("cpu");
        using var weight = new Parameter(device, "weight", 1, 4096, [.. Enumerable.Repeat(4f, 4096)]);
        using var norm = new Parameter(device, "norm", 1, 4096, [.. Enumerable.Repeat(4f, 4096)]);
        using var optimizer = Open(name, [weight, norm], p => p.Name == "weight", weightDecay: 0.5);
        optimizer.Step(0.25, 1f);
        // No gradient reached them: all that is left is the decay, 1 - 0.25 · 0.5, exact in f32.
        Assert.All(weight.Data.ToArray(), x => Assert.Equal(3.5f, x));
        Assert.All(norm.Data.ToArray(), x => Assert.Equal(4f, x));
    }

    [Theory, MemberData(nameof(Names))]
    public void State_goes_back_to_the_device_and_eight_bits_take_a_quarter(string name)
    {
        const int n = 1 << 16;
        using var device = Device.Open("cpu");
        using var p = new Parameter(device, "p", 1, n, new float[n]);
        var before = device.Bytes;
        using (var optimizer = Open(name, [p]))
        {
            var moments = name.StartsWith("adamw", StringComparison.Ordinal) ? 2 : name == "sgd" ? 0 : 1;
            // In 8 bits: a byte an element, a scale for 256, and the map.
            Assert.Equal(name.EndsWith("_8bit", StringComparison.Ordinal) ? moments * (n + n / 256 * 4 + 1024) : moments * n * 4, device.Bytes - before);
            Assert.Equal(0, optimizer.PagedBytes);
        }
        Assert.Equal(before, device.Bytes);
    }
}
