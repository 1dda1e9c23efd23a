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
        var eight = Larger(v.GetLower(), v.GetUpper());
        var four = Larger(eight.GetLower(), eight.GetUpper());
        var two = Larger(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 2, 3)));
        return Larger(two, Vector128.Shuffle(two, Vector128.Create(1, 1, 1, 1))).ToScalar();
    }

    /// <summary>sum_i a_i b_i by FMA over sixteen lanes; a and b have the same length.</summary>
    internal static float LaneDot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(b.Length, a.Length);
        ref float startA = ref MemoryMarshal.GetReference(a);
        ref float startB = ref MemoryMarshal.GetReference(b);
        var whole = a.Length / 16 * 16;
        var lanes = Products(ref startA, ref startB, whole);
        if (whole < a.Length)
            lanes = Fma(LoadPart(a[whole..]), LoadPart(b[whole..]), lanes);
        return Sum(lanes);
    }

    /// <summary>Alone, because a call behind the loop would keep its lanes in memory.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<float> Products(ref float a, ref float b, int count)
    {
        var lanes = Vector512<float>.Zero;
        for (var i = 0; i < count; i += 16)
            lanes = Fma(Vector512.LoadUnsafe(ref a, (nuint)i), Vector512.LoadUnsafe(ref b, (nuint)i), lanes);
        return lanes;
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

    /// <summary>The first <paramref name="count"/> lanes (16 or fewer) from memory, zeros in the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe Vector512<float> Load(float* from, int count) =>
        count == 16 ? Vector512.Load(from) : LoadPart(new ReadOnlySpan<float>(from, count));

    /// <summary>The first <paramref name="count"/> lanes (16 or fewer) to memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe void Store(Vector512<float> v, float* to, int count)
    {
        if (count == 16)
            v.Store(to);
        else
            StorePart(v, to, count);
    }

    static unsafe void StorePart(Vector512<float> v, float* to, int count)
    {
        var lanes = stackalloc float[16];
        v.Store(lanes);
        new ReadOnlySpan<float>(lanes, count).CopyTo(new Span<float>(to, count));
    }

    // Without branches: which of two scores is larger cannot be predicted.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> Larger(Vector256<float> a, Vector256<float> b) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(a, b) | ~Vector256.Equals(a, a), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> Larger(Vector128<float> a, Vector128<float> b) =>
        Vector128.ConditionalSelect(Vector128.GreaterThan(a, b) | ~Vector128.Equals(a, a), a, b);
}
