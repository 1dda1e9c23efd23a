using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <remarks>One scale and its codes at a time: 64 elements of NF4 or FP4, a row of INT8.</remarks>
static unsafe partial class Quantizer
{
    // Added to a number it rounds that to an integer, ties to even, whose low byte is the sum's.
    const float Rounder = 12582912f;

    /// <summary>One block of NF4 or FP4; its largest magnitude is the result.</summary>
    static float FourBits(CodeBook book, float* x, int count, byte* packed)
    {
        var codes = stackalloc int[QuantizedLayout.Block];
        var padded = stackalloc float[QuantizedLayout.Block];
        if (count < QuantizedLayout.Block)
        {
            new Span<float>(padded, QuantizedLayout.Block).Clear();
            new ReadOnlySpan<float>(x, count).CopyTo(new Span<float>(padded, count));
            x = padded;
        }
        var largest = Vector512.Abs(Vector512.Load(x));
        for (var i = 16; i < QuantizedLayout.Block; i += 16)
            largest = Vector512.MaxNative(largest, Vector512.Abs(Vector512.Load(x + i)));
        var absmax = VectorMath.Max(largest);
        var scale = Vector512.Create(1f / Math.Max(absmax, DynamicMap.Smallest));
        for (var i = 0; i < QuantizedLayout.Block; i += 16)
        {
            var value = Vector512.Load(x + i) * scale;
            var above = Vector512<int>.Zero;
            foreach (var threshold in book.Thresholds)
                above -= Vector512.GreaterThan(value, Vector512.Create(threshold)).AsInt32();
            above.Store(codes + i);
        }
        // An odd last element shares its byte with the code of zero.
        for (var i = 0; i < count; i += 2)
            packed[i / 2] = (byte)(book.Codes[codes[i]] << 4 | book.Codes[codes[i + 1]]);
        return absmax;
    }

    /// <summary>One row of INT8; its largest magnitude is the result. 127 times the reciprocal, as PyTorch divides a number by a tensor.</summary>
    static float Row(float* x, int count, byte* codes)
    {
        var largest = Vector512<float>.Zero;
        var i = 0;
        for (; i <= count - 16; i += 16)
        {
            var value = ToBinary16(Vector512.Load(x + i));
            largest = Vector512.MaxNative(largest, Vector512.Abs(value));
            value.Store(x + i);
        }
        var absmax = VectorMath.Max(largest);
        for (; i < count; i++)
            absmax = Math.Max(absmax, Math.Abs(x[i] = (float)(Half)x[i]));
        var scale = absmax == 0 ? 0 : 1f / absmax * 127f;
        for (i = 0; i < count; i++)
            codes[i] = (byte)BitConverter.SingleToUInt32Bits(x[i] * scale + Rounder);
        return absmax;
    }

    /// <summary>The nearest binary16 in f32, ties to even: thirteen bits fewer, or a multiple of 2^-24 where that is less.</summary>
    static Vector512<float> ToBinary16(Vector512<float> x)
    {
        var magnitude = Vector512.Abs(x);
        var bits = magnitude.AsUInt32();
        var rounded = (bits + Vector512.Create(0xFFFu) + ((bits >> 13) & Vector512<uint>.One)) & Vector512.Create(~0x1FFFu);
        var tiny = magnitude + Vector512.Create(0.5f) - Vector512.Create(0.5f);
        var isTiny = Vector512.LessThan(magnitude, Vector512.Create(1f / 16384));
        return (Vector512.ConditionalSelect(isTiny, tiny, rounded.AsSingle()).AsUInt32() | (x.AsUInt32() & Vector512.Create(0x80000000u))).AsSingle();
    }
}
