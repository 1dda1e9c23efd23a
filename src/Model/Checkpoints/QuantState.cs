using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// The JSON text that bitsandbytes stores beside a 4-bit weight: quant_type, blocksize, dtype and shape before, and with
/// double quantization nested_blocksize, nested_dtype and nested_offset.
/// </summary>
/// <param name="Name">The tensor that holds it.</param>
/// <param name="Format">NF4 or FP4.</param>
/// <param name="Shape">Of the matrix.</param>
/// <param name="Before">The type that the weights had.</param>
/// <param name="IsNested">Whether the scales are quantized too.</param>
/// <param name="Offset">The mean that was taken from the scales.</param>
sealed record QuantState(string Name, WeightFormat Format, long[] Shape, DType Before, bool IsNested, float Offset)
{
    public static QuantState Read(QuantizedTensors.Parts parts)
    {
        var (name, type, text) = parts.StateText();
        if (!Utf8.IsValid(text))
            throw parts.Wrong(name, "text is not UTF-8", "a quant state needs to be");
        var format = type switch
        {
            "nf4" => WeightFormat.NF4,
            "fp4" => WeightFormat.FP4,
            _ => throw parts.Wrong(name, $"type is {Quote.Name(type)}", "a 4-bit weight needs nf4 or fp4"),
        };
        JsonElement state;
        try
        {
            using var json = JsonDocument.Parse(text);
            state = json.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw parts.Wrong(name, "text is not JSON", "a quant state needs to be");
        }
        if (state.ValueKind != JsonValueKind.Object)
            throw parts.Wrong(name, $"text is JSON of kind {state.ValueKind}", "a quant state needs an object");
        if (Text("quant_type") is var said && said != type)
            throw parts.Wrong(name, $"quant_type is {said}", $"its name says {type}");
        Number("blocksize", QuantizedLayout.Block);
        var nested = state.TryGetProperty("nested_blocksize", out _) || state.TryGetProperty("nested_offset", out _);
        if (nested)
            Number("nested_blocksize", QuantizedLayout.NestedBlock);
        var before = Text("dtype") switch
        {
            "float32" => DType.F32,
            "bfloat16" => DType.BF16,
            "float16" => DType.F16,
            var other => throw parts.Wrong(name, $"dtype is {other}", "it needs float32, bfloat16 or float16"),
        };
        var offset = 0f;
        if (nested && !(state.TryGetProperty("nested_offset", out var mean) && mean.ValueKind == JsonValueKind.Number && float.IsFinite(offset = (float)mean.GetDouble())))
            throw parts.Wrong(name, "nested_offset is no number", "nested scales need a finite one");
        return new QuantState(name, format, Sizes(), before, nested, offset);

        string Text(string key) => state.TryGetProperty(key, out var value) && ConfigJson.Text(value) is { } found
            ? found : throw parts.Wrong(name, $"{key} is missing or no text", "a quant state needs it");

        void Number(string key, int needed)
        {
            var found = state.TryGetProperty(key, out var value) ? value.GetRawText() : "missing";
            if (found != needed.ToString(CultureInfo.InvariantCulture))
                throw parts.Wrong(name, $"{key} is {Quote.Name(found)}", $"reading it needs {needed}");
        }

        long[] Sizes() => state.TryGetProperty("shape", out var shape) && shape.ValueKind == JsonValueKind.Array && shape.EnumerateArray().All(s => s.ValueKind == JsonValueKind.Number && s.TryGetInt64(out _))
            ? [.. shape.EnumerateArray().Select(s => s.GetInt64())] : throw parts.Wrong(name, "shape is no list of sizes", "a quant state needs one");
    }

    public static string TypeOf(WeightFormat format) => format == WeightFormat.NF4 ? "nf4" : "fp4";

    /// <summary>The text as Python's json.dumps writes it.</summary>
    public static byte[] Write(QuantizedMatrix matrix, DType before)
    {
        var text = $"{{\"quant_type\": \"{TypeOf(matrix.Format)}\", \"blocksize\": {QuantizedLayout.Block}, \"dtype\": \"{TypeName(before)}\", \"shape\": [{matrix.Rows}, {matrix.Columns}]";
        if (matrix.IsNested)
            text += $", \"nested_blocksize\": {QuantizedLayout.NestedBlock}, \"nested_dtype\": \"float32\", \"nested_offset\": {Python(matrix.Offset)}";
        return Encoding.UTF8.GetBytes(text + "}");
    }

    public static string TypeName(DType type) => type switch { DType.BF16 => "bfloat16", DType.F16 => "float16", _ => "float32" };

    /// <summary>A float, widened to a double, as Python's repr.</summary>
    static string Python(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
        return text.Contains('.') || text.Contains('e') ? text : text + ".0";
    }
}
