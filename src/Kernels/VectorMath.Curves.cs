using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <remarks>
/// These have the vector form alone: a loop's tail is a vector of which a part is read and written
/// (<see cref="Load(float*, int)"/>), so it cannot differ from a lane. The long ones are calls: where a vector is two
/// of 256 bits, the compiler stops inlining in a method that holds too many operations, and each becomes a call.
/// </remarks>
internal static partial class VectorMath
{
    // tanh x = x + x^3 (T3 + T5 x^2 + ... + T11 x^8) for |x| < 5/8, within 2^-27.
    internal const float TanhNear = 0.625f, T3 = -0.333332688f, T5 = 0.133310929f, T7 = -0.0537096672f, T9 = 0.0205388479f, T11 = -0.00559104467f;

    // erf x = x + x (F0 + F2 x^2 + ... + F12 x^12) for |x| < 1, within 2^-29.
    internal const float F0 = 0.128379166f, F2 = -0.37612626f, F4 = 0.112835854f, F6 = -0.0268538129f, F8 = 0.00518832868f,
        F10 = -0.000801020302f, F12 = 7.85389348e-05f;

    // 1 - erf x = e^-(G0 + G1 x + ... + G6 x^6) for 1 <= x <= 4, within 2^-29; from 4 on erf x rounds to 1.
    internal const float ErfHighest = 4f, G0 = 0.00031249001f, G1 = 1.12720215f, G2 = 0.637965143f, G3 = 0.103256069f, G4 = -0.0219064113f,
        G5 = 0.00296398951f, G6 = -0.00018796997f;

    /// <summary>s(x) = 1 / (1 + e^-x) in each lane, within 3 ulp; never overflows: 0 far below, 1 far above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Sigmoid(Vector512<float> x) =>
        Vector512.Create(1f) / (Vector512.Create(1f) + Exp(-x));

    /// <summary>silu(x) = x s(x) in each lane, the gate of SwiGLU; NaN at -inf.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Silu(Vector512<float> x) => x * Sigmoid(x);

    /// <summary>tanh x in each lane, within 2 ulp.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static Vector512<float> Tanh(Vector512<float> x)
    {
        var square = x * x;
        var p = Fma(Vector512.Create(T11), square, Vector512.Create(T9));
        p = Fma(p, square, Vector512.Create(T7));
        p = Fma(p, square, Vector512.Create(T5));
        p = Fma(p, square, Vector512.Create(T3));
        var near = Fma(p, square * x, x);
        var size = Vector512.Abs(x);
        var far = Vector512.Create(1f) - Vector512.Create(2f) / (Vector512.Create(1f) + Exp(size + size));
        return Odd(x, Vector512.LessThan(size, Vector512.Create(TanhNear)), near, far);
    }

    /// <summary>erf x = 2/sqrt(pi) times the integral of e^-t² from 0 to x, in each lane, within 2 ulp.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static Vector512<float> Erf(Vector512<float> x)
    {
        var square = x * x;
        var p = Fma(Vector512.Create(F12), square, Vector512.Create(F10));
        p = Fma(p, square, Vector512.Create(F8));
        p = Fma(p, square, Vector512.Create(F6));
        p = Fma(p, square, Vector512.Create(F4));
        p = Fma(p, square, Vector512.Create(F2));
        p = Fma(p, square, Vector512.Create(F0));
        var size = Vector512.Abs(x);
        return Odd(x, Vector512.LessThan(size, Vector512.Create(1f)), Fma(p, x, x), ErfFar(size));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<float> ErfFar(Vector512<float> size)
    {
        var a = Vector512.ConditionalSelect(Vector512.LessThan(size, Vector512.Create(ErfHighest)), size, Vector512.Create(ErfHighest));
        var g = Fma(Vector512.Create(G6), a, Vector512.Create(G5));
        g = Fma(g, a, Vector512.Create(G4));
        g = Fma(g, a, Vector512.Create(G3));
        g = Fma(g, a, Vector512.Create(G2));
        g = Fma(g, a, Vector512.Create(G1));
        g = Fma(g, a, Vector512.Create(G0));
        return Vector512.Create(1f) - Exp(-g);
    }

    /// <summary>An odd function of x: <paramref name="near"/> where <paramref name="isNear"/>, else <paramref name="far"/> with the sign of x; a NaN as it came in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Odd(Vector512<float> x, Vector512<float> isNear, Vector512<float> near, Vector512<float> far)
    {
        var y = Vector512.ConditionalSelect(isNear, near, far | (x & Vector512.Create(-0f)));
        return Vector512.ConditionalSelect(Vector512.Equals(x, x), y, x);
    }
}
