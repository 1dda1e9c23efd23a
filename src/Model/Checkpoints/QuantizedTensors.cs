using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// A quantized matrix in a checkpoint, as bitsandbytes serialises it. NF4 and FP4: <c>NAME.weight</c> (bytes of two
/// codes), <c>.absmax</c>, <c>.quant_map</c>, with double quantization <c>.nested_absmax</c> and
/// <c>.nested_quant_map</c>, and <c>.quant_state.bitsandbytes__nf4</c>, the bytes of a JSON text. INT8:
/// <c>NAME.weight</c> (signed bytes), <c>NAME.SCB</c> and <c>NAME.weight_format</c>.
/// </summary>
static unsafe class QuantizedTensors
{
    const string State = ".quant_state.bitsandbytes__", Absmax = ".absmax", Map = ".quant_map", NestedAbsmax = ".nested_absmax", NestedMap = ".nested_quant_map";

    /// <summary>Whether the tensor <paramref name="weight"/> is quantized: by its type, or by what stands beside it.</summary>
    public static bool Has(Checkpoint checkpoint, string weight) =>
        checkpoint.Contains(weight) && (checkpoint.Info(weight).DType is DType.U8 or DType.I8 || checkpoint.Contains(weight + Map));

    /// <summary>The quantized weight that the tensor <paramref name="name"/> would be a part of; null for any other name.</summary>
    public static string? Owner(string name)
    {
        if (name.IndexOf(".weight.", StringComparison.Ordinal) is > 0 and var at)
            return name[..(at + ".weight".Length)];
        foreach (var suffix in (string[])[".SCB", ".weight_format"])
            if (name.EndsWith(suffix, StringComparison.Ordinal))
                return name[..^suffix.Length] + ".weight";
        return null;
    }

    /// <summary>The matrix whose parts are in <paramref name="checkpoint"/>'s mapped files, checked; <paramref name="read"/> is told each tensor.</summary>
    /// <exception cref="PureLoraException">A part is missing, or the parts do not belong together.</exception>
    public static QuantizedMatrix Read(Checkpoint checkpoint, string weight, int rows, int columns, Action<string> read)
    {
        var parts = new Parts(checkpoint, weight, read);
        return checkpoint.Info(weight).DType == DType.I8 ? ReadBytes(parts, rows, columns) : ReadFourBits(parts, rows, columns);
    }

    /// <summary>The type that a quantized tensor had before, as its quant state names it; INT8 keeps none.</summary>
    public static DType? TypeBefore(Checkpoint checkpoint, string weight) =>
        checkpoint.Info(weight).DType == DType.I8 ? null : QuantState.Read(new Parts(checkpoint, weight, _ => { })).Before;

    static QuantizedMatrix ReadFourBits(Parts parts, int rows, int columns)
    {
        var state = QuantState.Read(parts);
        if (!state.Shape.SequenceEqual([rows, columns]))
            throw parts.Wrong(state.Name, $"shape is [{string.Join(", ", state.Shape)}]", $"config.json needs [{rows}, {columns}]");
        var matrix = new QuantizedMatrix(new Quantization(state.Format, state.IsNested), rows, columns);
        var layout = matrix.Layout;
        matrix.Codes = parts.Bytes("", layout.CodeBytes);
        matrix.Map = parts.Floats(Map, 16, largest: 1);
        if (!state.IsNested)
        {
            matrix.Scales = parts.Floats(Absmax, layout.ScaleCount);
            return matrix;
        }
        matrix.NestedCodes = parts.Typed(Absmax, DType.U8, layout.ScaleCount);
        matrix.NestedScales = parts.Floats(NestedAbsmax, layout.NestedCount);
        matrix.NestedMap = parts.Floats(NestedMap, 256, largest: 1);
        matrix.Offset = state.Offset;
        return matrix;
    }

    static QuantizedMatrix ReadBytes(Parts parts, int rows, int columns)
    {
        var shape = parts.Info("").Shape;
        if (!shape.SequenceEqual([rows, columns]))
            throw parts.Wrong(parts.Weight, $"shape is [{string.Join(", ", shape)}]", $"config.json needs [{rows}, {columns}]");
        var module = parts.Weight[..^".weight".Length];
        var matrix = new QuantizedMatrix(new Quantization(WeightFormat.INT8), rows, columns)
        {
            Codes = parts.Bytes("", (long)rows * columns),
            Scales = parts.Floats($"{module}.SCB", rows, whole: true),
        };
        if (parts.Has($"{module}.weight_format", whole: true) && *parts.Typed($"{module}.weight_format", DType.U8, 1, whole: true) is > 0 and var format)
            throw parts.Wrong($"{module}.weight_format", $"value is {format}", "reading it needs 0 (row by row)");
        return matrix;
    }

    /// <summary>The tensors of <paramref name="matrix"/>, whose memory outlives the writing.</summary>
    /// <param name="weight">The name, which ends in <c>.weight</c>.</param>
    /// <param name="matrix">On the host.</param>
    /// <param name="before">The type that the weights had.</param>
    public static IEnumerable<TensorSource> Write(string weight, QuantizedMatrix matrix, DType before)
    {
        var layout = matrix.Layout;
        if (matrix.Format == WeightFormat.INT8)
        {
            var module = weight[..^".weight".Length];
            return
            [
                Source(weight, DType.I8, [matrix.Rows, matrix.Columns], matrix.Codes, layout.CodeBytes),
                Source($"{module}.SCB", DType.F32, [matrix.Rows], (byte*)matrix.Scales, 4L * matrix.Rows),
                TensorSource.FromBytes($"{module}.weight_format", DType.U8, [], new byte[1]),
            ];
        }
        var state = QuantState.Write(matrix, before);
        List<TensorSource> tensors =
        [
            Source(weight, DType.U8, [layout.CodeBytes, 1], matrix.Codes, layout.CodeBytes),
            Source(weight + Map, DType.F32, [16], (byte*)matrix.Map, 64),
            TensorSource.FromBytes($"{weight}{State}{QuantState.TypeOf(matrix.Format)}", DType.U8, [state.Length], state),
        ];
        if (!matrix.IsNested)
            return [.. tensors, Source(weight + Absmax, DType.F32, [layout.ScaleCount], (byte*)matrix.Scales, 4 * layout.ScaleCount)];
        return
        [
            .. tensors,
            Source(weight + Absmax, DType.U8, [layout.ScaleCount], matrix.NestedCodes, layout.ScaleCount),
            Source(weight + NestedAbsmax, DType.F32, [layout.NestedCount], (byte*)matrix.NestedScales, 4 * layout.NestedCount),
            Source(weight + NestedMap, DType.F32, [256], (byte*)matrix.NestedMap, 1024),
        ];
    }

    static TensorSource Source(string name, DType type, long[] shape, byte* bytes, long count) => new(name, type, shape, stream =>
    {
        const int piece = 1 << 20;
        for (long at = 0; at < count; at += piece)
            stream.Write(new ReadOnlySpan<byte>(bytes + at, (int)Math.Min(piece, count - at)));
    });

    /// <summary>The tensors beside a weight, each checked when it is asked for.</summary>
    internal sealed class Parts(Checkpoint checkpoint, string weight, Action<string> read)
    {
        public string Weight => weight;

        string Full(string part, bool whole) => whole ? part : weight + part;

        public bool Has(string part, bool whole = false) => checkpoint.Contains(Full(part, whole));

        public TensorInfo Info(string part, bool whole = false)
        {
            var name = Full(part, whole);
            if (!checkpoint.Contains(name))
                throw new PureLoraException($"{checkpoint.FileOf(weight).Path}: tensor {name} is missing, but the quantized {weight} needs it. Download the checkpoint again, or quantize the original with 'purelora quantize'.");
            read(name);
            return checkpoint.Info(name);
        }

        /// <summary>Bytes of any type, as many as told: the codes may be stored under a float's type.</summary>
        public byte* Bytes(string part, long count)
        {
            var info = Info(part);
            return info.Bytes == count ? checkpoint.Pointer(info.Name)
                : throw Wrong(info.Name, $"size is {info.Bytes} bytes", $"its shape needs {count}");
        }

        public byte* Typed(string part, DType type, long count, bool whole = false)
        {
            var info = Info(part, whole);
            return info.DType == type && info.Count == count ? checkpoint.Pointer(info.Name)
                : throw Wrong(info.Name, $"content is {info.Count} x {info.DType.Name()}", $"the weight's shape and blocks need {count} x {type.Name()}");
        }

        public float* Floats(string part, long count, bool whole = false, float largest = float.MaxValue)
        {
            var values = (float*)Typed(part, DType.F32, count, whole);
            for (long i = 0; i < count; i++)
                if (!(Math.Abs(values[i]) <= largest))
                    throw Wrong(Full(part, whole), $"element {i} is {values[i]}", largest == 1 ? "a map needs numbers from -1 to 1" : "it needs finite numbers");
            return values;
        }

        /// <summary>The quant state's tensor: its full name, what follows the prefix, and its text.</summary>
        public (string Name, string Type, byte[] Text) StateText()
        {
            var prefix = weight + State;
            var name = checkpoint.Tensors.Select(t => t.Name).FirstOrDefault(n => n.StartsWith(prefix, StringComparison.Ordinal)) ?? throw new PureLoraException(
                $"{checkpoint.FileOf(weight).Path}: tensor {prefix}nf4 (or fp4) is missing, but the quantized {weight} needs it. Download the checkpoint again, or quantize the original with 'purelora quantize'.");
            read(name);
            return (name, name[prefix.Length..], checkpoint.FileOf(name).Bytes(name).ToArray());
        }

        public PureLoraException Wrong(string tensor, string found, string needed) =>
            new($"{checkpoint.FileOf(weight).Path}: tensor {tensor}: its {found}, but {needed}. Download the checkpoint again, or quantize the original with 'purelora quantize'.");
    }
}
