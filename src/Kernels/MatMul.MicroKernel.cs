using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <summary>
/// A tile of <see cref="Rows"/> by <see cref="Columns"/> of C in 24 vector registers: for each k, one fused
/// multiply-add per element. Two registers more hold a row of the panel of B.
/// </summary>
static unsafe class MicroKernel
{
    public const int Rows = 12, Columns = 32;

    /// <summary>C = (load ? C : 0) + Σ a[k][i]·b[k][j] over k below <paramref name="depth"/>, ascending.</summary>
    [SkipLocalsInit]
    public static void Run(int depth, float* a, float* b, float* c, long stride, bool load)
    {
        Vector512<float> c0l, c0h, c1l, c1h, c2l, c2h, c3l, c3h, c4l, c4h, c5l, c5h, c6l, c6h, c7l, c7h, c8l, c8h, c9l, c9h, cal, cah, cbl, cbh;
        if (load)
        {
            (c0l, c0h) = Load(c);
            (c1l, c1h) = Load(c + 1 * stride);
            (c2l, c2h) = Load(c + 2 * stride);
            (c3l, c3h) = Load(c + 3 * stride);
            (c4l, c4h) = Load(c + 4 * stride);
            (c5l, c5h) = Load(c + 5 * stride);
            (c6l, c6h) = Load(c + 6 * stride);
            (c7l, c7h) = Load(c + 7 * stride);
            (c8l, c8h) = Load(c + 8 * stride);
            (c9l, c9h) = Load(c + 9 * stride);
            (cal, cah) = Load(c + 10 * stride);
            (cbl, cbh) = Load(c + 11 * stride);
        }
        else
        {
            c0l = c0h = c1l = c1h = c2l = c2h = c3l = c3h = c4l = c4h = c5l = c5h = c6l = c6h = c7l = c7h = c8l = c8h = c9l = c9h = cal = cah = cbl = cbh = Vector512<float>.Zero;
        }
        for (; depth > 0; depth--, a += Rows, b += Columns)
        {
            var (low, high) = Load(b);
            var a0 = Vector512.Create(a[0]);
            c0l = Vector512.FusedMultiplyAdd(a0, low, c0l);
            c0h = Vector512.FusedMultiplyAdd(a0, high, c0h);
            var a1 = Vector512.Create(a[1]);
            c1l = Vector512.FusedMultiplyAdd(a1, low, c1l);
            c1h = Vector512.FusedMultiplyAdd(a1, high, c1h);
            var a2 = Vector512.Create(a[2]);
            c2l = Vector512.FusedMultiplyAdd(a2, low, c2l);
            c2h = Vector512.FusedMultiplyAdd(a2, high, c2h);
            var a3 = Vector512.Create(a[3]);
            c3l = Vector512.FusedMultiplyAdd(a3, low, c3l);
            c3h = Vector512.FusedMultiplyAdd(a3, high, c3h);
            var a4 = Vector512.Create(a[4]);
            c4l = Vector512.FusedMultiplyAdd(a4, low, c4l);
            c4h = Vector512.FusedMultiplyAdd(a4, high, c4h);
            var a5 = Vector512.Create(a[5]);
            c5l = Vector512.FusedMultiplyAdd(a5, low, c5l);
            c5h = Vector512.FusedMultiplyAdd(a5, high, c5h);
            var a6 = Vector512.Create(a[6]);
            c6l = Vector512.FusedMultiplyAdd(a6, low, c6l);
            c6h = Vector512.FusedMultiplyAdd(a6, high, c6h);
            var a7 = Vector512.Create(a[7]);
            c7l = Vector512.FusedMultiplyAdd(a7, low, c7l);
            c7h = Vector512.FusedMultiplyAdd(a7, high, c7h);
            var a8 = Vector512.Create(a[8]);
            c8l = Vector512.FusedMultiplyAdd(a8, low, c8l);
            c8h = Vector512.FusedMultiplyAdd(a8, high, c8h);
            var a9 = Vector512.Create(a[9]);
            c9l = Vector512.FusedMultiplyAdd(a9, low, c9l);
            c9h = Vector512.FusedMultiplyAdd(a9, high, c9h);
            var aa = Vector512.Create(a[10]);
            cal = Vector512.FusedMultiplyAdd(aa, low, cal);
            cah = Vector512.FusedMultiplyAdd(aa, high, cah);
            var ab = Vector512.Create(a[11]);
            cbl = Vector512.FusedMultiplyAdd(ab, low, cbl);
            cbh = Vector512.FusedMultiplyAdd(ab, high, cbh);
        }
        Store(c, c0l, c0h);
        Store(c + 1 * stride, c1l, c1h);
        Store(c + 2 * stride, c2l, c2h);
        Store(c + 3 * stride, c3l, c3h);
        Store(c + 4 * stride, c4l, c4h);
        Store(c + 5 * stride, c5l, c5h);
        Store(c + 6 * stride, c6l, c6h);
        Store(c + 7 * stride, c7l, c7h);
        Store(c + 8 * stride, c8l, c8h);
        Store(c + 9 * stride, c9l, c9h);
        Store(c + 10 * stride, cal, cah);
        Store(c + 11 * stride, cbl, cbh);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector512<float> Low, Vector512<float> High) Load(float* source) => (Vector512.Load(source), Vector512.Load(source + 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(float* target, Vector512<float> low, Vector512<float> high)
    {
        low.Store(target);
        high.Store(target + 16);
    }
}
