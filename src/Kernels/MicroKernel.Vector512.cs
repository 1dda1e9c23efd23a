using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <remarks>AVX-512: 32 registers.</remarks>
static unsafe partial class MicroKernel
{
    /// <summary>24 registers of sums, two of b, one of a.</summary>
    [SkipLocalsInit]
    static void TwelveByThirtyTwo512(int depth, float* a, float* b, nint bRow, float* c, nint cRow, bool load)
    {
        Vector512<float> c0l, c0h, c1l, c1h, c2l, c2h, c3l, c3h, c4l, c4h, c5l, c5h, c6l, c6h, c7l, c7h, c8l, c8h, c9l, c9h, cal, cah, cbl, cbh;
        if (load)
        {
            (c0l, c0h) = Load512(c);
            (c1l, c1h) = Load512(c + cRow);
            (c2l, c2h) = Load512(c + 2 * cRow);
            (c3l, c3h) = Load512(c + 3 * cRow);
            (c4l, c4h) = Load512(c + 4 * cRow);
            (c5l, c5h) = Load512(c + 5 * cRow);
            (c6l, c6h) = Load512(c + 6 * cRow);
            (c7l, c7h) = Load512(c + 7 * cRow);
            (c8l, c8h) = Load512(c + 8 * cRow);
            (c9l, c9h) = Load512(c + 9 * cRow);
            (cal, cah) = Load512(c + 10 * cRow);
            (cbl, cbh) = Load512(c + 11 * cRow);
        }
        else
        {
            c0l = c0h = c1l = c1h = c2l = c2h = c3l = c3h = c4l = c4h = c5l = c5h = c6l = c6h = c7l = c7h = c8l = c8h = c9l = c9h = cal = cah = cbl = cbh = Vector512<float>.Zero;
        }
        for (; depth > 0; depth--, a += Rows, b += bRow)
        {
            var (low, high) = Load512(b);
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
        Store512(c, c0l, c0h);
        Store512(c + cRow, c1l, c1h);
        Store512(c + 2 * cRow, c2l, c2h);
        Store512(c + 3 * cRow, c3l, c3h);
        Store512(c + 4 * cRow, c4l, c4h);
        Store512(c + 5 * cRow, c5l, c5h);
        Store512(c + 6 * cRow, c6l, c6h);
        Store512(c + 7 * cRow, c7l, c7h);
        Store512(c + 8 * cRow, c8l, c8h);
        Store512(c + 9 * cRow, c9l, c9h);
        Store512(c + 10 * cRow, cal, cah);
        Store512(c + 11 * cRow, cbl, cbh);
    }

    /// <summary>For the last rows of C: eight chains still hide the latency of a fused multiply-add.</summary>
    [SkipLocalsInit]
    static void FourByThirtyTwo512(int depth, float* a, float* b, nint bRow, float* c, nint cRow, bool load)
    {
        Vector512<float> c0l, c0h, c1l, c1h, c2l, c2h, c3l, c3h;
        if (load)
        {
            (c0l, c0h) = Load512(c);
            (c1l, c1h) = Load512(c + cRow);
            (c2l, c2h) = Load512(c + 2 * cRow);
            (c3l, c3h) = Load512(c + 3 * cRow);
        }
        else
        {
            c0l = c0h = c1l = c1h = c2l = c2h = c3l = c3h = Vector512<float>.Zero;
        }
        for (; depth > 0; depth--, a += Rows, b += bRow)
        {
            var (low, high) = Load512(b);
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
        }
        Store512(c, c0l, c0h);
        Store512(c + cRow, c1l, c1h);
        Store512(c + 2 * cRow, c2l, c2h);
        Store512(c + 3 * cRow, c3l, c3h);
    }

    /// <summary>For a rank of at most sixteen.</summary>
    [SkipLocalsInit]
    static void TwelveBySixteen512(int depth, float* a, float* b, nint bRow, float* c, nint cRow, bool load)
    {
        Vector512<float> c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, ca, cb;
        if (load)
        {
            c0 = Vector512.Load(c);
            c1 = Vector512.Load(c + cRow);
            c2 = Vector512.Load(c + 2 * cRow);
            c3 = Vector512.Load(c + 3 * cRow);
            c4 = Vector512.Load(c + 4 * cRow);
            c5 = Vector512.Load(c + 5 * cRow);
            c6 = Vector512.Load(c + 6 * cRow);
            c7 = Vector512.Load(c + 7 * cRow);
            c8 = Vector512.Load(c + 8 * cRow);
            c9 = Vector512.Load(c + 9 * cRow);
            ca = Vector512.Load(c + 10 * cRow);
            cb = Vector512.Load(c + 11 * cRow);
        }
        else
        {
            c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = c8 = c9 = ca = cb = Vector512<float>.Zero;
        }
        for (; depth > 0; depth--, a += Rows, b += bRow)
        {
            var low = Vector512.Load(b);
            var a0 = Vector512.Create(a[0]);
            c0 = Vector512.FusedMultiplyAdd(a0, low, c0);
            var a1 = Vector512.Create(a[1]);
            c1 = Vector512.FusedMultiplyAdd(a1, low, c1);
            var a2 = Vector512.Create(a[2]);
            c2 = Vector512.FusedMultiplyAdd(a2, low, c2);
            var a3 = Vector512.Create(a[3]);
            c3 = Vector512.FusedMultiplyAdd(a3, low, c3);
            var a4 = Vector512.Create(a[4]);
            c4 = Vector512.FusedMultiplyAdd(a4, low, c4);
            var a5 = Vector512.Create(a[5]);
            c5 = Vector512.FusedMultiplyAdd(a5, low, c5);
            var a6 = Vector512.Create(a[6]);
            c6 = Vector512.FusedMultiplyAdd(a6, low, c6);
            var a7 = Vector512.Create(a[7]);
            c7 = Vector512.FusedMultiplyAdd(a7, low, c7);
            var a8 = Vector512.Create(a[8]);
            c8 = Vector512.FusedMultiplyAdd(a8, low, c8);
            var a9 = Vector512.Create(a[9]);
            c9 = Vector512.FusedMultiplyAdd(a9, low, c9);
            var aa = Vector512.Create(a[10]);
            ca = Vector512.FusedMultiplyAdd(aa, low, ca);
            var ab = Vector512.Create(a[11]);
            cb = Vector512.FusedMultiplyAdd(ab, low, cb);
        }
        c0.Store(c);
        c1.Store(c + cRow);
        c2.Store(c + 2 * cRow);
        c3.Store(c + 3 * cRow);
        c4.Store(c + 4 * cRow);
        c5.Store(c + 5 * cRow);
        c6.Store(c + 6 * cRow);
        c7.Store(c + 7 * cRow);
        c8.Store(c + 8 * cRow);
        c9.Store(c + 9 * cRow);
        ca.Store(c + 10 * cRow);
        cb.Store(c + 11 * cRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector512<float> Low, Vector512<float> High) Load512(float* source) => (Vector512.Load(source), Vector512.Load(source + 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store512(float* target, Vector512<float> low, Vector512<float> high)
    {
        low.Store(target);
        high.Store(target + 16);
    }
}
