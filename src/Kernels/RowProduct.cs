using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <summary>
/// C += A·B for the few rows that attention handles at once: element (r, n) is one chain of fused multiply-adds over t,
/// ascending, that starts from what C holds (or from zero), the same in <see cref="Four"/> and <see cref="One"/>.
/// A [r, t] is at a + r·aRow + t·aStep, so a transposed A is read in place; B [t, n] at b + t·bRow + n.
/// </summary>
static unsafe class RowProduct
{
    /// <summary>Four rows of C, at c, c + cRow, ...; with <paramref name="add"/> false, C = A·B.</summary>
    public static void Four(float* a, nint aRow, nint aStep, float* b, nint bRow, int depth, float* c, nint cRow, int columns, bool add)
    {
        var n = 0;
        // 256-bit registers hold half the sums, so there 32 columns are two times sixteen: the same chains, the same bits.
        for (; Vector512.IsHardwareAccelerated && n <= columns - 32; n += 32)
            ThirtyTwo(a, aRow, aStep, b + n, bRow, depth, c + n, cRow, add);
        for (; n <= columns - 16; n += 16)
            Sixteen(a, aRow, aStep, b + n, bRow, depth, c + n, cRow, add);
        for (; n <= columns - 4; n += 4)
            Quad(a, aRow, aStep, b + n, bRow, depth, c + n, cRow, add);
        for (; n < columns; n++)
            for (var r = 0; r < 4; r++)
                c[r * cRow + n] = Element(a + r * aRow, aStep, b + n, bRow, depth, add ? c[r * cRow + n] : 0f);
    }

    /// <summary>One row, added to C.</summary>
    public static void One(float* a, nint aStep, float* b, nint bRow, int depth, float* c, int columns)
    {
        var n = 0;
        for (; n <= columns - 64; n += 64)
        {
            Vector512<float> s0 = Vector512.Load(c + n), s1 = Vector512.Load(c + n + 16), s2 = Vector512.Load(c + n + 32), s3 = Vector512.Load(c + n + 48);
            var row = b + n;
            for (nint t = 0; t < depth; t++, row += bRow)
            {
                var x = Vector512.Create(a[t * aStep]);
                s0 = Vector512.FusedMultiplyAdd(x, Vector512.Load(row), s0);
                s1 = Vector512.FusedMultiplyAdd(x, Vector512.Load(row + 16), s1);
                s2 = Vector512.FusedMultiplyAdd(x, Vector512.Load(row + 32), s2);
                s3 = Vector512.FusedMultiplyAdd(x, Vector512.Load(row + 48), s3);
            }
            s0.Store(c + n); s1.Store(c + n + 16); s2.Store(c + n + 32); s3.Store(c + n + 48);
        }
        for (; n <= columns - 16; n += 16)
        {
            var sum = Vector512.Load(c + n);
            for (nint t = 0; t < depth; t++)
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(a[t * aStep]), Vector512.Load(b + t * bRow + n), sum);
            sum.Store(c + n);
        }
        for (; n < columns; n++)
            c[n] = Element(a, aStep, b + n, bRow, depth, c[n]);
    }

    static void ThirtyTwo(float* a, nint aRow, nint aStep, float* b, nint bRow, int depth, float* c, nint cRow, bool add)
    {
        float* c0 = c, c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow;
        float* a0 = a, a1 = a + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
        Vector512<float> s00 = Start(c0, add), s10 = Start(c1, add), s20 = Start(c2, add), s30 = Start(c3, add);
        Vector512<float> s01 = Start(c0 + 16, add), s11 = Start(c1 + 16, add), s21 = Start(c2 + 16, add), s31 = Start(c3 + 16, add);
        for (; depth > 0; depth--)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + 16);
            var x = Vector512.Create(*a0);
            s00 = Vector512.FusedMultiplyAdd(x, b0, s00);
            s01 = Vector512.FusedMultiplyAdd(x, b1, s01);
            x = Vector512.Create(*a1);
            s10 = Vector512.FusedMultiplyAdd(x, b0, s10);
            s11 = Vector512.FusedMultiplyAdd(x, b1, s11);
            x = Vector512.Create(*a2);
            s20 = Vector512.FusedMultiplyAdd(x, b0, s20);
            s21 = Vector512.FusedMultiplyAdd(x, b1, s21);
            x = Vector512.Create(*a3);
            s30 = Vector512.FusedMultiplyAdd(x, b0, s30);
            s31 = Vector512.FusedMultiplyAdd(x, b1, s31);
            a0 += aStep; a1 += aStep; a2 += aStep; a3 += aStep; b += bRow;
        }
        s00.Store(c0); s10.Store(c1); s20.Store(c2); s30.Store(c3);
        s01.Store(c0 + 16); s11.Store(c1 + 16); s21.Store(c2 + 16); s31.Store(c3 + 16);
    }

    static void Sixteen(float* a, nint aRow, nint aStep, float* b, nint bRow, int depth, float* c, nint cRow, bool add)
    {
        float* c0 = c, c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow;
        Vector512<float> s0 = Start(c0, add), s1 = Start(c1, add), s2 = Start(c2, add), s3 = Start(c3, add);
        for (; depth > 0; depth--)
        {
            var x = Vector512.Load(b);
            s0 = Vector512.FusedMultiplyAdd(Vector512.Create(a[0]), x, s0);
            s1 = Vector512.FusedMultiplyAdd(Vector512.Create(a[aRow]), x, s1);
            s2 = Vector512.FusedMultiplyAdd(Vector512.Create(a[2 * aRow]), x, s2);
            s3 = Vector512.FusedMultiplyAdd(Vector512.Create(a[3 * aRow]), x, s3);
            a += aStep; b += bRow;
        }
        s0.Store(c0); s1.Store(c1); s2.Store(c2); s3.Store(c3);
    }

    /// <summary>Four columns, for head sizes that are no multiple of sixteen.</summary>
    static void Quad(float* a, nint aRow, nint aStep, float* b, nint bRow, int depth, float* c, nint cRow, bool add)
    {
        float* c0 = c, c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow;
        Vector128<float> s0 = default, s1 = default, s2 = default, s3 = default;
        if (add)
            (s0, s1, s2, s3) = (Vector128.Load(c0), Vector128.Load(c1), Vector128.Load(c2), Vector128.Load(c3));
        for (; depth > 0; depth--)
        {
            var x = Vector128.Load(b);
            s0 = Vector128.FusedMultiplyAdd(Vector128.Create(a[0]), x, s0);
            s1 = Vector128.FusedMultiplyAdd(Vector128.Create(a[aRow]), x, s1);
            s2 = Vector128.FusedMultiplyAdd(Vector128.Create(a[2 * aRow]), x, s2);
            s3 = Vector128.FusedMultiplyAdd(Vector128.Create(a[3 * aRow]), x, s3);
            a += aStep; b += bRow;
        }
        s0.Store(c0); s1.Store(c1); s2.Store(c2); s3.Store(c3);
    }

    static Vector512<float> Start(float* c, bool add) => add ? Vector512.Load(c) : Vector512<float>.Zero;

    static float Element(float* a, nint aStep, float* b, nint bRow, int depth, float sum)
    {
        for (nint t = 0; t < depth; t++)
            sum = float.FusedMultiplyAdd(a[t * aStep], b[t * bRow], sum);
        return sum;
    }
}
