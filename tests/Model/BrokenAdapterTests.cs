using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>Adapter folders and settings with one thing wrong, on the golden llama.</summary>
public sealed class BrokenAdapterTests : IDisposable
{
    const string Prefix = "base_model.model.", Query = "model.layers.0.self_attn.q_proj";

    readonly ScratchFolder scratch = new();
    readonly Device device = Device.Open("cpu", 1);
    readonly Decoder model;

    public BrokenAdapterTests()
    {
        model = Pretrained.Load(device, Golden.Folder("llama"));
        Directory.CreateDirectory(Folder);
        foreach (var name in (string[])["adapter_config.json", "adapter_model.safetensors"])
            File.Copy(Path.Combine(Golden.Folder("peft/llama-all"), name), Path.Combine(Folder, name));
    }

    string Folder => scratch.File("adapter");

    string ConfigPath => Path.Combine(Folder, "adapter_config.json");

    string WeightsPath => Path.Combine(Folder, "adapter_model.safetensors");

    [Fact]
    public void Missing_folder()
    {
        Directory.Delete(Folder, recursive: true);
        Fails($"{Folder}: the folder is missing, but an adapter needs one with adapter_config.json and adapter_model.safetensors. Check the path.");
    }

    [Theory]
    [InlineData("adapter_config.json")]
    [InlineData("adapter_model.safetensors")]
    public void Missing_file(string name)
    {
        File.Delete(Path.Combine(Folder, name));
        Fails($"{Path.Combine(Folder, name)}: the file is missing, but an adapter needs it. Give the folder that 'purelora train' or PEFT wrote.");
    }

    [Theory]
    [InlineData("peft_type", "\"IA3\"", "peft_type is IA3, but the adapter needs LORA")]
    [InlineData("peft_type", "null", "peft_type is missing, but the adapter needs LORA")]
    [InlineData("bias", "\"all\"", "bias is all, but the adapter needs none")]
    [InlineData("use_dora", "true", "use_dora is true, which is not supported yet; supported: false")]
    [InlineData("lora_bias", "true", "lora_bias is true, which is not supported yet; supported: false")]
    [InlineData("modules_to_save", "[\"lm_head\"]", "modules_to_save is set, which is not supported yet; supported: an adapter without it")]
    [InlineData("rank_pattern", "{\"q_proj\": 8}", "rank_pattern is set, which is not supported yet; supported: an adapter without it")]
    [InlineData("r", "\"4\"", "r is \"4\", but the adapter needs a whole number")]
    [InlineData("lora_alpha", "null", "lora_alpha is missing, but the adapter needs a number")]
    [InlineData("target_modules", "5", "target_modules is 5, but the adapter needs a string")]
    public void Settings_that_are_wrong_or_not_supported(string key, string value, string message)
    {
        Edit(key, value);
        Fails($"{ConfigPath}: {message}. {(message.Contains("not supported", StringComparison.Ordinal) ? "Use" : "Correct the file, or use")} another adapter.");
    }

    [Theory]
    [InlineData("r", "0", "r: the value is 0, but a rank needs to be at least 1. Use 8 or 16.")]
    [InlineData("lora_dropout", "1.5", "lora_dropout: the value is 1.5, but a share needs to be at least 0 and below 1. Use 0 or 0.05.")]
    public void Values_out_of_range_name_the_file(string key, string value, string message)
    {
        Edit(key, value);
        Fails($"{ConfigPath}: {message}");
    }

    [Fact]
    public void Broken_pattern_in_the_file_names_the_file()
    {
        Edit("target_modules", "\"(q_proj\"");
        var message = Fails(null);
        Assert.StartsWith($"{ConfigPath}: target_modules: '(q_proj' is not a regular expression (", message);
    }

    [Fact]
    public void Settings_that_are_no_json()
    {
        File.WriteAllText(ConfigPath, "r: 8");
        Fails($"{ConfigPath}: line 1 is not JSON, but an adapter's settings need to be. Save the adapter again.");
    }

    [Fact]
    public void Settings_of_gigabytes_are_not_read()
    {
        using (var stream = File.Create(ConfigPath))
            stream.SetLength(3L << 30);
        Fails($"{ConfigPath}: the file is 3221225472 bytes, but settings need at most 16777216. Check that it is the right file, or download it again.");
    }

    [Fact]
    public void Another_rank()
    {
        Edit("r", "8");
        Fails($"{WeightsPath}: tensor {Prefix}model.layers.0.mlp.down_proj.lora_A.weight is [4, 128], but rank 8 on model.layers.0.mlp.down_proj needs [8, 128]. Use the base model that the adapter was trained on.");
    }

    [Fact]
    public void Another_base_model()
    {
        using var other = Pretrained.Load(device, Golden.Folder("smollm"));
        Assert.Equal($"{WeightsPath}: tensor {Prefix}model.layers.0.mlp.down_proj.lora_A.weight is [4, 128], but rank 4 on model.layers.0.mlp.down_proj needs [4, 144]. Use the base model that the adapter was trained on.",
            Assert.Throws<PureLoraException>(() => PeftAdapter.Load(other, Folder)).Message);
    }

    [Theory]
    [InlineData("model.layers.7.self_attn.q_proj")]
    [InlineData("model.embed_tokens")]
    public void Unknown_module(string module)
    {
        Write((Name("A", module), [4, 64]), (Name("B", module), [64, 4]));
        Fails($"{WeightsPath}: tensor {Prefix}{module}.lora_A.weight is for module {module}, but the model has no such linear. Use the base model that the adapter was trained on.");
    }

    [Theory]
    [InlineData("A", "B")]
    [InlineData("B", "A")]
    public void Half_of_a_pair(string there, string missing)
    {
        Write((Name(there, Query), there == "A" ? [4, 64] : [64, 4]));
        Fails($"{WeightsPath}: tensor {Name(missing, Query)} is missing, but {Name(there, Query)} needs it. Save the adapter again.");
    }

    [Theory]
    [InlineData("base_model.model.lora_A.weight")]
    [InlineData("base_model.model.model.embed_tokens.lora_embedding_A")]
    [InlineData("model.layers.0.self_attn.q_proj.lora_A.weight")]
    public void Tensor_that_is_no_adapter(string name)
    {
        Write((name, [4, 64]));
        Fails($"{WeightsPath}: tensor {name} is no A or B of a linear, but an adapter needs base_model.model.MODULE.lora_A.weight and .lora_B.weight. Use a LoRA adapter without other trained parts.");
    }

    [Fact]
    public void No_tensor()
    {
        Write();
        Fails($"{WeightsPath}: it holds no tensor, but an adapter needs at least one A and B. Save the adapter again.");
    }

    [Fact]
    public void Tensor_of_another_type()
    {
        SafetensorsWriter.Write(WeightsPath, [TensorSource.FromInts(Name("A", Query), [4, 64], new long[256]), TensorSource.FromInts(Name("B", Query), [64, 4], new long[256])]);
        Fails($"{WeightsPath}: tensor {Name("A", Query)} is I64, but an adapter needs F32, BF16 or F16. Save the adapter in one of these.");
        Assert.DoesNotContain(model.Linears, linear => linear is LoraLinear);
    }

    [Fact]
    public void Second_adapter_on_the_same_linear()
    {
        PeftAdapter.Load(model, Folder);
        Fails($"{Query}: it has an adapter already, but a linear needs to have at most one. Merge the first adapter, then add the second.");
    }

    [Theory]
    [InlineData("query", "query")]
    [InlineData("q_proj,w_proj,v_proj", "w_proj")]
    [InlineData("proj", "proj")]
    [InlineData(".*attention.*", ".*attention.*")]
    [InlineData("q_proj|v_proj", "q_proj|v_proj")]
    public void Targets_that_match_nothing_name_what_is_there(string text, string named) =>
        Assert.Equal($"target_modules: '{named}' matches no linear of the model, which has q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, lm_head. Use one of these names, or all-linear.",
            Assert.Throws<UsageException>(() => Select(text)).Message);

    [Theory]
    [InlineData("(q_proj")]
    [InlineData("a)|(b")]
    [InlineData("*")]
    public void Targets_that_are_no_regular_expression(string text)
    {
        var message = Assert.Throws<UsageException>(() => Select(text)).Message;
        Assert.StartsWith($"target_modules: '{text}' is not a regular expression (", message);
        Assert.EndsWith(") Correct it, or give a list of names.", message);
    }

    [Fact]
    public void Targets_whose_regular_expression_never_ends() =>
        Assert.Equal("target_modules: '(([a-z0-9_.])*)*!' takes more than a second on one name, but a regular expression needs to end. Simplify it, or give a list of names.",
            Assert.Throws<UsageException>(() => Select("(([a-z0-9_.])*)*!")).Message);

    [Fact]
    public void Rank_too_large_to_hold() =>
        Assert.Equal("r: the value is 2000000000, but model.layers.0.self_attn.q_proj [64, 64] needs matrices of at most 2147483591 numbers. Use 8 or 16.",
            Assert.Throws<UsageException>(() => LoraAdapter.Attach(model, new LoraConfig { R = 2_000_000_000 }, 1)).Message);

    IReadOnlyList<string> Select(string text) => TargetSpec.Parse(text)!.ToTargets().Select(model);

    string Fails(string? message)
    {
        var thrown = Assert.Throws<PureLoraException>(() => PeftAdapter.Load(model, Folder)).Message;
        if (message is not null)
            Assert.Equal(message, thrown);
        return thrown;
    }

    static string Name(string matrix, string module) => $"{Prefix}{module}.lora_{matrix}.weight";

    void Write(params (string Name, long[] Shape)[] tensors) =>
        SafetensorsWriter.Write(WeightsPath, tensors.Select(t => TensorSource.FromFloats(t.Name, t.Shape, new float[t.Shape[0] * t.Shape[1]])));

    void Edit(string key, string value)
    {
        var config = JsonNode.Parse(File.ReadAllText(ConfigPath))!.AsObject();
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(ConfigPath, config.ToJsonString());
    }

    public void Dispose()
    {
        model.Dispose();
        device.Dispose();
        scratch.Dispose();
    }
}
