using System.Text;
using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>Quantized checkpoints that cannot be right: one line each, before a run starts.</summary>
public sealed class QuantizedBrokenTests : IDisposable
{
    const string Weight = "model.layers.0.self_attn.q_proj.weight", State = $"{Weight}.quant_state.bitsandbytes__nf4", Again = "Download the checkpoint again, or quantize the original with 'purelora quantize'.";

    readonly ScratchFolder scratch = new();

    [Theory]
    [InlineData("absmax", $"tensor {Weight}.absmax is missing, but the quantized {Weight} needs it. {Again}")]
    [InlineData("quant_map", $"tensor {Weight}.quant_map is missing, but the quantized {Weight} needs it. {Again}")]
    [InlineData("nested_absmax", $"tensor {Weight}.nested_absmax is missing, but the quantized {Weight} needs it. {Again}")]
    [InlineData("nested_quant_map", $"tensor {Weight}.nested_quant_map is missing, but the quantized {Weight} needs it. {Again}")]
    [InlineData("quant_state.bitsandbytes__nf4", $"tensor {State} (or fp4) is missing, but the quantized {Weight} needs it. {Again}")]
    public void A_part_that_is_missing_is_named(string part, string message) =>
        Assert.Equal(message, Refused(t => t.Name == $"{Weight}.{part}" ? null : t));

    [Theory]
    [InlineData("nf3", $"tensor {Weight}.quant_state.bitsandbytes__nf3: its type is 'nf3', but a 4-bit weight needs nf4 or fp4. {Again}")]
    [InlineData("fp4", $"tensor {Weight}.quant_state.bitsandbytes__fp4: its quant_type is nf4, but its name says fp4. {Again}")]
    public void A_type_that_is_unknown_or_contradicts_itself_is_named(string type, string message) =>
        Assert.Equal(message, Refused(t => t.Name == State ? t with { Name = $"{Weight}.quant_state.bitsandbytes__{type}" } : t));

    [Theory]
    [InlineData("\"blocksize\": 64", "\"blocksize\": 128", "blocksize is '128', but reading it needs 64")]
    [InlineData("\"blocksize\": 64, ", "", "blocksize is 'missing', but reading it needs 64")]
    [InlineData("\"nested_blocksize\": 256", "\"nested_blocksize\": 64", "nested_blocksize is '64', but reading it needs 256")]
    [InlineData("\"nested_offset\": ", "\"nested_offset\": \"x\", \"was\": ", "nested_offset is no number, but nested scales need a finite one")]
    [InlineData("\"dtype\": \"float32\", \"shape\"", "\"dtype\": \"int4\", \"shape\"", "dtype is int4, but it needs float32, bfloat16 or float16")]
    [InlineData("[64, 64]", "[32, 64]", "shape is [32, 64], but config.json needs [64, 64]")]
    [InlineData("[64, 64]", "64", "shape is no list of sizes, but a quant state needs one")]
    [InlineData("{\"quant_type\"", "\"quant_type\"", "text is not JSON, but a quant state needs to be")]
    [InlineData("{\"quant_type\": \"nf4\", ", "{", "quant_type is missing or no text, but a quant state needs it")]
    [InlineData("\"nf4\"", "\"\\ud800\"", "quant_type is missing or no text, but a quant state needs it")]
    [InlineData("\"nf4\"", "4", "quant_type is missing or no text, but a quant state needs it")]
    public void A_quant_state_that_does_not_fit_says_where(string from, string to, string message) =>
        Assert.Equal($"tensor {State}: its {message}. {Again}", Refused(t => t.Name == State ? Edit(t, bytes => Replace(bytes, from, to)) : t));

    [Fact]
    public void A_quant_state_that_is_not_UTF8_says_so() => Assert.Equal($"tensor {State}: its text is not UTF-8, but a quant state needs to be. {Again}", Refused(
        t => t.Name == State ? Edit(t, bytes => [.. bytes.Select(b => b == 'f' ? (byte)0xFF : b)]) : t));

    [Fact]
    public void Scales_of_a_wrong_number_or_kind_are_named()
    {
        Assert.Equal($"tensor {Weight}.absmax: its content is 60 x U8, but the weight's shape and blocks need 64 x U8. {Again}",
            Refused(t => t.Name == $"{Weight}.absmax" ? Edit(t, bytes => bytes[..60]) : t));
        Assert.Equal($"tensor {Weight}.nested_absmax: its content is 2 x F32, but the weight's shape and blocks need 1 x F32. {Again}",
            Refused(t => t.Name == $"{Weight}.nested_absmax" ? TensorSource.FromFloats(t.Name, [2], new float[] { 1, 2 }) : t));
        // Without the nested part of its quant state, an absmax of bytes is one that does not fit.
        Assert.Equal($"tensor {Weight}.absmax: its content is 64 x U8, but the weight's shape and blocks need 64 x F32. {Again}",
            Refused(t => t.Name == State ? Edit(t, bytes => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Split(", \"nested_blocksize\"")[0] + "}")) : t));
        Assert.Equal($"tensor {Weight}: its size is 2000 bytes, but its shape needs 2048. {Again}",
            Refused(t => t.Name == Weight ? Edit(t, bytes => bytes[..2000]) with { Shape = [2000, 1] } : t));
    }

    [Theory]
    [InlineData("quant_map", 16, float.NaN, "a map needs numbers from -1 to 1")]
    [InlineData("quant_map", 16, 1.5f, "a map needs numbers from -1 to 1")]
    [InlineData("nested_quant_map", 256, -3f, "a map needs numbers from -1 to 1")]
    [InlineData("nested_absmax", 1, float.NegativeInfinity, "it needs finite numbers")]
    public void A_map_or_scale_that_is_out_of_range_is_named_with_its_index(string part, int length, float value, string needed)
    {
        var values = new float[length];
        values[^1] = value;
        Assert.Equal($"tensor {Weight}.{part}: its element {length - 1} is {value}, but {needed}. {Again}",
            Refused(t => t.Name == $"{Weight}.{part}" ? TensorSource.FromFloats(t.Name, [length], values) : t));
    }

    [Fact]
    public void Quantized_weights_under_a_plain_configuration_are_refused()
    {
        Write(t => t);
        File.Copy(Path.Combine(Golden.Folder("llama"), "config.json"), scratch.File("config.json"), overwrite: true);
        using var device = Device.Open("cpu", 1);
        var error = Assert.Throws<PureLoraException>(() => Pretrained.Load(device, scratch.Path));
        Assert.EndsWith("is quantized, but config.json has no quantization_config. Use the config.json that came with these weights.", error.Message);
        Assert.Equal(0, device.Bytes);
    }

    [Theory]
    [InlineData("{\"quant_method\": \"gptq\"}", "quantization_config: quant_method is gptq")]
    [InlineData("{\"quant_method\": \"bitsandbytes\", \"load_in_4bit\": true, \"bnb_4bit_quant_type\": \"int4\"}", "quantization_config: bnb_4bit_quant_type is int4, but the model needs nf4 or fp4.")]
    public void A_quantization_that_is_not_supported_is_named(string group, string message)
    {
        WriteGroup(group);
        using var device = Device.Open("cpu", 1);
        Assert.Contains(message, Assert.Throws<PureLoraException>(() => Pretrained.Load(device, scratch.Path)).Message);
    }

    [Theory]
    [InlineData("{\"quant_method\": \"bitsandbytes\", \"load_in_8bit\": true}", "INT8")]
    [InlineData("{\"quant_method\": \"bitsandbytes\", \"load_in_4bit\": true, \"bnb_4bit_use_double_quant\": true}", "FP4, double quantization")]
    [InlineData("{\"quant_method\": \"bitsandbytes\", \"load_in_4bit\": true, \"bnb_4bit_quant_type\": \"nf4\"}", "NF4")]
    public void A_configuration_that_says_another_format_than_the_tensors_is_refused(string group, string said)
    {
        WriteGroup(group);
        using var device = Device.Open("cpu", 1);
        Assert.Equal($"{scratch.File("model.safetensors")}: tensor {Weight} is in NF4, double quantization, but config.json says {said} in its quantization_config. Use the config.json that came with these weights.",
            Assert.Throws<PureLoraException>(() => Pretrained.Load(device, scratch.Path)).Message);
        Assert.Equal(0, device.Bytes);
    }

    void WriteGroup(string group)
    {
        Write(t => t);
        var text = File.ReadAllText(scratch.File("config.json"));
        var start = text.IndexOf("\"quantization_config\": {", StringComparison.Ordinal) + "\"quantization_config\": ".Length;
        File.WriteAllText(scratch.File("config.json"), text[..start] + group + text[(text.IndexOf('}', start) + 1)..]);
    }

    [Theory]
    [InlineData(WeightFormat.NF4, float.NaN, "NaN, but NF4 needs finite numbers. Download the checkpoint again, or keep this layer unquantized.")]
    [InlineData(WeightFormat.FP4, float.PositiveInfinity, "Infinity, but FP4 needs finite numbers. Download the checkpoint again, or keep this layer unquantized.")]
    [InlineData(WeightFormat.INT8, 70000f, "70000, but INT8 needs finite numbers of at most 65504. Download the checkpoint again, or keep this layer unquantized.")]
    public void A_weight_that_cannot_be_quantized_is_named_with_its_index(WeightFormat format, float value, string message)
    {
        using var tiny = new TinyModel();
        var path = Path.Combine(tiny.Folder, "model.safetensors");
        List<TensorSource> tensors = [];
        using (var file = SafetensorsFile.Open(path))
        {
            foreach (var (name, info) in file.Tensors)
            {
                var values = file.ReadFloats(name);
                if (name == "model.layers.1.mlp.up_proj.weight")
                    values[2 * 36 + 5] = value;
                tensors.Add(TensorSource.FromFloats(name, info.Shape, values));
            }
        }
        SafetensorsWriter.Write(path, tensors);
        using var device = Device.Open("cpu", 2);
        var error = Assert.Throws<PureLoraException>(() => Pretrained.Load(device, tiny.Folder, quantization: new QuantizationConfig(new Quantization(format), [])));
        Assert.Equal($"{path}: tensor model.layers.1.mlp.up_proj.weight: element 77 (row 2, column 5) is {message}", error.Message);
        Assert.Equal(0, device.Bytes);
    }

    [Fact]
    public void Asking_for_what_cannot_be_is_refused()
    {
        using var tiny = new TinyModel();
        using var device = Device.Open("cpu", 1);
        var eight = new QuantizationConfig(new Quantization(WeightFormat.INT8), []);
        Assert.Contains("is no linear of the model, but each name needs to be one", Assert.Throws<UsageException>(
            () => Pretrained.Load(device, tiny.Folder, quantization: eight with { SkipModules = ["q_project"] })).Message);
        Assert.Contains("the weights are quantized already (NF4, double quantization), but INT8 was asked for.", Assert.Throws<UsageException>(
            () => Pretrained.Load(device, Golden.Folder("qlora-llama"), quantization: eight)).Message);
        Assert.Contains("the weights are quantized (NF4, double quantization), but training them needs", Assert.Throws<PureLoraException>(
            () => Pretrained.Load(device, Golden.Folder("qlora-llama"), trainable: true)).Message);
        Assert.Equal(0, device.Bytes);
    }

    /// <summary>The error, after the file's name, of the golden model with some tensors changed or (null) left out.</summary>
    string Refused(Func<TensorSource, TensorSource?> change)
    {
        Write(change);
        using var device = Device.Open("cpu", 1);
        var error = Assert.Throws<PureLoraException>(() => Pretrained.Load(device, scratch.Path));
        Assert.Equal(0, device.Bytes);
        Assert.StartsWith(scratch.File("model.safetensors") + ": ", error.Message);
        return error.Message[(scratch.File("model.safetensors").Length + 2)..];
    }

    void Write(Func<TensorSource, TensorSource?> change)
    {
        File.Copy(Path.Combine(Golden.Folder("qlora-llama"), "config.json"), scratch.File("config.json"), overwrite: true);
        using var golden = SafetensorsFile.Open(Path.Combine(Golden.Folder("qlora-llama"), "model.safetensors"));
        SafetensorsWriter.Write(scratch.File("model.safetensors"),
            golden.Tensors.Keys.Select(name => change(TensorSource.FromFile(golden, name))).OfType<TensorSource>().ToArray());
    }

    static TensorSource Edit(TensorSource tensor, Func<byte[], byte[]> edit)
    {
        using var stream = new MemoryStream();
        tensor.Write(stream);
        var bytes = edit(stream.ToArray());
        return TensorSource.FromBytes(tensor.Name, tensor.DType, [bytes.Length / tensor.DType.Size()], bytes);
    }

    static byte[] Replace(byte[] bytes, string from, string to)
    {
        var text = Encoding.UTF8.GetString(bytes);
        Assert.Contains(from, text);
        return Encoding.UTF8.GetBytes(text.Replace(from, to));
    }

    public void Dispose() => scratch.Dispose();
}
