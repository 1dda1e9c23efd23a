namespace PureLora.Tests;

/// <summary>
/// Families without a golden file, and settings that those files do not have, against their definitions in plain doubles.
/// </summary>
public sealed class FamilyTests : IDisposable
{
    readonly ScratchFolder scratch = new();

    public static TheoryData<string> Names => TinyFamily.Names;

    public static TheoryData<string, string> OnDevices
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var name in TinyFamily.All.Keys)
                foreach (var device in Devices.Names)
                    data.Add(name, device);
            return data;
        }
    }

    string Folder => scratch.File("model");

    [Theory, MemberData(nameof(OnDevices))]
    public void Logits_are_those_of_the_definition(string name, string deviceName)
    {
        TinyFamily.Write(name, scratch.Path);
        using var device = Device.Open(deviceName, 2);
        using var model = Pretrained.Load(device, Folder);
        using var plain = new Plain(Folder);
        // The second is beyond the positions that Phi-3's short factors are for.
        foreach (var ids in (int[][])[TinyFamily.Ids(11, 3), TinyFamily.Ids(18, 4)])
        {
            using var batch = TokenBatch.Of(device, ids);
            var expected = TinyFamily.All[name].Logits(plain, ids).SelectMany(row => row).Select(v => (float)v).ToArray();
            Near.Absolute(expected, TinyModel.Logits(model, batch), 2e-5 * Math.Max(1, expected.Max(Math.Abs)), name);
        }
    }

    /// <summary>Along one direction through all weights at once, whose slope the definition gives by central differences.</summary>
    [Theory, MemberData(nameof(Names))]
    public void Gradients_are_the_slope_of_the_definition(string name)
    {
        TinyFamily.Write(name, scratch.Path);
        using var device = Device.Open("cpu", 2);
        using var model = Pretrained.Load(device, Folder, trainable: true);
        var ids = TinyFamily.Ids(11, 5);
        using var batch = TokenBatch.Of(device, ids);
        using var targets = device.RentCopy<int>([.. ids.Skip(1), -100]);
        using (var tape = new Tape(device))
            tape.Backward(model.Losses(tape, batch, targets), 1f / 10);
        var slope = model.Parameters.Sum(p => Plain.Direction(p.Name, (int)p.Data.Length).Zip(model.InFileOrder(p, p.Gradient.ToArray()), (d, g) => d * g).Sum());
        float[][] gradients = [.. model.Parameters.Select(p => p.Gradient.ToArray())];
        const double h = 1e-5;
        var expected = (Loss(h) - Loss(-h)) / (2 * h);
        Assert.True(Math.Abs(expected) > 0.01, $"the slope is {expected}, too small to compare.");
        Assert.Equal(expected, slope, 2e-4 * Math.Max(1, Math.Abs(expected)));

        // Computed again layer by layer, they are the same bits.
        model.Checkpointing = true;
        foreach (var p in model.Parameters)
            p.ClearGradient();
        using (var tape = new Tape(device))
            tape.Backward(model.Losses(tape, batch, targets), 1f / 10);
        Assert.Equal(gradients, model.Parameters.Select(p => p.Gradient.ToArray()));

        double Loss(double shift)
        {
            using var plain = new Plain(Folder) { Shift = shift };
            return TinyFamily.All[name].Logits(plain, ids).Take(10).Select((row, t) => -Math.Log(Plain.Softmax(row)[ids[t + 1]])).Average();
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Generated_tokens_are_those_of_whole_passes(string name)
    {
        TinyFamily.Write(name, scratch.Path);
        using var device = Device.Open("cpu", 2);
        using var model = Pretrained.Load(device, Folder);
        int[][] prompts = [TinyFamily.Ids(3, 6), TinyFamily.Ids(5, 7)];
        // LongRoPE's other factors begin at 17 tokens: what is cached keeps those it had.
        var answers = PureLora.Generation.Run(model, prompts, new GenerationSettings { MaxNewTokens = name == "phi3" ? 11 : 40 }, new HashSet<int>());
        for (var s = 0; s < prompts.Length; s++)
        {
            int[] all = [.. prompts[s], .. answers[s]];
            using var batch = TokenBatch.Of(device, all);
            var logits = TinyModel.Logits(model, batch);
            for (var t = prompts[s].Length; t < all.Length; t++)
            {
                var row = logits.AsSpan((t - 1) * TinyFamily.Vocabulary, TinyFamily.Vocabulary);
                Assert.Equal(System.Numerics.Tensors.TensorPrimitives.Max(row), row[all[t]], 1e-4f);
            }
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void An_adapter_on_all_linears_learns_a_text_and_merges(string name)
    {
        TinyFamily.Write(name, scratch.Path);
        using var device = Device.Open("cpu", 2);
        int[] ids = TinyFamily.Ids(12, 8);
        float[] adapted;
        using (var model = Pretrained.Load(device, Folder))
        {
            var adapter = TinyModel.Fresh(model);
            Assert.Equal(model.Linears.Count - 1, adapter.Layers.Count);
            Parameter[] parameters = [.. adapter.Parameters];
            using var optimizer = new AdamWOptimizer(parameters, null, 0.9, 0.999, 1e-8, 0);
            using var batch = TokenBatch.Of(device, ids);
            using var targets = device.RentCopy<int>([.. ids.Skip(1), -100]);
            var losses = new List<double>();
            for (var step = 0; step < 30; step++)
            {
                foreach (var p in parameters)
                    p.ClearGradient();
                using var tape = new Tape(device);
                var loss = model.Losses(tape, batch, targets);
                losses.Add(loss.Data.ToArray().Average());
                tape.Backward(loss, 1f / 11);
                optimizer.Step(1e-2, 1f);
            }
            Assert.True(losses[^1] < 0.7 * losses[0], $"the loss went from {losses[0]} to {losses[^1]}.");
            adapted = TinyModel.Logits(model, batch);
            PeftAdapter.Save(adapter, scratch.File("adapter"), "base");
            ModelFolder.Save(model, Folder, scratch.File("merged"));
        }
        using (var again = Pretrained.Load(device, Folder))
        {
            PeftAdapter.Load(again, scratch.File("adapter"));
            using var batch = TokenBatch.Of(device, ids);
            Assert.Equal(adapted, TinyModel.Logits(again, batch));
        }
        using (var merged = Pretrained.Load(device, scratch.File("merged")))
        {
            using var batch = TokenBatch.Of(device, ids);
            Near.Absolute(adapted, TinyModel.Logits(merged, batch), 1e-3, "merged");
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void A_quantized_base_gives_what_its_decoded_weights_give(string name)
    {
        TinyFamily.Write(name, scratch.Path);
        using var device = Device.Open("cpu", 2);
        var nf4 = new QuantizationConfig(new Quantization(WeightFormat.NF4, DoubleQuant: true), []);
        using var batch = TokenBatch.Of(device, TinyFamily.Ids(9, 2));
        float[] expected;
        using (var model = Pretrained.Load(device, Folder, quantization: nf4))
        {
            expected = TinyModel.Logits(model, batch);
            ModelFolder.Save(model, Folder, scratch.File("nf4"), quantization: nf4);
            ModelFolder.Save(model, Folder, scratch.File("plain"));
        }
        foreach (var saved in (string[])["nf4", "plain"])
        {
            using var model = Pretrained.Load(device, scratch.File(saved));
            Near.Absolute(expected, TinyModel.Logits(model, batch), 1e-4, saved);
        }
    }

    [Theory, MemberData(nameof(OnDevices))]
    public void A_device_that_plans_holds_the_bytes_of_the_pass(string name, string deviceName)
    {
        TinyFamily.Write(name, scratch.Path);
        foreach (var checkpointing in (bool[])[false, true])
        {
            var (planned, held) = (Peak($"plan:{deviceName}", checkpointing), Peak(deviceName, checkpointing));
            // A plan spreads tokens evenly over experts; a router does not.
            Assert.InRange(held, planned, PureLora.Families.Read(Folder).Experts is null ? planned : planned * 6 / 5);
        }
    }

    long Peak(string deviceName, bool checkpointing)
    {
        using var device = Device.Open(deviceName, 2);
        using var model = Pretrained.Load(device, Folder);
        model.Checkpointing = checkpointing;
        TinyModel.Fresh(model);
        model.Reserve(30);
        using var batch = TokenBatch.Of(device, TinyFamily.Ids(30, 1), TinyFamily.Ids(30, 2));
        using var targets = device.RentCopy<int>(TinyFamily.Ids(60, 3));
        using var tape = new Tape(device);
        tape.Backward(model.Losses(tape, batch, targets), 1f / 60);
        return device.PeakBytes;
    }

    public void Dispose() => scratch.Dispose();
}
