namespace PureLora.Tests;

/// <summary>What a LoRA adapter does to a model, and what it must not do.</summary>
public sealed class AdapterTests : IDisposable
{
    readonly TinyModel tiny = new();

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Fresh_adapter_changes_nothing_bit_for_bit(string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var model = tiny.Open(device);
        using var batch = TokenBatch.Of(device, tiny.Ids(21, 1), tiny.Ids(21, 2));
        var without = TinyModel.Logits(model, batch);
        var adapter = TinyModel.Fresh(model);
        Assert.Equal(14, adapter.Layers.Count);
        Assert.Equal(OpTests.Bits(without), OpTests.Bits(TinyModel.Logits(model, batch)));
        adapter.Layers[^1].B.Data.CopyFrom([1f]);
        Assert.NotEqual(OpTests.Bits(without), OpTests.Bits(TinyModel.Logits(model, batch)));
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Merge_changes_nothing_beyond_rounding(string deviceName)
    {
        using var device = Device.Open(deviceName);
        int[][] prompts = [tiny.Ids(9, 3), tiny.Ids(4, 4), tiny.Ids(13, 5)];
        var settings = new GenerationSettings { MaxNewTokens = 12 };
        using var batch = TokenBatch.Of(device, tiny.Ids(21, 1), tiny.Ids(21, 2));
        float[] plain, adapted;
        int[][] answers;
        using (var model = tiny.Open(device))
        {
            plain = TinyModel.Logits(model, batch);
            TinyModel.Adapt(model);
            adapted = TinyModel.Logits(model, batch);
            answers = Generation.Run(model, prompts, settings, new HashSet<int>());
            ModelFolder.Save(model, tiny.Folder, tiny.Beside("merged"));
        }
        using var merged = Pretrained.Load(device, tiny.Beside("merged"));
        var largest = adapted.Max(Math.Abs);
        Assert.True(Difference(plain, adapted) > 0.1 * largest, "The adapter is too small to show anything.");
        Assert.True(Difference(adapted, TinyModel.Logits(merged, batch)) <= 1e-5 * largest, $"{Difference(adapted, TinyModel.Logits(merged, batch))} of {largest}");
        Assert.Equal(answers, Generation.Run(merged, prompts, settings, new HashSet<int>()));
    }

    [Fact]
    public void A_trainable_base_is_saved_with_its_adapter_merged()
    {
        using var device = Device.Open("cpu", 1);
        using var batch = TokenBatch.Of(device, tiny.Ids(21, 1));
        float[] plain, adapted;
        using (var model = tiny.Open(device, trainable: true))
        {
            plain = TinyModel.Logits(model, batch);
            TinyModel.Adapt(model);
            adapted = TinyModel.Logits(model, batch);
            ModelFolder.Save(model, tiny.Folder, tiny.Beside("merged"));
        }
        using var merged = Pretrained.Load(device, tiny.Beside("merged"));
        var largest = adapted.Max(Math.Abs);
        Assert.True(Difference(plain, adapted) > 0.1 * largest);
        Assert.True(Difference(adapted, TinyModel.Logits(merged, batch)) <= 1e-5 * largest); // rounding of W + s·B·A
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Doubling_alpha_doubles_the_change(string deviceName)
    {
        using var device = Device.Open(deviceName);
        var ((once, outputs), (twice, _)) = (Change(device, 7), Change(device, 14));
        // The change is added to W x in five products, each rounded to f32 at the size of the output: 2^-24 of it.
        var largest = once.Max(Math.Abs);
        Assert.True(largest > 0.1);
        for (var i = 0; i < once.Length; i++)
            Assert.Equal(2 * once[i], twice[i], 3 * 5 * 6e-8 * Math.Max(1, outputs));
    }

    (double[] Change, double LargestOutput) Change(Device device, double alpha)
    {
        using var model = tiny.Open(device);
        var layer = TinyModel.Adapt(model, alpha: alpha).Layers[6];
        using var tape = new Tape(device, records: false);
        var x = tape.Input(3, layer.Inputs, Devices.Noise(3 * layer.Inputs, 9));
        var y = layer.Forward(tape, x).Data.ToArray();
        return ([.. y.Zip(layer.Inner.Forward(tape, x).Data.ToArray(), (a, b) => (double)a - b)], y.Max(Math.Abs));
    }

    [Fact]
    public void Rank_r_recovers_a_planted_change_of_rank_r_and_the_base_never_moves()
    {
        using var device = Device.Open("cpu");
        var weight = Devices.Noise(Outputs * Inputs, 21);
        var target = Planted(weight);
        var (loss, merged, after) = Regress(device, weight, target, rank: Rank);
        Assert.True(loss < 1e-8, $"The loss is {loss}.");
        Assert.True(Difference(target, merged) < 1e-3, $"The largest difference is {Difference(target, merged)}.");
        Assert.Equal(OpTests.Bits(weight), OpTests.Bits(after));
        // One rank less cannot: what is left is the planted change's least direction.
        Assert.True(Regress(device, weight, target, rank: Rank - 1).Loss > 1e-3);
        Assert.Equal(0, device.Bytes);
    }

    const int Inputs = 19, Outputs = 23, Rank = 3, Tokens = 64;

    static float[] Planted(float[] weight)
    {
        float[] a = Devices.Noise(Rank * Inputs, 22), b = Devices.Noise(Outputs * Rank, 23), sum = [.. weight];
        for (var i = 0; i < sum.Length; i++)
            for (var r = 0; r < Rank; r++)
                sum[i] += 0.5f * b[i / Inputs * Rank + r] * a[r * Inputs + i % Inputs];
        return sum;
    }

    /// <summary>Least squares of a LoRA of <paramref name="rank"/> on the outputs of a linear with weight <paramref name="target"/>.</summary>
    static (double Loss, float[] Merged, float[] Base) Regress(Device device, float[] weight, float[] target, int rank)
    {
        using var values = device.RentCopy<float>(weight);
        var a = new Parameter(device, "A", rank, Inputs, [.. Devices.Noise(rank * Inputs, 24).Select(x => 0.3f * x)]);
        var b = new Parameter(device, "B", Outputs, rank, new float[Outputs * rank]);
        using var layer = new LoraLinear(new Linear("layer", Weight.Over(values, Outputs, Inputs)), a, b, scale: 1.5);
        using var optimizer = new AdamWOptimizer([a, b]);
        var x = Devices.Noise(Tokens * Inputs, 25);
        using var wanted = new Tape(device, records: false);
        var goal = wanted.MatMul(wanted.Input(Tokens, Inputs, x), wanted.Input(Outputs, Inputs, target)).Data.ToArray();
        var loss = 0.0;
        for (var step = 0; step < 1500; step++)
        {
            a.ClearGradient();
            b.ClearGradient();
            using var tape = new Tape(device);
            var y = layer.Forward(tape, tape.Input(Tokens, Inputs, x));
            var error = y.Data.ToArray().Zip(goal, (found, needed) => found - needed).ToArray();
            loss = error.Average(e => (double)e * e);
            y.Gradient.CopyFrom([.. error.Select(e => e / Tokens)]);
            tape.Walk();
            optimizer.Step(step < 1000 ? 0.02 : 0.02 * (1500 - step) / 500.0, 1f);
        }
        return (loss, layer.Merge(), values.ToArray());
    }

    static double Difference(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max();

    public void Dispose() => tiny.Dispose();
}
