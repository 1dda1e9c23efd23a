using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <remarks>What every processor has: 16 registers, or more.</remarks>
static unsafe partial class MicroKernel
{
    /// <summary>Twelve registers of sums, two of b, one of a.</summary>
    [SkipLocalsInit]
    static void SixByEight128(int depth, float* a, float* b, nint bRow, float* c, nint cRow, bool load)
    {
        Vector128<float> c0l, c0h, c1l, c1h, c2l, c2h, c3l, c3h, c4l, c4h, c5l, c5h;
        if (load)
        {
            (c0l, c0h) = Load128(c);
            (c1l, c1h) = Load128(c + cRow);
            (c2l, c2h) = Load128(c + 2 * cRow);
            (c3l, c3h) = Load128(c + 3 * cRow);
            (c4l, c4h) = Load128(c + 4 * cRow);
            (c5l, c5h) = Load128(c + 5 * cRow);
        }
        else
        {
            c0l = c0h = c1l = c1h = c2l = c2h = c3l = c3h = c4l = c4h = c5l = c5h = Vector128<float>.Zero;
        }
        for (; depth > 0; depth--, a += Rows, b += bRow)
        {
            var (low, high) = Load128(b);
            var a0 = Vector128.Create(a[0]);
            c0l = Vector128.FusedMultiplyAdd(a0, low, c0l);
            c0h = Vector128.FusedMultiplyAdd(a0, high, c0h);
            var a1 = Vector128.Create(a[1]);
            c1l = Vector128.FusedMultiplyAdd(a1, low, c1l);
            c1h = Vector128.FusedMultiplyAdd(a1, high, c1h);
            var a2 = Vector128.Create(a[2]);
            c2l = Vector128.FusedMultiplyAdd(a2, low, c2l);
            c2h = Vector128.FusedMultiplyAdd(a2, high, c2h);
            var a3 = Vector128.Create(a[3]);
            c3l = Vector128.FusedMultiplyAdd(a3, low, c3l);
            c3h = Vector128.FusedMultiplyAdd(a3, high, c3h);
            var a4 = Vector128.Create(a[4]);
            c4l = Vector128.FusedMultiplyAdd(a4, low, c4l);
            c4h = Vector128.FusedMultiplyAdd(a4, high, c4h);
            var a5 = Vector128.Create(a[5]);
            c5l = Vector128.FusedMultiplyAdd(a5, low, c5l);
            c5h = Vector128.FusedMultiplyAdd(a5, high, c5h);
        }
        Store128(c, c0l, c0h);
        Store128(c + cRow, c1l, c1h);
        Store128(c + 2 * cRow, c2l, c2h);
        Store128(c + 3 * cRow, c3l, c3h);
        Store128(c + 4 * cRow, c4l, c4h);
        Store128(c + 5 * cRow, c5l, c5h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector128<float> Low, Vector128<float> High) Load128(float* source) => (Vector128.Load(source), Vector128.Load(source + 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store128(float* target, Vector128<float> low, Vector128<float> high)
    {
        low.Store(target);
        high.Store(target + 4);
    }
}
