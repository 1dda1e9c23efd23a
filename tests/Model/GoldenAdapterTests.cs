using System.Text.Json;

namespace PureLora.Tests;

/// <summary>One linear against PEFT, loralib and torchtune, and an adapter folder as PEFT wrote it.</summary>
public sealed class GoldenAdapterTests
{
    public static TheoryData<string, double, bool, string> Layers
    {
        get
        {
            var data = new TheoryData<string, double, bool, string>();
            foreach (var device in Devices.Names)
            {
                data.Add("lora", 2, false, device);
                data.Add("lora_bias", 2, true, device);
                data.Add("rslora_bias", 4, true, device);
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Layers))]
    public void One_lora_linear_gives_the_output_and_the_gradients_of_peft(string name, double scale, bool bias, string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var golden = SafetensorsFile.Open(Path.Combine(Golden.Folder("layer"), "layer.safetensors"));
        var linear = new Linear("w", new Tensor(device, 48, 64, golden.ReadFloats("W")), bias ? new Tensor(device, 1, 48, golden.ReadFloats("bias")) : null);
        using var lora = new LoraLinear(linear, new Parameter(device, "a", 4, 64, golden.ReadFloats("A")), new Parameter(device, "b", 48, 4, golden.ReadFloats("B")), scale);
        using var x = new Parameter(device, "x", 5, 64, golden.ReadFloats("x"));
        using var tape = new Tape(device);
        var y = lora.Forward(tape, x);
        var values = y.Data.ToArray();
        y.Gradient.CopyFrom(golden.ReadFloats("upstream"));
        tape.Walk();
        Near.Absolute(golden.ReadFloats($"{name}/y"), values, 1e-5, "y");
        Near.Relative(golden.ReadFloats($"{name}/dx"), x.Gradient.ToArray(), 1e-5, "dx");
        Near.Relative(golden.ReadFloats($"{name}/dA"), lora.A.Gradient.ToArray(), 1e-5, "dA");
        Near.Relative(golden.ReadFloats($"{name}/dB"), lora.B.Gradient.ToArray(), 1e-5, "dB");
        Assert.False(linear.Bias?.HasGradient ?? false);
    }

    [Theory]
    [InlineData(8, 4, false, 2)]
    [InlineData(8, 4, true, 4)]
    public void The_scale_is_alpha_over_r_or_over_its_root(double alpha, int r, bool rslora, double scale) =>
        Assert.Equal(scale, new LoraConfig { LoraAlpha = alpha, R = r, UseRslora = rslora }.Scale);

    public static TheoryData<string, string, int, string> Folders
    {
        get
        {
            var data = new TheoryData<string, string, int, string>();
            foreach (var device in Devices.Names)
            {
                data.Add("llama", "llama-all", 14, device);
                data.Add("gpt2", "gpt2-c_attn", 2, device);
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Folders))]
    public void A_folder_that_peft_wrote_gives_its_logits_and_its_merged_weights(string baseName, string name, int layers, string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var model = Pretrained.Load(device, Golden.Folder(baseName));
        var adapter = PeftAdapter.Load(model, Golden.Folder($"peft/{name}"));
        using var expected = Expected(name);
        var pass = ForwardPass.Run(model, ForwardInputs.Read(expected), []);
        Near.Absolute(expected.ReadFloats("logits"), pass.Logits, 1e-4, "logits");
        Assert.Equal(expected.ReadFloats("loss")[0], pass.Loss!.Value, 2e-5);
        Assert.Equal(layers, adapter.Layers.Count);
        foreach (var layer in adapter.Layers)
        {
            var merged = layer.Merge();
            if (baseName == "gpt2")
                merged = [.. Enumerable.Range(0, layer.Inputs).SelectMany(i => Enumerable.Range(0, layer.Outputs).Select(o => merged[o * layer.Inputs + i]))];
            Near.Absolute(expected.ReadFloats($"merged/weight/{layer.Name}.weight"), merged, 1e-6, layer.Name);
        }
    }

    [Theory]
    [InlineData("llama", "llama-all")]
    [InlineData("gpt2", "gpt2-c_attn")]
    public void A_merged_model_gives_the_logits_and_the_weights_of_peft_without_the_adapter(string baseName, string name)
    {
        using var scratch = new ScratchFolder();
        using var device = Device.Open("cpu");
        using (var model = Pretrained.Load(device, Golden.Folder(baseName)))
        {
            PeftAdapter.Load(model, Golden.Folder($"peft/{name}"));
            ModelFolder.Save(model, Golden.Folder(baseName), scratch.File("merged"));
        }
        using var merged = Pretrained.Load(device, scratch.File("merged"));
        using var expected = Expected(name);
        using var weights = SafetensorsFile.Open(scratch.File("merged/model.safetensors"));
        foreach (var key in expected.Tensors.Keys.Where(key => key.StartsWith("merged/weight/", StringComparison.Ordinal)))
        {
            Assert.Equal(expected.Info(key).Shape, weights.Info(key["merged/weight/".Length..]).Shape);
            Near.Absolute(expected.ReadFloats(key), weights.ReadFloats(key["merged/weight/".Length..]), 1e-6, key);
        }
        Near.Absolute(expected.ReadFloats("logits"), ForwardPass.Run(merged, ForwardInputs.Read(expected), []).Logits, 1e-4, "logits");
    }

    [Theory]
    [InlineData("llama", "llama-all")]
    [InlineData("gpt2", "gpt2-c_attn")]
    public void Saving_writes_the_tensors_and_the_settings_that_peft_wrote(string baseName, string adapterName)
    {
        using var scratch = new ScratchFolder();
        using var device = Device.Open("cpu");
        using var model = Pretrained.Load(device, Golden.Folder(baseName));
        var folder = Golden.Folder($"peft/{adapterName}");
        PeftAdapter.Save(PeftAdapter.Load(model, folder), scratch.Path, "base");

        using var theirs = SafetensorsFile.Open(Path.Combine(folder, "adapter_model.safetensors"));
        using var ours = SafetensorsFile.Open(scratch.File("adapter_model.safetensors"));
        Assert.Equal(theirs.Tensors.Keys, ours.Tensors.Keys);
        foreach (var (name, info) in theirs.Tensors)
        {
            Assert.Equal(info.ToString(), ours.Info(name).ToString());
            Assert.True(theirs.Bytes(name).SequenceEqual(ours.Bytes(name)), name);
        }
        Assert.Equal(File.ReadAllBytes(theirs.Path), File.ReadAllBytes(ours.Path));

        var needed = Settings(Path.Combine(folder, "adapter_config.json"));
        foreach (var (key, value) in Settings(scratch.File("adapter_config.json")))
        {
            Assert.True(needed.ContainsKey(key), $"PEFT writes no {key}.");
            if (key == "target_modules")
                Assert.Equal(needed[key].EnumerateArray().Select(v => v.GetString()).Order(), value.EnumerateArray().Select(v => v.GetString()).Order());
            else if (key != "base_model_name_or_path")
                Assert.True(JsonElement.DeepEquals(needed[key], value), $"{key} is {value.GetRawText()}, but PEFT writes {needed[key].GetRawText()}.");
        }
        Assert.Equal("base", Settings(scratch.File("adapter_config.json"))["base_model_name_or_path"].GetString());
    }

    static SafetensorsFile Expected(string name) => SafetensorsFile.Open(Path.Combine(Golden.Folder($"peft/{name}"), "expect.safetensors"));

    static Dictionary<string, JsonElement> Settings(string path) => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(File.ReadAllBytes(path))!;
}
