using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <summary>
/// e^x and ln x in f32, as sixteen lanes and as one number with the same bits as a lane. Built from operations that
/// IEEE 754 rounds exactly (add, multiply, FMA, shift, select), so a result depends on its input alone: not on the
/// width of the vector unit, nor on whether an element falls in a loop's body or its tail.
/// </summary>
/// <remarks>
/// Both forms of a function are written side by side, line for line: change them together. Every NaN is returned as
/// it came in. The coefficients are our own minimax fits (Remez, relative error of the whole function).
/// </remarks>
internal static partial class VectorMath
{
    // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits of the sum.
    const float Rounder = 12582912f;
    const float Log2E = 1.44269502f;

    // ln 2 in two parts; FMA makes n * Ln2High exact, so the high part may use all 24 bits.
    const float Ln2High = 0.693147182f, Ln2Low = -1.90465421e-9f;

    // Above the first e^x exceeds f32; below the second it is less than the smallest normal number.
    const float ExpHighest = 88.7228317f, ExpLowest = -87.3365402f;

    // e^r = 1 + r + r^2 (E2 + E3 r + ... + E6 r^4) for |r| <= ln(2)/2, within 2^-28.
    const float E2 = 0.499999940f, E3 = 0.166665211f, E4 = 0.0416683890f, E5 = 0.00836871658f, E6 = 0.00138145965f;

    // ln(1+f) = f - f^2/2 + f^3 (L3 + L4 f + ... + L11 f^8) for 1+f in [sqrt(1/2), sqrt(2)], within 2^-30.
    const float L3 = 0.333333135f, L4 = -0.250000089f, L5 = 0.200021192f, L6 = -0.166679949f, L7 = 0.142195553f,
        L8 = -0.124055967f, L9 = 0.118881538f, L10 = -0.116756044f, L11 = 0.0674660280f;

    const int SqrtHalfBits = 0x3F3504F3;
    const float SmallestNormal = 1.17549435e-38f;

    /// <summary>e^x in each lane, within 1 ulp; +inf above 88.7228317, 0 below -87.3365402 (no denormal results).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Exp(Vector512<float> x)
    {
        var rounded = Fma(x, Vector512.Create(Log2E), Vector512.Create(Rounder));
        var n = rounded - Vector512.Create(Rounder);
        var r = Fma(-n, Vector512.Create(Ln2High), x);
        r = Fma(-n, Vector512.Create(Ln2Low), r);
        var p = Fma(Vector512.Create(E6), r, Vector512.Create(E5));
        p = Fma(p, r, Vector512.Create(E4));
        p = Fma(p, r, Vector512.Create(E3));
        p = Fma(p, r, Vector512.Create(E2));
        p = Fma(p, r, Vector512.Create(1f));
        p = Fma(p, r, Vector512.Create(1f));
        var y = (p.AsInt32() + Vector512.ShiftLeft(rounded.AsInt32(), 23)).AsSingle();
        y = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(ExpLowest)), Vector512<float>.Zero, y);
        y = Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(ExpHighest)),
            Vector512.Create(float.PositiveInfinity), y);
        return Vector512.ConditionalSelect(Vector512.Equals(x, x), y, x);
    }

    /// <summary>e^x with the bits of a lane of the vector form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Exp(float x)
    {
        float rounded = MathF.FusedMultiplyAdd(x, Log2E, Rounder);
        float n = rounded - Rounder;
        float r = MathF.FusedMultiplyAdd(-n, Ln2High, x);
        r = MathF.FusedMultiplyAdd(-n, Ln2Low, r);
        float p = MathF.FusedMultiplyAdd(E6, r, E5);
        p = MathF.FusedMultiplyAdd(p, r, E4);
        p = MathF.FusedMultiplyAdd(p, r, E3);
        p = MathF.FusedMultiplyAdd(p, r, E2);
        p = MathF.FusedMultiplyAdd(p, r, 1f);
        p = MathF.FusedMultiplyAdd(p, r, 1f);
        float y = BitConverter.Int32BitsToSingle(
            BitConverter.SingleToInt32Bits(p) + (BitConverter.SingleToInt32Bits(rounded) << 23));
        y = x < ExpLowest ? 0f : y;
        y = x > ExpHighest ? float.PositiveInfinity : y;
        return float.IsNaN(x) ? x : y;
    }

    /// <summary>ln x in each lane, within 1 ulp, denormals too; -inf at 0, NaN below, +inf at +inf.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Log(Vector512<float> x)
    {
        var tiny = Vector512.LessThan(x, Vector512.Create(SmallestNormal));
        var bits = Vector512.ConditionalSelect(tiny, x * Vector512.Create(8388608f), x).AsInt32();
        var exponent = Vector512.ShiftRightArithmetic(bits - Vector512.Create(SqrtHalfBits), 23);
        var f = (bits - Vector512.ShiftLeft(exponent, 23)).AsSingle() - Vector512.Create(1f);
        var n = Vector512.ConvertToSingle(exponent)
            - Vector512.ConditionalSelect(tiny, Vector512.Create(23f), Vector512<float>.Zero);
        var square = f * f;
        var p = Fma(Vector512.Create(L11), f, Vector512.Create(L10));
        p = Fma(p, f, Vector512.Create(L9));
        p = Fma(p, f, Vector512.Create(L8));
        p = Fma(p, f, Vector512.Create(L7));
        p = Fma(p, f, Vector512.Create(L6));
        p = Fma(p, f, Vector512.Create(L5));
        p = Fma(p, f, Vector512.Create(L4));
        p = Fma(p, f, Vector512.Create(L3));
        var low = Fma(n, Vector512.Create(Ln2Low), p * (square * f));
        low = Fma(Vector512.Create(-0.5f), square, low);
        var y = Fma(n, Vector512.Create(Ln2High), f + low);
        var edge = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), Vector512.Create(float.NaN), x);
        edge = Vector512.ConditionalSelect(Vector512.Equals(x, Vector512<float>.Zero),
            Vector512.Create(float.NegativeInfinity), edge);
        var ordinary = Vector512.GreaterThan(x, Vector512<float>.Zero)
            & Vector512.LessThan(x, Vector512.Create(float.PositiveInfinity));
        return Vector512.ConditionalSelect(ordinary, y, edge);
    }

    /// <summary>ln x with the bits of a lane of the vector form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Log(float x)
    {
        bool tiny = x < SmallestNormal;
        int bits = BitConverter.SingleToInt32Bits(tiny ? x * 8388608f : x);
        int exponent = (bits - SqrtHalfBits) >> 23;
        float f = BitConverter.Int32BitsToSingle(bits - (exponent << 23)) - 1f;
        float n = exponent - (tiny ? 23f : 0f);
        float square = f * f;
        float p = MathF.FusedMultiplyAdd(L11, f, L10);
        p = MathF.FusedMultiplyAdd(p, f, L9);
        p = MathF.FusedMultiplyAdd(p, f, L8);
        p = MathF.FusedMultiplyAdd(p, f, L7);
        p = MathF.FusedMultiplyAdd(p, f, L6);
        p = MathF.FusedMultiplyAdd(p, f, L5);
        p = MathF.FusedMultiplyAdd(p, f, L4);
        p = MathF.FusedMultiplyAdd(p, f, L3);
        float low = MathF.FusedMultiplyAdd(n, Ln2Low, p * (square * f));
        low = MathF.FusedMultiplyAdd(-0.5f, square, low);
        float y = MathF.FusedMultiplyAdd(n, Ln2High, f + low);
        float edge = x < 0f ? float.NaN : x == 0f ? float.NegativeInfinity : x;
        return x > 0f && x < float.PositiveInfinity ? y : edge;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Fma(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Vector512.FusedMultiplyAdd(a, b, c);
}
