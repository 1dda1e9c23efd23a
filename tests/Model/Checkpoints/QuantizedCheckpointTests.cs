using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>Checkpoints that bitsandbytes wrote, read in place and written again.</summary>
public sealed class QuantizedCheckpointTests
{
    static readonly QuantizationConfig nested = new(new Quantization(WeightFormat.NF4, DoubleQuant: true), []);

    [Theory]
    [InlineData("linear4bit_nf4")]
    [InlineData("linear4bit_nf4_dq")]
    [InlineData("linear4bit_fp4")]
    [InlineData("linear4bit_fp4_dq")]
    [InlineData("linear8bit")]
    public void A_layer_that_bitsandbytes_saved_is_read_and_written_again_byte_for_byte(string name)
    {
        using var scratch = new ScratchFolder();
        var original = Path.Combine(Golden.Folder("quant"), $"{name}.safetensors");
        File.Copy(original, scratch.File("model.safetensors"));
        using var checkpoint = Checkpoint.Open(scratch.Path);
        Assert.True(QuantizedTensors.Has(checkpoint, "q_proj.weight"));
        var read = new List<string>();
        using var matrix = QuantizedTensors.Read(checkpoint, "q_proj.weight", 64, 128, read.Add);
        Assert.Equal(checkpoint.Tensors.Select(t => t.Name).Where(n => n != "q_proj.bias").Order(), read.Distinct().Order());
        var tensors = QuantizedTensors.Write("q_proj.weight", matrix, QuantizedTensors.TypeBefore(checkpoint, "q_proj.weight") ?? DType.F32).ToList();
        if (checkpoint.Contains("q_proj.bias"))
            tensors.Add(TensorSource.FromFile(checkpoint.Files[0], "q_proj.bias"));
        SafetensorsWriter.Write(scratch.File("again.safetensors"), tensors, checkpoint.Files[0].Metadata);
        Assert.Equal(File.ReadAllBytes(original), File.ReadAllBytes(scratch.File("again.safetensors")));
    }

    [Fact]
    public void Quantizing_a_model_writes_the_file_that_transformers_writes()
    {
        using var scratch = new ScratchFolder();
        using var device = Device.Open("cpu", 2);
        using (var model = Pretrained.Load(device, Golden.Folder("llama"), quantization: nested))
            ModelFolder.Save(model, Golden.Folder("llama"), scratch.File("out"), quantization: nested);
        var theirs = Golden.Folder("qlora-llama");
        Assert.Equal(File.ReadAllBytes(Path.Combine(theirs, "model.safetensors")), File.ReadAllBytes(Path.Combine(scratch.File("out"), "model.safetensors")));
        var (expected, actual) = (Group(theirs), Group(scratch.File("out")));
        Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(expected, actual), $"{actual} is not {expected}");
        // Equal as JSON is not enough: Transformers wants a float there, and 6 is none to Python.
        Assert.Contains("\"llm_int8_threshold\": 6.0,", File.ReadAllText(Path.Combine(scratch.File("out"), "config.json")));

        static System.Text.Json.Nodes.JsonNode? Group(string folder) =>
            System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!["quantization_config"];
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void A_quantized_model_decodes_to_the_weights_of_bitsandbytes(string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var model = Pretrained.Load(device, Golden.Folder("qlora-llama"));
        using var expected = SafetensorsFile.Open(Path.Combine(Golden.Folder("qlora-llama"), "dequant.safetensors"));
        Assert.Equal(14, expected.Tensors.Count);
        foreach (var linear in model.Linears.OfType<Linear>().Where(l => expected.Tensors.ContainsKey($"{l.Name}.weight")))
        {
            Assert.Equal(WeightFormat.NF4, linear.Weight.Format);
            using var values = linear.Weight.ToF32(device);
            Assert.Equal(OpTests.Bits(expected.ReadFloats($"{linear.Name}.weight")), OpTests.Bits(values.ToArray()));
        }
    }

    [Fact]
    public void On_the_host_a_quantized_file_is_read_in_place()
    {
        using var device = Device.Open("cpu", 1);
        using var model = Pretrained.Load(device, Golden.Folder("qlora-llama"));
        var vectors = model.Config.HiddenSize * (2 * model.Config.Layers + 1) * 4;
        Assert.InRange(device.Bytes, vectors, vectors + 16_384); // the norms, and what they are rounded up to
    }

    [Theory]
    [InlineData(WeightFormat.NF4, true)]
    [InlineData(WeightFormat.FP4, false)]
    [InlineData(WeightFormat.INT8, false)]
    public void A_quantized_folder_is_the_model_quantized_on_the_way_and_merges_onto_its_decoded_weights(WeightFormat format, bool doubleQuant)
    {
        using var tiny = new TinyModel();
        using var device = Device.Open("cpu", 2);
        var how = new QuantizationConfig(new Quantization(format, doubleQuant), ["v_proj"]);
        using var batch = TokenBatch.Of(device, tiny.Ids(21, 1), tiny.Ids(21, 2));
        float[] plain, quantized, adapted;
        using (var model = tiny.Open(device))
            plain = TinyModel.Logits(model, batch);
        using (var model = Pretrained.Load(device, tiny.Folder, quantization: how))
        {
            quantized = TinyModel.Logits(model, batch);
            ModelFolder.Save(model, tiny.Folder, tiny.Beside("quantized"), quantization: how);
        }
        Assert.NotEqual(plain, quantized);
        using (var model = Pretrained.Load(device, tiny.Beside("quantized")))
        {
            Assert.Equal(how.Storage, model.Quantization!.Storage);
            Assert.Equal(["model.layers.0.self_attn.v_proj", "model.layers.1.self_attn.v_proj", "lm_head"], model.Linears.OfType<Linear>().Where(l => l.Weight.Format == WeightFormat.F32).Select(l => l.Name));
            Assert.Equal(OpTests.Bits(quantized), OpTests.Bits(TinyModel.Logits(model, batch)));
            ModelFolder.Save(model, tiny.Beside("quantized"), tiny.Beside("plain"));
            TinyModel.Adapt(model);
            adapted = TinyModel.Logits(model, batch);
            ModelFolder.Save(model, tiny.Beside("quantized"), tiny.Beside("merged"));
            var lost = ModelFolder.Save(model, tiny.Beside("quantized"), tiny.Beside("again"), quantization: model.Quantization);
            Assert.InRange(lost!.Decibels, format == WeightFormat.INT8 ? 35 : 12, 60); // 6 dB a bit, less what uneven values cost
        }
        // A base that is written plain holds the decoded weights, so it gives the same bits: the law of QLoRA for a whole model.
        using (var model = Pretrained.Load(device, tiny.Beside("plain")))
        {
            Assert.Null(model.Quantization);
            Assert.Equal(OpTests.Bits(quantized), OpTests.Bits(TinyModel.Logits(model, batch)));
            TinyModel.Adapt(model);
            Assert.Equal(OpTests.Bits(adapted), OpTests.Bits(TinyModel.Logits(model, batch)));
        }
        using (var model = Pretrained.Load(device, tiny.Beside("merged")))
            Assert.True(adapted.Zip(TinyModel.Logits(model, batch), (a, b) => Math.Abs(a - b)).Max() <= 1e-5 * adapted.Max(Math.Abs)); // rounding of W + s·B·A
        using (var model = Pretrained.Load(device, tiny.Beside("again")))
            Assert.Equal(how.Storage, model.Quantization!.Storage);
    }

    [Fact]
    public void The_head_is_named_once_in_the_list_of_modules_to_skip() => Assert.Equal(
        "[\"v_proj\",\"lm_head\"]", (nested with { SkipModules = ["v_proj", "lm_head"] }).ToJson("float32")["llm_int8_skip_modules"]!.ToJsonString());

    [Theory]
    [InlineData("model.layers.1.self_attn.q_proj", true)]
    [InlineData("q_proj", true)]
    [InlineData("self_attn.q_proj", true)]
    [InlineData("model.layers.1", true)]
    [InlineData("self_attn", true)]
    [InlineData("layers.1", true)]
    [InlineData("attn", false)]
    [InlineData("layers", true)]
    [InlineData("layers.11", false)]
    [InlineData("model.layers.1.self_attn.q", false)]
    public void A_module_to_skip_is_a_name_anywhere_on_the_path(string skip, bool skips) =>
        Assert.NotEqual(skips, (nested with { SkipModules = [skip] }).Covers("model.layers.1.self_attn.q_proj"));

    [Fact]
    public void Requantizing_leaves_plain_what_the_checkpoint_has_plain()
    {
        using var tiny = new TinyModel();
        using var device = Device.Open("cpu", 1);
        var how = nested with { SkipModules = ["v_proj"] };
        using (var model = Pretrained.Load(device, tiny.Folder, quantization: how))
            ModelFolder.Save(model, tiny.Folder, tiny.Beside("quantized"), quantization: how);
        // Plain though no list says so: other programs match names in other ways.
        var settings = Path.Combine(tiny.Beside("quantized"), "config.json");
        File.WriteAllText(settings, File.ReadAllText(settings).Replace("\"v_proj\"", "\"v\""));
        using (var model = Pretrained.Load(device, tiny.Beside("quantized")))
        {
            TinyModel.Adapt(model);
            ModelFolder.Save(model, tiny.Beside("quantized"), tiny.Beside("again"), quantization: model.Quantization);
        }
        using var checkpoint = Checkpoint.Open(tiny.Beside("again"));
        Assert.Equal(DType.F32, checkpoint.Info("model.layers.0.self_attn.v_proj.weight").DType);
        Assert.Equal(DType.U8, checkpoint.Info("model.layers.0.self_attn.q_proj.weight").DType);
    }

    [Fact]
    public void Loading_holds_the_quantized_model_and_little_more()
    {
        using var tiny = new TinyModel(hidden: 256, inner: 512, layers: 3);
        using var device = Device.Open("cpu", 1);
        using var model = Pretrained.Load(device, tiny.Folder, quantization: nested);
        var weights = model.Weights.Sizes.Where(s => s.Key == WeightFormat.NF4).Sum(s => s.Value.Rented);
        Assert.Equal(weights, model.Linears.OfType<Linear>().Where(l => l.Weight.Format == WeightFormat.NF4).Sum(l => (l.Weight.Quantized!.Layout.Length + 255) / 256 * 256));
        // Everything the device ever held: the weights, the norms and biases, and the tables of positions.
        Assert.InRange(device.PeakBytes, weights, weights + 200_000);
    }
}
