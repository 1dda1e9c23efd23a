using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <remarks>AVX2 with FMA: 16 registers.</remarks>
static unsafe partial class MicroKernel
{
    /// <summary>Twelve registers of sums, two of b, one of a.</summary>
    [SkipLocalsInit]
    static void SixBySixteen256(int depth, float* a, float* b, nint bRow, float* c, nint cRow, bool load)
    {
        Vector256<float> c0l, c0h, c1l, c1h, c2l, c2h, c3l, c3h, c4l, c4h, c5l, c5h;
        if (load)
        {
            (c0l, c0h) = Load256(c);
            (c1l, c1h) = Load256(c + cRow);
            (c2l, c2h) = Load256(c + 2 * cRow);
            (c3l, c3h) = Load256(c + 3 * cRow);
            (c4l, c4h) = Load256(c + 4 * cRow);
            (c5l, c5h) = Load256(c + 5 * cRow);
        }
        else
        {
            c0l = c0h = c1l = c1h = c2l = c2h = c3l = c3h = c4l = c4h = c5l = c5h = Vector256<float>.Zero;
        }
        for (; depth > 0; depth--, a += Rows, b += bRow)
        {
            var (low, high) = Load256(b);
            var a0 = Vector256.Create(a[0]);
            c0l = Vector256.FusedMultiplyAdd(a0, low, c0l);
            c0h = Vector256.FusedMultiplyAdd(a0, high, c0h);
            var a1 = Vector256.Create(a[1]);
            c1l = Vector256.FusedMultiplyAdd(a1, low, c1l);
            c1h = Vector256.FusedMultiplyAdd(a1, high, c1h);
            var a2 = Vector256.Create(a[2]);
            c2l = Vector256.FusedMultiplyAdd(a2, low, c2l);
            c2h = Vector256.FusedMultiplyAdd(a2, high, c2h);
            var a3 = Vector256.Create(a[3]);
            c3l = Vector256.FusedMultiplyAdd(a3, low, c3l);
            c3h = Vector256.FusedMultiplyAdd(a3, high, c3h);
            var a4 = Vector256.Create(a[4]);
            c4l = Vector256.FusedMultiplyAdd(a4, low, c4l);
            c4h = Vector256.FusedMultiplyAdd(a4, high, c4h);
            var a5 = Vector256.Create(a[5]);
            c5l = Vector256.FusedMultiplyAdd(a5, low, c5l);
            c5h = Vector256.FusedMultiplyAdd(a5, high, c5h);
        }
        Store256(c, c0l, c0h);
        Store256(c + cRow, c1l, c1h);
        Store256(c + 2 * cRow, c2l, c2h);
        Store256(c + 3 * cRow, c3l, c3h);
        Store256(c + 4 * cRow, c4l, c4h);
        Store256(c + 5 * cRow, c5l, c5h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector256<float> Low, Vector256<float> High) Load256(float* source) => (Vector256.Load(source), Vector256.Load(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store256(float* target, Vector256<float> low, Vector256<float> high)
    {
        low.Store(target);
        high.Store(target + 8);
    }
}
