using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PureLora.Kernels;

/// <summary>
/// Lays blocks out as the micro-kernel reads them. A panel of A is [depth][Rows], one of B is [depth][Columns]; what
/// sticks out of the matrix is zero.
/// </summary>
static unsafe class Packing
{
    /// <summary>Packs A(m.., p..), <paramref name="height"/> by <paramref name="depth"/>.</summary>
    public static void Left(HostMatMul.LeftMatrix a, int m, int height, int p, int depth, float* target)
    {
        var values = a.Values.Pointer;
        for (var i = 0; i < height; i += MicroKernel.Rows, target += MicroKernel.Rows * depth)
        {
            var rows = Math.Min(MicroKernel.Rows, height - i);
            if (a.Transposed)
                Copy(values + p * a.Stride + m + i, a.Stride, depth, rows, target, MicroKernel.Rows);
            else
                Transpose(values + (m + i) * a.Stride + p, a.Stride, rows, depth, target, MicroKernel.Rows);
        }
    }

    /// <summary>Packs B(p.., n..), <paramref name="depth"/> by <paramref name="width"/>, decoding its format.</summary>
    public static void Right(HostMatMul.RightMatrix b, int p, int depth, int n, int width, float* target, float* decoded)
    {
        var w = b.Values;
        for (var j = 0; j < width; j += MicroKernel.Columns, target += MicroKernel.Columns * depth)
        {
            var columns = Math.Min(MicroKernel.Columns, width - j);
            if (b.Transposed)
                TransposeDecoded(w, (n + j) * b.Stride + p, b.Stride, columns, depth, target, decoded);
            else if (w.Floats is not null)
                Copy(w.Floats + p * b.Stride + n + j, b.Stride, depth, columns, target, MicroKernel.Columns);
            else
                for (var d = 0; d < depth; d++)
                {
                    HostWeights.Decode(w, (p + d) * b.Stride + n + j, columns, target + d * MicroKernel.Columns);
                    Zero(target + d * MicroKernel.Columns, columns, MicroKernel.Columns);
                }
        }
    }

    static void TransposeDecoded(Weight w, long first, long stride, int columns, int depth, float* target, float* decoded)
    {
        if (w.Floats is not null)
        {
            Transpose(w.Floats + first, stride, columns, depth, target, MicroKernel.Columns);
            return;
        }
        for (var c = 0; c < columns; c++)
            HostWeights.Decode(w, first + c * stride, depth, decoded + c * HostMatMul.BlockK);
        Transpose(decoded, HostMatMul.BlockK, columns, depth, target, MicroKernel.Columns);
    }

    /// <summary>target[d][0..width) = source[d][0..count), the rest zero.</summary>
    static void Copy(float* source, long stride, int depth, int count, float* target, int width)
    {
        for (var d = 0; d < depth; d++, source += stride, target += width)
        {
            new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, count));
            Zero(target, count, width);
        }
    }

    static void Zero(float* target, int from, int to)
    {
        for (var i = from; i < to; i++)
            target[i] = 0f;
    }

    /// <summary>
    /// target[d·width + r] = source[r·stride + d] for r below <paramref name="rows"/>, zero for the rest of the panel's
    /// <paramref name="width"/>, a multiple of 4. A cache line of each of four rows at a time: more rows at a stride of
    /// a power of two would push each other out of the cache.
    /// </summary>
    public static void Transpose(float* source, long stride, int rows, int depth, float* target, int width)
    {
        const int line = 16;
        for (var d = 0; d < depth; d += line)
            for (var r = 0; r < width; r += 4)
                if (r + 4 <= rows && d + line <= depth)
                    for (var i = d; i < d + line; i += 4)
                        TransposeFour(source + r * stride + i, stride, target + (long)i * width + r, width);
                else
                    for (var i = d; i < Math.Min(d + line, depth); i++)
                        for (var j = r; j < r + 4; j++)
                            target[(long)i * width + j] = j < rows ? source[j * stride + i] : 0f;
    }

    /// <summary>Four by four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void TransposeFour(float* source, long stride, float* target, int width)
    {
        var (a, b) = (Vector128.Load(source), Vector128.Load(source + stride));
        var (c, d) = (Vector128.Load(source + 2 * stride), Vector128.Load(source + 3 * stride));
        if (Sse.IsSupported)
        {
            var (abLow, abHigh, cdLow, cdHigh) = (Sse.UnpackLow(a, b), Sse.UnpackHigh(a, b), Sse.UnpackLow(c, d), Sse.UnpackHigh(c, d));
            Sse.MoveLowToHigh(abLow, cdLow).Store(target);
            Sse.MoveHighToLow(cdLow, abLow).Store(target + width);
            Sse.MoveLowToHigh(abHigh, cdHigh).Store(target + 2 * width);
            Sse.MoveHighToLow(cdHigh, abHigh).Store(target + 3 * width);
            return;
        }
        for (var i = 0; i < 4; i++)
            Vector128.Create(a[i], b[i], c[i], d[i]).Store(target + i * width);
    }
}
