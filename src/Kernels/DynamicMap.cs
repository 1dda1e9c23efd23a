using System.Runtime.CompilerServices;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// The 256 values of an 8-bit dynamic code: seven decades, each with twice as many values as the one below, so that a
/// number is near a code whatever its size (Dettmers et al., "8-bit Optimizers via Block-wise Quantization", 2022).
/// A block of numbers is stored as its largest magnitude and the code nearest to each number over that.
/// </summary>
sealed unsafe class DynamicMap
{
    const int Decades = 7;

    /// <summary>What a block of zeros is scaled by is the reciprocal of this.</summary>
    public const float Smallest = 1e-38f;

    readonly float* values, midpoints;
    readonly byte* first;

    DynamicMap(bool signed)
    {
        values = (float*)RuntimeHelpers.AllocateTypeAssociatedMemory(typeof(DynamicMap), 256 * sizeof(float));
        midpoints = (float*)RuntimeHelpers.AllocateTypeAssociatedMemory(typeof(DynamicMap), 256 * sizeof(float));
        first = (byte*)RuntimeHelpers.AllocateTypeAssociatedMemory(typeof(DynamicMap), 65536);
        var sorted = Make(signed);
        sorted.CopyTo(new Span<float>(values, 256));
        for (var i = 0; i < 255; i++)
            midpoints[i] = (sorted[i] + sorted[i + 1]) / 2;
        midpoints[255] = float.PositiveInfinity;
        for (var key = 0; key < 65536; key++)
            first[key] = Search(BitConverter.UInt32BitsToSingle((uint)key << 16 | (key >= 32768 ? 0xFFFFu : 0)));
    }

    /// <summary>From -0.993 to 1: an optimizer's first moment, the scales of a doubly quantized weight.</summary>
    public static DynamicMap Signed { get; } = new(signed: true);

    /// <summary>From 0 to 1: an optimizer's second moment.</summary>
    public static DynamicMap Unsigned { get; } = new(signed: false);

    /// <summary>The 256 values, ascending.</summary>
    public ReadOnlySpan<float> Values => new(values, 256);

    /// <summary>The same in memory that is never freed.</summary>
    public float* Pointer => values;

    /// <summary>In decade i, the middles of 2^i equal parts of 0.1..1 (unsigned 2^(i+1)), times 10^(i-6); then 0 and 1.</summary>
    static float[] Make(bool signed)
    {
        List<float> all = [0f, 1f];
        for (var i = 0; i < Decades; i++)
        {
            var parts = signed ? 1 << i : 2 << i;
            var scale = (float)Math.Pow(10, i - Decades + 1);
            for (var j = 0; j < parts; j++)
            {
                var value = scale * ((Bound(j, parts) + Bound(j + 1, parts)) / 2);
                all.Add(value);
                if (signed)
                    all.Add(-value);
            }
        }
        return [.. all.Order()];
    }

    /// <summary>Point j of <paramref name="parts"/> + 1 from 0.1 to 1, counted from the nearer end as PyTorch does.</summary>
    static float Bound(int j, int parts)
    {
        var step = (1f - 0.1f) / parts;
        return j < (parts + 1) / 2 ? float.FusedMultiplyAdd(step, j, 0.1f) : float.FusedMultiplyAdd(-step, parts - j, 1f);
    }

    /// <summary>How many midpoints are below the value, so that a tie takes the lower code.</summary>
    byte Search(float value)
    {
        var code = 0;
        while (code < 255 && value > midpoints[code])
            code++;
        return (byte)code;
    }

    /// <summary>
    /// The nearest code. No two midpoints share the upper half of their bits with one value, so the code of the
    /// smallest value with this upper half is right or one too low.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Code(float value)
    {
        var code = first[BitConverter.SingleToUInt32Bits(value) >> 16];
        return (byte)(code + (value > midpoints[code] ? 1 : 0));
    }

    /// <summary>The same by halving, for a GPU: the number of middles below the value.</summary>
    public static int Code(ArrayView<float> values, float value)
    {
        var code = 0;
        for (var half = 128; half > 0; half >>= 1)
            if (value > (values[code + half - 1] + values[code + half]) / 2)
                code += half;
        return code;
    }

    /// <summary>codes[i] = the code nearest to x[i] / absmax, where absmax, the largest magnitude of x, is the result.</summary>
    public float Quantize(float* x, int count, byte* codes)
    {
        var absmax = 0f;
        for (var i = 0; i < count; i++)
            absmax = Math.Max(absmax, Math.Abs(x[i]));
        var scale = 1f / Math.Max(absmax, Smallest);
        for (var i = 0; i < count; i++)
            codes[i] = Code(x[i] * scale);
        return absmax;
    }

    /// <summary>x[i] = absmax · the value of codes[i].</summary>
    public void Dequantize(byte* codes, int count, float absmax, float* x)
    {
        for (var i = 0; i < count; i++)
            x[i] = values[codes[i]] * absmax;
    }
}
