using System.Text.Json;

namespace PureLora.Tests;

/// <summary>Against PyTorch, Transformers and PEFT; the tolerances are those of tests/Golden/README.md.</summary>
public sealed class GoldenModelTests
{
    static TheoryData<string, string> OnDevices(string[] names, string[] families, string[] devices)
    {
        var data = new TheoryData<string, string>();
        foreach (var name in names)
            foreach (var device in Devices.Names)
                data.Add(name, device);
        foreach (var name in families)
            foreach (var device in devices)
                data.Add(name, device);
        return data;
    }

    /// <summary>Gradients on the CPU alone: the ops' own tests have them on every device, and GPU kernels take their time here.</summary>
    static readonly string[] families = ["llama3-rope-scaled", "mistral", "qwen2", "qwen3", "gemma", "phi3", "gpt2"];

    public static TheoryData<string, string> Bases => OnDevices(["llama", "smollm"], families, ["cpu"]);

    public static TheoryData<string, string> Values => OnDevices(["llama-bf16-sharded", "llama-f16"], families, ["ilgpu"]);

    public static TheoryData<string, string> Adapters => OnDevices(
        ["llama qv", "llama all", "smollm qv", "smollm all", "llama-rslora qv", "llama-rslora all", "qlora-llama qv", "qlora-llama all"],
        [.. families.SelectMany(name => (string[])[$"{name} qv", $"{name} all"])], ["cpu"]);

    [SkippableTheory, MemberData(nameof(Bases))]
    public void Logits_loss_hidden_states_and_all_gradients_equal_those_of_transformers(string name, string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var model = Pretrained.Load(device, Golden.FolderOrSkip(name), trainable: true);
        using var expected = Case(name);
        var pass = ForwardPass.Run(model, ForwardInputs.Read(expected), model.Parameters);
        Near(expected.ReadFloats("logits"), pass.Logits, 1e-4);
        Assert.Equal(expected.ReadFloats("loss")[0], pass.Loss!.Value, 2e-5);
        for (var i = 0; i < pass.HiddenStates.Count; i++)
            Near(expected.ReadFloats($"hidden.{i}"), pass.HiddenStates[i], 1e-4);
        Assert.False(expected.Tensors.ContainsKey($"hidden.{pass.HiddenStates.Count}"));
        foreach (var key in expected.Tensors.Keys.Where(key => key.StartsWith("full/grad/", StringComparison.Ordinal)))
            NearRelative(expected.ReadFloats(key), InFileOrder(model, key["full/grad/".Length..], pass), key);
        var norm = GradientClipping.GlobalNorm(device, model.Parameters);
        var expectedNorm = Scalar(expected, "full/grad_norm");
        Assert.Equal(expectedNorm, norm, 1e-5 * expectedNorm);
    }

    static float[] InFileOrder(Decoder model, string name, ForwardPass pass) =>
        model.InFileOrder(model.Parameters.Single(p => p.Name == name), pass.Gradients[name]);

    public static TheoryData<string> All => ["llama", "smollm", .. families];

    /// <summary>As Transformers 5 writes it; the fixtures' own is of Transformers 4.</summary>
    [SkippableTheory, MemberData(nameof(All))]
    public void Both_spellings_of_config_json_are_one_model(string name)
    {
        var folder = Golden.FolderOrSkip(name);
        using var scratch = new ScratchFolder();
        File.Copy(Path.Combine(folder, "config.v5.json"), scratch.File("config.json"));
        File.Copy(Path.Combine(folder, "model.safetensors"), scratch.File("model.safetensors"));
        using var device = Device.Open("cpu");
        using Decoder four = Pretrained.Load(device, folder), five = Pretrained.Load(device, scratch.Path);
        using var expected = Case(name);
        var inputs = ForwardInputs.Read(expected);
        Assert.Equal(ForwardPass.Run(four, inputs, []).Logits, ForwardPass.Run(five, inputs, []).Logits);
        Assert.Equal(four.Config with { Layer = null!, Settings = [] }, five.Config with { Layer = null!, Settings = [], EosIds = four.Config.EosIds });
        Assert.Equal(Layers(four), Layers(five));

        static IEnumerable<LayerConfig> Layers(Decoder model) => Enumerable.Range(0, model.Config.Layers).Select(model.Config.Layer);
    }

    [SkippableTheory, MemberData(nameof(Bases))]
    public void Greedy_tokens_equal_those_of_transformers(string name, string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var model = Pretrained.Load(device, Golden.FolderOrSkip(name));
        using var expected = Case(name);
        var prompts = Rows(expected, "greedy/input_ids");
        var answers = Rows(expected, "greedy/output_ids");
        var generated = Generation.Run(model, prompts, new GenerationSettings { MaxNewTokens = 16 }, new HashSet<int>());
        for (var s = 0; s < prompts.Length; s++)
            Assert.Equal(answers[s], prompts[s].Concat(generated[s]).ToArray());
    }

    [SkippableTheory, MemberData(nameof(Values))]
    public void Logits_and_loss_equal_those_of_transformers(string name, string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var model = Pretrained.Load(device, Golden.FolderOrSkip(name));
        using var expected = Case(name);
        var pass = ForwardPass.Run(model, ForwardInputs.Read(expected), []);
        Near(expected.ReadFloats("logits"), pass.Logits, 1e-4);
        Assert.Equal(expected.ReadFloats("loss")[0], pass.Loss!.Value, 2e-5);
    }

    [SkippableTheory, MemberData(nameof(Adapters))]
    public void Lora_logits_loss_and_gradients_equal_those_of_peft(string label, string deviceName)
    {
        using var device = Device.Open(deviceName);
        var (model, adapter, expected, tag) = OpenAdapter(label, device, trainedFromZero: false);
        using (model)
        using (expected)
        {
            var pass = ForwardPass.Run(model, ForwardInputs.Read(expected), [.. adapter.Parameters]);
            Near(expected.ReadFloats($"{tag}/logits"), pass.Logits, 1e-4);
            Assert.Equal(expected.ReadFloats($"{tag}/loss")[0], pass.Loss!.Value, 2e-5);
            foreach (var (key, gradient) in pass.Gradients)
                NearRelative(expected.ReadFloats($"{tag}/grad/{key}"), gradient, key);
            Assert.Equal(expected.Tensors.Keys.Count(key => key.StartsWith($"{tag}/grad/", StringComparison.Ordinal)), pass.Gradients.Count);
        }
    }

    [SkippableTheory, MemberData(nameof(Adapters))]
    public void Five_steps_of_adamw_equal_those_of_torch(string label, string deviceName)
    {
        using var device = Device.Open(deviceName);
        var (model, adapter, expected, tag) = OpenAdapter(label, device, trainedFromZero: true);
        using (model)
        using (expected)
        {
            var parameters = adapter.Parameters.ToArray();
            var inputs = ForwardInputs.Read(expected);
            using var optimizer = new AdamWOptimizer(parameters, null, 0.9, 0.999, 1e-8, 0.01);
            var (losses, norms) = (expected.ReadDoubles($"{tag}/train/losses"), expected.ReadDoubles($"{tag}/train/grad_norms"));
            for (var step = 0; step < 5; step++)
            {
                Assert.Equal(losses[step], ForwardPass.Run(model, inputs, parameters).Loss!.Value, 2e-5);
                var norm = GradientClipping.GlobalNorm(device, parameters);
                Assert.Equal(norms[step], norm, 1e-5 * norms[step]);
                optimizer.Step(1e-3, (float)GradientClipping.Coefficient(norm, 1));
            }
            Assert.Equal(Scalar(expected, $"{tag}/train/loss_after"), ForwardPass.Run(model, inputs, []).Loss!.Value, 2e-5);
            // Adam divides by sqrt(v): where a gradient is rounding noise, the step's sign is too.
            var differences = parameters.SelectMany(p => p.Data.ToArray().Zip(expected.ReadFloats($"{tag}/train/final/{p.Name}"), (a, b) => Math.Abs((double)a - b))).ToArray();
            Assert.True(differences.Average() <= 1e-6, $"the mean difference is {differences.Average()}.");
            Assert.True(differences.Count(d => d > 1e-5) <= 0.002 * differences.Length, $"{differences.Count(d => d > 1e-5)} of {differences.Length} elements are over 1e-5.");
            Assert.True(differences.Max() <= 1e-3, $"the largest difference is {differences.Max()}.");
        }
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Padding_and_packing_give_what_transformers_gives(string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var model = Pretrained.Load(device, Golden.Folder("llama"), trainable: true);
        using var expected = Case("llama-padded-packed");
        const string weight = "model.layers.0.self_attn.q_proj.weight";
        foreach (var kind in (string[])["right", "left", "packed"])
        {
            var inputs = ForwardInputs.Read(expected, $"{kind}/");
            var pass = ForwardPass.Run(model, inputs, model.Parameters);
            var logits = expected.ReadFloats($"{kind}/logits");
            var width = model.Config.VocabularySize;
            foreach (var row in Enumerable.Range(0, inputs.Ids.Length).Where(row => inputs.Starts[row] <= row))
                Near(logits[(row * width)..((row + 1) * width)], pass.Logits[(row * width)..((row + 1) * width)], 1e-4);
            if (kind == "left")
            {
                // Transformers counts one more: the label of the first real token, predicted by a padding row that sees
                // nothing. Without that row its own logits give our loss; its gradient cannot be taken apart.
                Assert.Equal(MeanLoss(logits, width, inputs), pass.Loss!.Value, 2e-5);
                continue;
            }
            Assert.Equal(expected.ReadFloats($"{kind}/loss")[0], pass.Loss!.Value, 2e-5);
            NearRelative(expected.ReadFloats($"{kind}/grad/{weight}"), pass.Gradients[weight], kind);
        }
    }

    static double MeanLoss(float[] logits, int width, ForwardInputs inputs) =>
        inputs.TrainedRows!.Zip(inputs.Targets!, (row, target) =>
        {
            var values = logits[(row * width)..((row + 1) * width)].Select(v => (double)v).ToArray();
            return Math.Log(values.Sum(v => Math.Exp(v - values.Max()))) + values.Max() - values[target];
        }).Average();

    static (Decoder Model, LoraAdapter Adapter, SafetensorsFile Case, string Tag) OpenAdapter(string label, Device device, bool trainedFromZero)
    {
        var (name, tag) = (label.Split(' ')[0], label.Split(' ')[1]);
        var model = Pretrained.Load(device, Golden.FolderOrSkip(name == "llama-rslora" ? "llama" : name));
        var expected = Case(name);
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden.FolderOrSkip(name.Contains("lora") ? "llama" : name), "manifest.json")));
        var targets = manifest.RootElement.GetProperty("lora").GetProperty("targets").GetProperty(tag).EnumerateArray().Select(t => t.GetString()!).ToArray();
        var config = new LoraConfig
        {
            R = 4,
            LoraAlpha = 8,
            UseRslora = name == "llama-rslora",
            TargetModules = tag == "qv" ? TargetModules.List(targets) : TargetModules.Text("all-linear"),
        };
        var adapter = LoraAdapter.Attach(model, config, seed: 1);
        if (tag == "all")
            Assert.Equal(targets.Order(StringComparer.Ordinal), adapter.Layers.Select(layer => layer.Name).Order(StringComparer.Ordinal));
        foreach (var parameter in adapter.Parameters)
            if (trainedFromZero && parameter.Name.Contains("lora_B"))
                parameter.Data.Clear();
            else
                parameter.Data.CopyFrom(expected.ReadFloats($"{tag}/param/{parameter.Name}"));
        return (model, adapter, expected, tag);
    }

    static SafetensorsFile Case(string name) => SafetensorsFile.Open(Path.Combine(Golden.FolderOrSkip(name), "case.safetensors"));

    static double Scalar(SafetensorsFile file, string name) =>
        file.Info(name).DType == DType.F64 ? file.ReadDoubles(name)[0] : file.ReadFloats(name)[0];

    static int[][] Rows(SafetensorsFile file, string name)
    {
        var (values, width) = (file.ReadInts(name), (int)file.Info(name).Shape[^1]);
        return [.. values.Chunk(width).Select(row => row.Select(id => (int)id).ToArray())];
    }

    static void Near(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs((double)expected[i] - actual[i]) <= tolerance, $"element {i} is {actual[i]}, but the golden file has {expected[i]}.");
    }

    static void NearRelative(float[] expected, float[] actual, string name)
    {
        Assert.Equal(expected.Length, actual.Length);
        var tolerance = 1e-5 * Math.Max(1, expected.Max(Math.Abs));
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs((double)expected[i] - actual[i]) <= tolerance, $"{name}: element {i} is {actual[i]}, but the golden file has {expected[i]}.");
    }
}
