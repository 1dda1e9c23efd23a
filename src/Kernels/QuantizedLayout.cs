namespace PureLora.Kernels;

/// <summary>
/// Where the parts of a quantized matrix lie in one piece of memory, as offsets in bytes, each a multiple of 4. Blocks
/// run over the flattened matrix, so they may cross rows, and the last may be short.
/// </summary>
readonly record struct QuantizedLayout
{
    /// <summary>Elements to a scale, and scales to a nested scale.</summary>
    public const int Block = 64, NestedBlock = 256;

    public QuantizedLayout(Quantization how, int rows, int columns)
    {
        var elements = (long)rows * columns;
        var isNested = how.IsFourBit && how.DoubleQuant;
        ScaleCount = how.IsFourBit ? (elements + Block - 1) / Block : rows;
        CodeBytes = how.IsFourBit ? (elements + 1) / 2 : elements;
        NestedCount = isNested ? (ScaleCount + NestedBlock - 1) / NestedBlock : 0;
        var mapBytes = how.IsFourBit ? 16 * sizeof(float) : 0;
        var nestedMapBytes = isNested ? 256 * sizeof(float) : 0;
        var scaleBytes = isNested ? ScaleCount : ScaleCount * sizeof(float);
        NestedMap = mapBytes;
        NestedScales = NestedMap + nestedMapBytes;
        Scales = NestedScales + NestedCount * sizeof(float);
        Codes = Scales + (scaleBytes + 3) / 4 * 4;
        Length = Codes + (CodeBytes + 3) / 4 * 4;
        Bytes = Scales + scaleBytes + CodeBytes + (isNested ? sizeof(float) : 0);
    }

    public long ScaleCount { get; }

    public long NestedCount { get; }

    public long CodeBytes { get; }

    /// <summary>The code book comes first, at 0.</summary>
    public long NestedMap { get; }

    public long NestedScales { get; }

    /// <summary>The scales in f32, or their 8-bit codes when they are nested.</summary>
    public long Scales { get; }

    public long Codes { get; }

    /// <summary>Bytes of memory, with what aligns the parts.</summary>
    public long Length { get; }

    /// <summary>Bytes of the parts and of the offset that nested scales have, as a file holds them.</summary>
    public long Bytes { get; }
}
