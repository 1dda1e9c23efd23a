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
    public static void Left(LeftMatrix a, int m, int height, int p, int depth, float* target)
    {
        if (a.Transposed)
            for (var d = 0; d < depth; d++)
                Deal(a.Values + (p + d) * a.Stride + m, height, MicroKernel.Rows, target + d * MicroKernel.Rows, (nint)depth * MicroKernel.Rows);
        else
            for (var i = 0; i < height; i += MicroKernel.Rows)
                Transpose(a.Values + (m + i) * a.Stride + p, a.Stride, Math.Min(MicroKernel.Rows, height - i), depth, target + (long)i * depth, MicroKernel.Rows);
    }

    /// <summary>
    /// Packs B(p.., n..), <paramref name="depth"/> by <paramref name="width"/>, decoding its format;
    /// <paramref name="decoded"/> has room for a panel, and for a row.
    /// </summary>
    public static void Right(RightMatrix b, int p, int depth, int n, int width, float* target, float* decoded)
    {
        if (b.Transposed)
            for (var j = 0; j < width; j += MicroKernel.Columns)
                RightPanel(b, p, depth, n + j, Math.Min(MicroKernel.Columns, width - j), target + j * depth, MicroKernel.PanelColumns(width - j), decoded);
        else
            for (var d = 0; d < depth; d++)
            {
                var row = b.Floats + (p + d) * b.Stride + n;
                if (b.Floats is null)
                    HostWeights.Decode(b.Weight!, (p + d) * b.Stride + n, width, row = decoded);
                var whole = width / MicroKernel.Columns * MicroKernel.Columns;
                Deal(row, whole, MicroKernel.Columns, target + d * MicroKernel.Columns, (nint)depth * MicroKernel.Columns);
                if (whole < width)
                    Deal(row + whole, width - whole, MicroKernel.PanelColumns(width - whole), target + whole * depth + d * MicroKernel.PanelColumns(width - whole), 0);
            }
    }

    static void RightPanel(RightMatrix b, int p, int depth, int n, int columns, float* target, int width, float* decoded)
    {
        if (b.Floats is not null)
        {
            Transpose(b.Floats + n * b.Stride + p, b.Stride, columns, depth, target, width);
            return;
        }
        for (var c = 0; c < columns; c++)
            HostWeights.Decode(b.Weight!, (n + c) * b.Stride + p, depth, decoded + c * depth);
        Transpose(decoded, depth, columns, depth, target, width);
    }

    /// <summary>
    /// Deals a row out to panels, <paramref name="width"/> (a multiple of 4) to each, zeros after the last: whole cache
    /// lines of the source, where panel by panel would read pieces of them again and again.
    /// </summary>
    static void Deal(float* row, int count, int width, float* target, nint step)
    {
        for (; count >= width; count -= width, row += width, target += step)
            for (var i = 0; i < width; i += 4)
                Vector128.Load(row + i).Store(target + i);
        for (var i = 0; i < width && count > 0; i++)
            target[i] = i < count ? row[i] : 0f;
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
