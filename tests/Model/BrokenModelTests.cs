using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>Model folders with one thing wrong: each gets one error that names the file, the key or tensor, and what to do.</summary>
public sealed class BrokenModelTests : IDisposable
{
    readonly ScratchFolder scratch = new();
    readonly Device device = Device.Open("cpu", 1);

    public BrokenModelTests()
    {
        Directory.CreateDirectory(Folder);
        foreach (var name in (string[])["config.json", "model.safetensors"])
            File.Copy(Path.Combine(Golden.Folder("llama"), name), Path.Combine(Folder, name));
    }

    string Folder => scratch.File("model");

    string ConfigPath => Path.Combine(Folder, "config.json");

    string WeightsPath => Path.Combine(Folder, "model.safetensors");

    [Fact]
    public void Missing_folder() =>
        Fails($"{scratch.File("none")}: the folder is missing, but a model needs one with config.json, model.safetensors and tokenizer.json. Check the path.", scratch.File("none"));

    [Fact]
    public void Missing_config()
    {
        File.Delete(ConfigPath);
        Fails($"{ConfigPath}: the file is missing, but a model needs it. Download the whole model folder.");
    }

    [Fact]
    public void Missing_weights()
    {
        File.Delete(WeightsPath);
        Fails($"{Folder}: there are no weights, but a model needs model.safetensors or model.safetensors.index.json. Check the folder or download the model again.");
    }

    [Theory]
    [InlineData("{\"architectures\": [\"LlamaForCausalLM\"], \"vocab_size\": 1, \"vocab_size\": 2}", "a key is given twice, but a model's settings need one value for each. Download the file again.")]
    [InlineData("{", "line 1 is not JSON, but a model's settings need to be. Download the file again.")]
    [InlineData("[]", "the content is array, but settings need an object. Download the file again.")]
    [InlineData("""{"architectures": ["LlamaForCausalLM"], "hidden_act": "\ud800"}""", """hidden_act is "\ud800", but the model needs a string. Correct the file, or use another model.""")]
    [InlineData("""{"\ud800": 1, "architectures": ["X"]}""", "a key holds half a character, but a model's settings need whole ones. Download the file again.")]
    [InlineData("""{"architectures": ["\ud800"]}""", """architectures is ["\ud800"], but the model needs a list of names. Correct the file, or use another model.""")]
    public void Config_that_is_no_settings(string text, string message)
    {
        File.WriteAllText(ConfigPath, text);
        Fails($"{ConfigPath}: {message}");
    }

    [Fact]
    public void Config_that_is_no_unicode()
    {
        File.WriteAllBytes(ConfigPath, [.. "{\"architectures\": [\""u8, 0xFF, .. "\"]}"u8]);
        Fails($"{ConfigPath}: the text is not UTF-8, but a model's settings need to be. Download the file again.");
    }

    [Fact]
    public void Config_of_gigabytes_is_not_read()
    {
        using (var stream = File.Create(ConfigPath))
            stream.SetLength(3L << 30);
        var before = GC.GetTotalAllocatedBytes();
        Fails($"{ConfigPath}: the file is 3221225472 bytes, but settings need at most 16777216. Check that it is the right file, or download it again.");
        Assert.True(GC.GetTotalAllocatedBytes() - before < 1 << 20);
    }

    [Theory]
    [InlineData("hidden_size", null, "hidden_size is missing, but the model needs it. Download the file again, or add the key.")]
    [InlineData("architectures", null, "architectures is missing, but the model needs it. Download the file again, or add the key.")]
    [InlineData("vocab_size", "\"256\"", "vocab_size is \"256\", but the model needs a whole number. Correct the file, or use another model.")]
    [InlineData("num_hidden_layers", "2.5", "num_hidden_layers is 2.5, but the model needs a whole number. Correct the file, or use another model.")]
    [InlineData("num_hidden_layers", "0", "num_hidden_layers is 0, but the model needs at least 1. Correct the file, or use another model.")]
    [InlineData("max_position_embeddings", "0", "max_position_embeddings is 0, but the model needs at least 1. Correct the file, or use another model.")]
    [InlineData("rms_norm_eps", "true", "rms_norm_eps is true, but the model needs a number. Correct the file, or use another model.")]
    [InlineData("rope_theta", "-1", "rope_theta is -1, but the model needs a finite number above 0. Correct the file, or use another model.")]
    [InlineData("rope_theta", "1e999", "rope_theta is 1e999, but the model needs a finite number above 0. Correct the file, or use another model.")]
    [InlineData("attention_bias", "1", "attention_bias is 1, but the model needs true or false. Correct the file, or use another model.")]
    [InlineData("eos_token_id", "\"2\"", "eos_token_id is \"2\", but the model needs an id or a list of ids. Correct the file, or use another model.")]
    [InlineData("hidden_act", "\"tanh\"", "hidden_act is tanh, which is not supported yet; supported: gelu, gelu_accurate, gelu_fast, gelu_new, gelu_python, gelu_python_tanh, gelu_pytorch_tanh, quick_gelu, relu, relu2, silu, swish. Use another model.")]
    [InlineData("architectures", "[\"BertModel\"]", "architectures is 'BertModel', but supported are GPT2LMHeadModel, GPTNeoForCausalLM, GPTNeoXForCausalLM, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3ForConditionalGeneration, GemmaForCausalLM, GraniteForCausalLM, LlamaForCausalLM, MistralForCausalLM, MixtralForCausalLM, Olmo2ForCausalLM, Phi3ForCausalLM, PhiForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, Qwen3MoeForCausalLM, SmolLM3ForCausalLM. Use a model of a supported architecture.")]
    [InlineData("rope_scaling", "7", "rope_scaling: the content is number, but settings need an object. Download the file again.")]
    [InlineData("num_key_value_heads", "3", "num_key_value_heads is 3, but the model needs a divisor of num_attention_heads, 4. Correct the file, or use another model.")]
    [InlineData("head_dim", "15", "head_dim is 15, but the model needs an even number, since rotary positions turn pairs. Correct the file, or use another model.")]
    [InlineData("quantization_config", "{\"quant_method\": \"bitsandbytes\"}", "quantization_config: load_in_4bit is false, as load_in_8bit is, but the model needs one of the two to be true. Correct the file, or use another model.")]
    public void Config_with_a_wrong_key(string key, string? value, string message)
    {
        Edit(key, value);
        Fails($"{ConfigPath}: {message}");
    }

    [Fact]
    public void Heads_that_do_not_divide_the_width()
    {
        Edit("head_dim", null);
        Edit("num_attention_heads", "5");
        Edit("num_key_value_heads", "5");
        Fails($"{ConfigPath}: num_attention_heads is 5, but the model needs a divisor of hidden_size, 64, where head_dim is not given. Correct the file, or use another model.");
    }

    [Theory]
    [InlineData("num_hidden_layers", "3", "model.layers.2.input_layernorm.weight", "[64]")]
    [InlineData("num_hidden_layers", "2000000000", "model.layers.2.input_layernorm.weight", "[64]")]
    [InlineData("attention_bias", "true", "model.layers.0.self_attn.q_proj.bias", "[64]")]
    public void Tensor_missing(string key, string value, string tensor, string shape)
    {
        Edit(key, value);
        var before = GC.GetTotalAllocatedBytes();
        Fails($"{Folder}: tensor {tensor} is missing, but config.json needs it with shape {shape}. Download the whole model folder.");
        Assert.True(GC.GetTotalAllocatedBytes() - before < 16 << 20);
    }

    [Fact]
    public void Tensor_unexpected()
    {
        Edit("num_hidden_layers", "1");
        Fails($"{Folder}: tensor model.layers.1.input_layernorm.weight is in the checkpoint, but the model that config.json describes has no place for it. Use the config.json that came with these weights.");
    }

    [Theory]
    [InlineData("vocab_size", "255", "model.embed_tokens.weight is [256, 64], but config.json needs [255, 64]")]
    [InlineData("intermediate_size", "2000000000", "model.layers.0.mlp.gate_proj.weight is [128, 64], but config.json needs [2000000000, 64]")]
    public void Tensor_of_another_shape(string key, string value, string what)
    {
        Edit(key, value);
        Fails($"{WeightsPath}: tensor {what}. Use the config.json that came with these weights.");
    }

    [Fact]
    public void Sizes_whose_product_is_beyond_counting()
    {
        Edit("num_attention_heads", "65536");
        Edit("num_key_value_heads", "65536");
        Edit("head_dim", "65536");
        Fails($"{ConfigPath}: head_dim is 65536, but the model needs heads of at most 715827882 numbers together. Correct the file, or use another model.");
    }

    [Fact]
    public void Random_weights_too_large_to_hold()
    {
        Edit("vocab_size", "2000000000");
        Assert.Equal("model.embed_tokens.weight: the tensor is [2000000000, 64], but a trainable one needs at most 2147483591 numbers. Use a smaller model.", Message(() => Pretrained.Random(device, Folder, 1)));
    }

    [Theory]
    [InlineData("model.layers.1.mlp.up_proj.weight")]
    [InlineData("model.norm.weight")]
    public void Tensor_of_another_type(string name)
    {
        Rewrite(source => source.Name == name ? TensorSource.FromInts(name, source.Shape, new long[source.Shape.Aggregate((a, b) => a * b)]) : source);
        Fails($"{WeightsPath}: tensor {name} is I64, but a weight needs F32, BF16 or F16. Convert the checkpoint to one of these.");
    }

    [Fact]
    public void Weights_cut_off()
    {
        var length = new FileInfo(WeightsPath).Length;
        using (var stream = File.Open(WeightsPath, FileMode.Open))
            stream.SetLength(length - 100);
        var message = Message(() => Pretrained.Load(device, Folder));
        Assert.StartsWith($"{WeightsPath}: the file is {length - 100} bytes, but tensor '", message);
        Assert.EndsWith($"' needs bytes up to {length}. Download the file again or write it anew.", message);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void Token_beyond_the_vocabulary(int id)
    {
        using var model = Pretrained.Load(device, Folder);
        using var batch = TokenBatch.Of(device, [1, id, 2]);
        using var tape = new Tape(device, records: false);
        Assert.Equal($"model: a token id is {id}, but the vocabulary needs ids below 256 and not negative. Use the tokenizer that came with the model.", Message(() => model.Forward(tape, batch)));
    }

    [Theory]
    [InlineData(128)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void Position_beyond_the_model(int position)
    {
        using var model = Pretrained.Load(device, Folder);
        using var batch = new TokenBatch(device, 1, [1, 2], [0, position], [0, 0]);
        using var tape = new Tape(device, records: false);
        Assert.Equal($"model: a position is {position}, but the model needs positions below 128 and not negative. Shorten the sequences, or correct position_ids.", Message(() => model.Forward(tape, batch)));
    }

    [Fact]
    public void Weights_that_change_under_a_loaded_model_are_not_saved()
    {
        using var model = Pretrained.Load(device, Folder);
        model.CheckUnchanged();
        File.SetLastWriteTimeUtc(WeightsPath, new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        var length = new FileInfo(WeightsPath).Length;
        foreach (var format in (DType?[])[null, DType.BF16])
        {
            var message = Message(() => ModelFolder.Save(model, Folder, scratch.File("out"), format));
            Assert.StartsWith($"{WeightsPath}: the file is {length} bytes, written 2020-01-02 03:04:05Z, but the weights in use need it as it was when opened ({length} bytes, written ", message);
            Assert.EndsWith("). Start again and leave the file alone while it runs.", message);
        }
        Assert.Equal([Folder], Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public void Saving_leaves_the_folders_of_others_alone()
    {
        using var model = Pretrained.Load(device, Folder);
        Directory.CreateDirectory(scratch.File("out.partial"));
        File.WriteAllText(scratch.File("out.partial/mine.txt"), "mine");
        ModelFolder.Save(model, Folder, scratch.File("out"));
        Assert.Equal("mine", File.ReadAllText(scratch.File("out.partial/mine.txt")));
        Assert.Equal($"{scratch.File("out")}: it exists and is not empty, but the model needs a folder of its own. Choose another name, or remove it first.", Message(() => ModelFolder.Save(model, Folder, scratch.File("out"))));
        Assert.Equal(["model", "out", "out.partial"], Directory.GetFileSystemEntries(scratch.Path).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("cpu", true)]
    [InlineData("ilgpu", false)]
    public void A_failed_load_keeps_no_memory(string deviceName, bool trainable)
    {
        Rewrite(tensor => tensor.Name == "model.norm.weight" ? tensor with { Name = "stranger" } : tensor);
        using var other = Device.Open(deviceName, 1);
        Assert.StartsWith($"{Folder}: tensor model.norm.weight is missing", Message(() => Pretrained.Load(other, Folder, trainable)));
        Assert.True(other.PeakBytes > 0);
        Assert.Equal(0, other.Bytes);
    }

    void Fails(string message, string? folder = null)
    {
        Assert.Equal(message, Message(() => Pretrained.Load(device, folder ?? Folder)));
        Assert.Equal(0, device.Bytes);
    }

    static string Message(Func<object?> act) => Assert.ThrowsAny<PureLoraException>(act).Message;

    static string Message(Action act) => Assert.ThrowsAny<PureLoraException>(act).Message;

    void Edit(string key, string? value)
    {
        var config = JsonNode.Parse(File.ReadAllText(ConfigPath))!.AsObject();
        config.Remove(key);
        // As text, since a number such as 1e999 must come through as it is.
        var rest = config.ToJsonString();
        File.WriteAllText(ConfigPath, value is null ? rest : $"{{\"{key}\": {value}, {rest[1..]}");
    }

    void Rewrite(Func<TensorSource, TensorSource> change)
    {
        var path = scratch.File("changed");
        using (var file = SafetensorsFile.Open(WeightsPath))
            SafetensorsWriter.Write(path, [.. file.Tensors.Keys.Select(name => change(TensorSource.FromFile(file, name)))]);
        File.Move(path, WeightsPath, overwrite: true);
    }

    public void Dispose()
    {
        device.Dispose();
        scratch.Dispose();
    }
}
