using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

internal static partial class VectorMath
{
    /// <summary>s(x) = 1 / (1 + e^-x) in each lane, within 3 ulp; never overflows: 0 far below, 1 far above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Sigmoid(Vector512<float> x) =>
        Vector512.Create(1f) / (Vector512.Create(1f) + Exp(-x));

    /// <summary>s(x) with the bits of a lane of the vector form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Sigmoid(float x) => 1f / (1f + Exp(-x));

    /// <summary>silu(x) = x s(x) in each lane, the gate of SwiGLU; NaN at -inf.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Silu(Vector512<float> x) => x * Sigmoid(x);

    /// <summary>silu(x) with the bits of a lane of the vector form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Silu(float x) => x * Sigmoid(x);

    /// <summary>
    /// d silu / dx = s(x) (1 + x (1 - s(x))) in each lane, within 2^-22; NaN at -inf and +inf. Both s and 1 - s come
    /// from t = e^-|x|, since 1 - s by subtraction would lose its digits where x is large.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> SiluSlope(Vector512<float> x)
    {
        var t = Exp(-Vector512.Abs(x));
        var large = Vector512.Create(1f) / (Vector512.Create(1f) + t);
        var small = t * large;
        var below = Vector512.LessThan(x, Vector512<float>.Zero);
        var s = Vector512.ConditionalSelect(below, small, large);
        return s * Fma(x, Vector512.ConditionalSelect(below, large, small), Vector512.Create(1f));
    }

    /// <summary>d silu / dx with the bits of a lane of the vector form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float SiluSlope(float x)
    {
        float t = Exp(-MathF.Abs(x));
        float large = 1f / (1f + t);
        float small = t * large;
        bool below = x < 0f;
        float s = below ? small : large;
        return s * MathF.FusedMultiplyAdd(x, below ? large : small, 1f);
    }
}
