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
}
