using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>Every byte that bitsandbytes wrote, written again; every value that it read, read again.</summary>
public sealed unsafe class QuantizerGoldenTests
{
    static readonly string[] matrices = ["gauss", "outliers", "zero_block", "tiny_block", "ragged", "odd", "big", "ramp"];

    public static TheoryData<string, WeightFormat> Cases
    {
        get
        {
            var data = new TheoryData<string, WeightFormat>();
            foreach (var matrix in matrices)
                foreach (var format in (WeightFormat[])[WeightFormat.NF4, WeightFormat.FP4])
                    data.Add(matrix, format);
            return data;
        }
    }

    static SafetensorsFile Open(string name) => SafetensorsFile.Open(Path.Combine(Golden.Folder("quant"), $"{name}.safetensors"));

    static QuantizedMatrix Quantize(Quantization how, SafetensorsFile file, string name)
    {
        var shape = file.Info(name).Shape;
        var values = file.ReadFloats(name);
        return Quantizer.Quantize(null, how, name, (int)shape[0], (int)shape[1], (first, span) => values.AsSpan((int)first, span.Length).CopyTo(span));
    }

    /// <summary>The elements as the host decodes them, which are those that a GPU decodes.</summary>
    static float[] Decoded(QuantizedMatrix matrix)
    {
        float[][] decoded = [.. Devices.Names.Select(name =>
        {
            using var device = Device.Open(name);
            using var weight = Weight.Over(device, matrix);
            using var values = weight.ToF32(device);
            return values.ToArray();
        })];
        Assert.Equal(decoded[0], decoded[1]);
        return decoded[0];
    }

    static float[] Scales(QuantizedMatrix matrix) => [.. Enumerable.Range(0, (int)matrix.Layout.ScaleCount).Select(i => matrix.Scale(i))];

    [Theory, MemberData(nameof(Cases))]
    public void Codes_scales_and_values_are_those_of_bitsandbytes(string name, WeightFormat format)
    {
        using var file = Open("quant");
        using var matrix = Quantize(new Quantization(format), file, $"{name}/w");
        var key = $"{name}/{format.ToString().ToLowerInvariant()}";
        Assert.Equal(file.Bytes($"{key}/packed").ToArray(), new ReadOnlySpan<byte>(matrix.Codes, (int)matrix.Layout.CodeBytes).ToArray());
        Assert.Equal(file.ReadFloats($"{key}/absmax"), Scales(matrix));
        Assert.Equal(file.ReadFloats($"{key}/dequant"), Decoded(matrix));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Nested_codes_scales_and_values_are_those_of_bitsandbytes(string name, WeightFormat format)
    {
        using var file = Open("quant");
        using var matrix = Quantize(new Quantization(format, DoubleQuant: true), file, $"{name}/w");
        var key = $"{name}/{format.ToString().ToLowerInvariant()}";
        Assert.Equal(file.Bytes($"{key}/packed").ToArray(), new ReadOnlySpan<byte>(matrix.Codes, (int)matrix.Layout.CodeBytes).ToArray());
        Assert.Equal(Assert.Single(file.ReadFloats($"{key}/dq/offset")), matrix.Offset);
        Assert.Equal(file.ReadFloats($"{key}/dq/absmax_restored"), Scales(matrix));
        if (file.Tensors.ContainsKey($"{key}/dq/dequant"))
            Assert.Equal(file.ReadFloats($"{key}/dq/dequant"), Decoded(matrix));
        // All scales of the ramp are equal: nothing is left to code, and what the peer writes for that depends on its build.
        if (name == "ramp")
            return;
        Assert.Equal(file.Bytes($"{key}/dq/absmax_u8").ToArray(), new ReadOnlySpan<byte>(matrix.NestedCodes, (int)matrix.Layout.ScaleCount).ToArray());
        Assert.Equal(file.ReadFloats($"{key}/dq/nested_absmax"), new ReadOnlySpan<float>(matrix.NestedScales, (int)matrix.Layout.NestedCount).ToArray());
    }

    [Fact]
    public void Code_books_are_those_of_bitsandbytes()
    {
        using var file = Open("quant");
        Assert.Equal(file.ReadFloats("code/nf4"), CodeBook.Nf4.Values.ToArray());
        Assert.Equal(file.ReadFloats("code/fp4"), CodeBook.Fp4.Values.ToArray());
        Assert.Equal(file.ReadFloats("code/dynamic_signed"), DynamicMap.Signed.Values.ToArray());
        Assert.Equal(file.ReadFloats("code/dynamic_unsigned"), DynamicMap.Unsigned.Values.ToArray());
    }

    [Theory, InlineData("nf4"), InlineData("nf4_dq"), InlineData("fp4"), InlineData("fp4_dq")]
    public void A_serialised_linear_is_written_again_byte_for_byte(string kind)
    {
        using var file = Open($"linear4bit_{kind}");
        using var expected = Open($"linear4bit_{kind}.expect");
        var how = new Quantization(kind.StartsWith("nf4", StringComparison.Ordinal) ? WeightFormat.NF4 : WeightFormat.FP4, kind.EndsWith("_dq", StringComparison.Ordinal));
        using var matrix = Quantize(how, expected, "w_before");
        Assert.Equal(file.Bytes("q_proj.weight").ToArray(), new ReadOnlySpan<byte>(matrix.Codes, (int)matrix.Layout.CodeBytes).ToArray());
        Assert.Equal(file.ReadFloats("q_proj.weight.quant_map"), new ReadOnlySpan<float>(matrix.Map, 16).ToArray());
        Assert.Equal(expected.ReadFloats("dequant"), Decoded(matrix));
        if (!how.DoubleQuant)
        {
            Assert.Equal(file.ReadFloats("q_proj.weight.absmax"), Scales(matrix));
            return;
        }
        Assert.Equal(file.Bytes("q_proj.weight.absmax").ToArray(), new ReadOnlySpan<byte>(matrix.NestedCodes, (int)matrix.Layout.ScaleCount).ToArray());
        Assert.Equal(Assert.Single(file.ReadFloats("q_proj.weight.nested_absmax")), matrix.NestedScales[0]);
        Assert.Equal(file.ReadFloats("q_proj.weight.nested_quant_map"), new ReadOnlySpan<float>(matrix.NestedMap, 256).ToArray());
        Assert.Contains($"\"nested_offset\": {(double)matrix.Offset:R}", System.Text.Encoding.UTF8.GetString(file.Bytes($"q_proj.weight.quant_state.bitsandbytes__{kind[..3]}")));
    }

    /// <summary>Both files hold the same matrix.</summary>
    [Theory, InlineData("int8_vectorwise", "q", "SCB"), InlineData("linear8bit", "q_proj.weight", "q_proj.SCB")]
    public void INT8_codes_and_scales_are_those_of_bitsandbytes(string name, string codes, string scales)
    {
        using var source = Open("int8_vectorwise");
        using var file = Open(name);
        using var matrix = Quantize(new Quantization(WeightFormat.INT8), source, "w");
        Assert.Equal(file.Bytes(codes).ToArray(), new ReadOnlySpan<byte>(matrix.Codes, (int)matrix.Layout.CodeBytes).ToArray());
        Assert.Equal(file.ReadFloats(scales), Scales(matrix));
        var decoded = Decoded(matrix);
        for (var i = 0; i < decoded.Length; i++)
            Assert.Equal((sbyte)matrix.Codes[i] * (matrix.Scales[i / matrix.Columns] / 127f), decoded[i]);
    }

    [Theory, InlineData("signed", 64), InlineData("signed", 256), InlineData("unsigned", 64), InlineData("unsigned", 256)]
    public void Blockwise_codes_and_values_are_those_of_bitsandbytes(string kind, int block)
    {
        using var file = Open("quant");
        var map = kind == "signed" ? DynamicMap.Signed : DynamicMap.Unsigned;
        var x = file.ReadFloats($"blockwise8/{kind}/x");
        var codes = new byte[x.Length];
        var values = new float[x.Length];
        List<float> scales = [];
        fixed (float* source = x, target = values)
        fixed (byte* packed = codes)
            for (var first = 0; first < x.Length; first += block)
            {
                var count = Math.Min(block, x.Length - first);
                scales.Add(map.Quantize(source + first, count, packed + first));
                map.Dequantize(packed + first, count, scales[^1], target + first);
            }
        Assert.Equal(file.Bytes($"blockwise8/{kind}_bs{block}/q").ToArray(), codes);
        Assert.Equal(file.ReadFloats($"blockwise8/{kind}_bs{block}/absmax"), scales);
        Assert.Equal(file.ReadFloats($"blockwise8/{kind}_bs{block}/dequant"), values);
    }
}
