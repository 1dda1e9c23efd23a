using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PureLora.Kernels;

/// <remarks>
/// Reductions of one row. Element i belongs to lane i mod 16; a lane is one chain over its elements, ascending, from
/// zero; then the tree joins the lanes. A short last vector is filled with zeros, which change no chain.
/// </remarks>
internal static partial class VectorMath
{
    /// <summary>
    /// The sum of sixteen lanes by one tree: lane j takes in lane j + 8, then j + 4, then j + 2, then j + 1, that is
    /// ((v0+v8)+(v4+v12)) + ((v2+v10)+(v6+v14)) plus the same over the odd lanes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Sum(Vector512<float> v)
    {
        var eight = v.GetLower() + v.GetUpper();
        var four = eight.GetLower() + eight.GetUpper();
        float even = four.GetElement(0) + four.GetElement(2), odd = four.GetElement(1) + four.GetElement(3);
        return even + odd;
    }

    /// <summary>Four sums, each by the tree of <see cref="Sum(Vector512{float})"/>, whose additions they share.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<float> Sum(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        if (!Avx512F.IsSupported)
            return Vector128.Create(Sum(a), Sum(b), Sum(c), Sum(d));
        // Quarters 0 1 of each in one register, 2 3 in the other; then 0 of all four, and 1.
        var ab = Avx512F.Shuffle4x128(a, b, 0x44) + Avx512F.Shuffle4x128(a, b, 0xEE);
        var cd = Avx512F.Shuffle4x128(c, d, 0x44) + Avx512F.Shuffle4x128(c, d, 0xEE);
        var four = Avx512F.Shuffle4x128(ab, cd, 0x88) + Avx512F.Shuffle4x128(ab, cd, 0xDD);
        var two = four + Avx512F.Shuffle(four, four, 0x4E);
        var one = two + Avx512F.Shuffle(two, two, 0xB1);
        return Avx512F.PermuteVar16x32(one, Vector512.Create(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12)).GetLower().GetLower();
    }

    /// <summary>The largest of sixteen lanes, by the tree of <see cref="Sum(Vector512{float})"/>; NaN when any lane is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Max(Vector512<float> v)
    {
        Vector256<float> a = v.GetLower(), b = v.GetUpper();
        var eight = Vector256.ConditionalSelect(Vector256.GreaterThan(a, b) | ~Vector256.Equals(a, a), a, b);
        float even = Larger(Larger(eight.GetElement(0), eight.GetElement(4)), Larger(eight.GetElement(2), eight.GetElement(6)));
        float odd = Larger(Larger(eight.GetElement(1), eight.GetElement(5)), Larger(eight.GetElement(3), eight.GetElement(7)));
        return Larger(even, odd);
    }

    /// <summary>sum_i a_i b_i by FMA over sixteen lanes; a and b have the same length.</summary>
    internal static float LaneDot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(b.Length, a.Length);
        ref float startA = ref MemoryMarshal.GetReference(a);
        ref float startB = ref MemoryMarshal.GetReference(b);
        var lanes = Vector512<float>.Zero;
        int i = 0;
        for (; i <= a.Length - 16; i += 16)
            lanes = Fma(Vector512.LoadUnsafe(ref startA, (nuint)i), Vector512.LoadUnsafe(ref startB, (nuint)i), lanes);
        if (i < a.Length)
            lanes = Fma(LoadPart(a[i..]), LoadPart(b[i..]), lanes);
        return Sum(lanes);
    }

    /// <summary>sum_i x_i^2 by FMA over sixteen lanes; the bits of <see cref="LaneDot"/> of x with itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float LaneSumOfSquares(ReadOnlySpan<float> x) => LaneDot(x, x);

    /// <summary>The first x.Length lanes (fewer than 16) from x, zeros in the others.</summary>
    internal static Vector512<float> LoadPart(ReadOnlySpan<float> x)
    {
        Span<float> padded = stackalloc float[16];
        padded.Clear();
        x.CopyTo(padded);
        return Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(padded));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Larger(float a, float b) => a > b || float.IsNaN(a) ? a : b;
}
