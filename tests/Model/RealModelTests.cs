using System.Text.Json;
using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>The real pretrained model stories260K against a float64 program; its files are in PURELORA_FIXTURES.</summary>
public sealed class RealModelTests
{
    [SkippableTheory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void The_base_model_gives_the_tokens_logits_and_loss_of_the_reference(string deviceName)
    {
        var folder = Folder();
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "golden.json")));
        var tokenizer = TextTokenizer.Load(folder);
        foreach (var text in golden.RootElement.GetProperty("texts").EnumerateArray())
            Assert.Equal(Ints(text, "ids"), tokenizer.Encode(text.GetProperty("text").GetString()!, addSpecialTokens: true));

        using var device = Device.Open(deviceName);
        using var model = Pretrained.Load(device, folder);
        var ids = Ints(golden.RootElement, "input_ids");
        using var scratch = new ScratchFolder();
        var pass = ForwardPass.Run(model, Inputs(scratch, [ids], [ids]), []);
        var width = model.Config.VocabularySize;
        // The file gives six decimals.
        Near.Absolute([.. golden.RootElement.GetProperty("last_logits").EnumerateArray().Select(v => v.GetSingle())], pass.Logits[^width..], 1e-4, "last_logits");
        Assert.Equal(golden.RootElement.GetProperty("mean_nll_next_token").GetDouble(), pass.Loss!.Value, 2e-5);
        Assert.Equal(Ints(golden.RootElement, "argmax_per_position"), pass.Logits.Chunk(width).Select(row => row.IndexOf(row.Max())).ToArray());

        var greedy = Ints(golden.RootElement, "greedy_from_bos_ids");
        var generated = Generation.Run(model, [[greedy[0]]], new GenerationSettings { MaxNewTokens = greedy.Length - 1 }, new HashSet<int>());
        Assert.Equal(greedy[1..], generated[0]);
        Assert.Equal(golden.RootElement.GetProperty("greedy_text").GetString(), tokenizer.Decode(greedy).TrimStart());
    }

    [SkippableTheory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Over_an_NF4_base_it_gives_the_codes_the_loss_and_twenty_adamw_steps_of_the_reference(string deviceName)
    {
        var folder = Folder();
        var reference = Golden.Folder("lora-stories260K");
        using var batch = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(reference, "golden.json")));
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Golden.Folder("nf4-stories260K"), "golden.json")));
        double Number(string name) => golden.RootElement.GetProperty(name).GetDouble();
        using var device = Device.Open(deviceName);
        using var model = Pretrained.Load(device, folder, quantization: new QuantizationConfig(new Quantization(WeightFormat.NF4), []));
        if (deviceName == "cpu")
            AssertCodes(golden.RootElement, (Linear)model.Linears.Single(l => $"{l.Name}.weight" == golden.RootElement.GetProperty("tensor").GetString()));
        using var scratch = new ScratchFolder();
        var inputs = Masked(scratch, batch.RootElement);
        Assert.Equal(Number("nf4_base_loss"), ForwardPass.Run(model, inputs, []).Loss!.Value, 2e-5);

        Parameter[] parameters = [.. PeftAdapter.Load(model, reference).Parameters];
        var losses = golden.RootElement.GetProperty("nf4_adamw_losses_step0_to_20_lr1e-2").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        var steps = deviceName == "cpu" ? 20 : 1; // as below
        using var optimizer = new AdamWOptimizer(parameters, null, 0.9, 0.999, 1e-8, 0);
        for (var step = 0; step < steps; step++)
        {
            Assert.Equal(losses[step], ForwardPass.Run(model, inputs, parameters).Loss!.Value, 2e-5);
            if (step == 0)
                Assert.Equal(Number("nf4_gradient_norm"), GradientClipping.GlobalNorm(device, parameters), 1e-5 * Number("nf4_gradient_norm"));
            optimizer.Step(1e-2, 1f);
        }
        Assert.Equal(losses[steps], ForwardPass.Run(model, inputs, []).Loss!.Value, 2e-5);
    }

    static unsafe void AssertCodes(JsonElement golden, Linear linear)
    {
        var matrix = linear.Weight.Quantized!;
        var packed = new ReadOnlySpan<byte>(matrix.Codes, (int)matrix.Layout.CodeBytes);
        var expected = golden.GetProperty("packed_hex").GetString()!;
        Assert.StartsWith(expected, Convert.ToHexString(packed).ToLowerInvariant());
        var scales = golden.GetProperty("absmax").EnumerateArray().Select(v => v.GetSingle()).ToArray();
        Assert.Equal(scales, new ReadOnlySpan<float>(matrix.Scales, scales.Length).ToArray());
    }

    [SkippableTheory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Lora_on_it_gives_the_loss_the_gradients_and_twenty_adamw_steps_of_the_reference(string deviceName)
    {
        var folder = Folder();
        var reference = Golden.Folder("lora-stories260K");
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(reference, "golden.json")));
        using var device = Device.Open(deviceName);
        using var model = Pretrained.Load(device, folder);
        using var scratch = new ScratchFolder();
        var inputs = Masked(scratch, golden.RootElement);
        Assert.Equal(golden.RootElement.GetProperty("base_loss_without_adapter").GetDouble(), ForwardPass.Run(model, inputs, []).Loss!.Value, 2e-5);

        Parameter[] parameters = [.. PeftAdapter.Load(model, reference).Parameters];
        using var gradients = SafetensorsFile.Open(Path.Combine(reference, "gradients.safetensors"));
        Assert.Equal(gradients.Tensors.Keys, parameters.Select(p => p.Name).Order(StringComparer.Ordinal));
        var losses = golden.RootElement.GetProperty("adamw_losses_step0_to_20").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        // The GPU kernels on the CPU take seconds a step: one of them shows that the optimizer gets what it needs.
        var steps = deviceName == "cpu" ? 20 : 1;
        using var optimizer = new AdamWOptimizer(parameters, null, 0.9, 0.999, 1e-8, 0);
        for (var step = 0; step < steps; step++)
        {
            var pass = ForwardPass.Run(model, inputs, parameters);
            if (step == 0)
            {
                Assert.Equal(golden.RootElement.GetProperty("loss_with_adapter").GetDouble(), pass.Loss!.Value, 2e-5);
                foreach (var (name, gradient) in pass.Gradients)
                    Near.Relative(gradients.ReadFloats(name), gradient, 1e-5, name);
                var norm = golden.RootElement.GetProperty("gradient_norm").GetDouble();
                Assert.Equal(norm, GradientClipping.GlobalNorm(device, parameters), 1e-5 * norm);
            }
            // Measured: 2e-6 at most over all steps.
            Assert.Equal(losses[step], pass.Loss!.Value, 2e-5);
            optimizer.Step(1e-2, 1f);
        }
        Assert.Equal(losses[steps], ForwardPass.Run(model, inputs, []).Loss!.Value, 2e-5);
        if (steps < 20)
            return;
        // Adam divides by sqrt(v): where a gradient is rounding noise, an element moves freely, ten times as far as in
        // tests/Golden/README.md, since the learning rate is ten times as high.
        using var final = SafetensorsFile.Open(Path.Combine(reference, "adapter_after_20_adamw_steps.safetensors"));
        var differences = parameters.SelectMany(p => p.Data.ToArray().Zip(final.ReadFloats(p.Name), (a, b) => Math.Abs((double)a - b))).ToArray();
        Assert.True(differences.Average() <= 1e-5 && differences.Count(d => d > 1e-4) <= 0.002 * differences.Length && differences.Max() <= 1e-2,
            $"the mean difference is {differences.Average()}, the largest {differences.Max()}, and {differences.Count(d => d > 1e-4)} of {differences.Length} are over 1e-4.");
    }

    internal static string Folder()
    {
        var folder = Golden.Fixtures is { } fixtures ? Path.Combine(fixtures, "models", "stories260K") : "";
        Skip.IfNot(Directory.Exists(folder), "PURELORA_FIXTURES names no folder with models/stories260K, so the real model was not tested.");
        return folder;
    }

    /// <summary>The reference's mask stands at the token that predicts, a label at the token that is predicted.</summary>
    static ForwardInputs Masked(ScratchFolder scratch, JsonElement golden)
    {
        var ids = golden.GetProperty("input_ids").EnumerateArray().Select(row => row.EnumerateArray().Select(v => v.GetInt32()).ToArray()).ToArray();
        var masks = golden.GetProperty("target_mask").EnumerateArray().Select(row => row.EnumerateArray().Select(v => v.GetInt32()).ToArray()).ToArray();
        var labels = ids.Zip(masks, (row, mask) => row.Select((id, t) => t > 0 && mask[t - 1] == 1 ? id : -100).ToArray()).ToArray();
        return Inputs(scratch, ids, labels, [.. ids.Select(row => row.Select((_, t) => t <= Array.FindLastIndex(row, id => id != 0) ? 1 : 0).ToArray())]);
    }

    static ForwardInputs Inputs(ScratchFolder scratch, int[][] ids, int[][] labels, int[][]? attention = null)
    {
        TensorSource Source(string name, int[][] rows) => TensorSource.FromInts(name, [rows.Length, rows[0].Length], rows.SelectMany(row => row).Select(id => (long)id).ToArray());
        var path = scratch.File("inputs.safetensors");
        SafetensorsWriter.Write(path, attention is null ? [Source("input_ids", ids), Source("labels", labels)] : [Source("input_ids", ids), Source("labels", labels), Source("attention_mask", attention)]);
        using var file = SafetensorsFile.Open(path);
        return ForwardInputs.Read(file);
    }

    static int[] Ints(JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];
}
