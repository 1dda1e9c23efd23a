using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// A number of optimizer state for each element of a parameter: f32 (<see cref="Values"/>), or 8 bits
/// (<see cref="Coded"/>) where the parameter has <see cref="Smallest8bit"/> elements or more.
/// </summary>
public sealed class Moment : IDisposable
{
    /// <summary>Elements that share a scale in 8 bits: bitsandbytes' block size.</summary>
    public const int Block = 256;

    /// <summary>Smaller parameters keep f32: bitsandbytes' min_8bit_size.</summary>
    public const int Smallest8bit = 4096;

    internal Moment(FloatBuffer values) => Values = values;

    internal Moment(CodedMoment coded) => Coded = coded;

    /// <summary>The numbers in f32; null in 8 bits.</summary>
    public FloatBuffer? Values { get; }

    /// <summary>The codes and scales in 8 bits; null in f32.</summary>
    public CodedMoment? Coded { get; }

    /// <summary>The numbers, decoded where they are codes.</summary>
    public float[] ToArray() => Values?.ToArray() ?? Coded!.ToArray();

    public void Dispose()
    {
        Values?.Dispose();
        Coded?.Dispose();
    }
}

/// <summary>
/// value of element i = scale of block i / 256 · map[code of i]: an optimizer's moment in 8 bits. All zero at first.
/// </summary>
public sealed unsafe class CodedMoment : IDisposable
{
    readonly DynamicMap map;

    internal CodedMoment(DynamicMap map, FloatBuffer values, Buffer<byte> codes, FloatBuffer scales)
    {
        this.map = map;
        (Values, Codes, Scales) = (values, codes, scales);
    }

    /// <summary>One byte an element.</summary>
    public Buffer<byte> Codes { get; }

    /// <summary>The largest magnitude of each block.</summary>
    public FloatBuffer Scales { get; }

    /// <summary>The 256 values of the map, shared by all moments of an optimizer.</summary>
    internal FloatBuffer Values { get; }

    internal long Blocks => Scales.Length;

    internal static long BlocksOf(long length) => (length + Moment.Block - 1) / Moment.Block;

    /// <summary>Decodes a block and says how many elements it has.</summary>
    internal int Decode(long block, float* values)
    {
        var first = block * Moment.Block;
        var count = (int)Math.Min(Moment.Block, Codes.Length - first);
        map.Dequantize(Codes.Pointer + first, count, Scales.Pointer[block], values);
        return count;
    }

    internal void Encode(long block, float* values)
    {
        var first = block * Moment.Block;
        var count = (int)Math.Min(Moment.Block, Codes.Length - first);
        Scales.Pointer[block] = map.Quantize(values, count, Codes.Pointer + first);
    }

    internal float[] ToArray()
    {
        var (codes, scales) = (Codes.ToArray(), Scales.ToArray());
        return [.. codes.Select((code, i) => map.Values[code] * scales[i / Moment.Block])];
    }

    public void Dispose()
    {
        Codes.Dispose();
        Scales.Dispose();
    }
}
