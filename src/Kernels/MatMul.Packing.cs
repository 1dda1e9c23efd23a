using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
                for (var r = 0; r < MicroKernel.Rows; r += 4)
                    Transpose(values + (m + i + r) * a.Stride + p, a.Stride, Math.Clamp(rows - r, 0, 4), depth, target + r, MicroKernel.Rows);
        }
    }

    /// <summary>Packs B(p.., n..), <paramref name="depth"/> by <paramref name="width"/>, decoding its format.</summary>
    public static void Right(HostMatMul.RightMatrix b, int p, int depth, int n, int width, float* target, float* decoded)
    {
        var format = b.Values.Format;
        var source = b.Values.Pointer;
        for (var j = 0; j < width; j += MicroKernel.Columns, target += MicroKernel.Columns * depth)
        {
            var columns = Math.Min(MicroKernel.Columns, width - j);
            if (b.Transposed)
                for (var c = 0; c < MicroKernel.Columns; c += 4)
                    TransposeDecoded(format, source, (n + j + c) * b.Stride + p, b.Stride, Math.Clamp(columns - c, 0, 4), depth, target + c, decoded);
            else if (format == WeightFormat.F32)
                Copy((float*)source + p * b.Stride + n + j, b.Stride, depth, columns, target, MicroKernel.Columns);
            else
                for (var d = 0; d < depth; d++)
                {
                    HostWeights.Decode(format, source, (p + d) * b.Stride + n + j, columns, target + d * MicroKernel.Columns);
                    Zero(target + d * MicroKernel.Columns, columns, MicroKernel.Columns);
                }
        }
    }

    static void TransposeDecoded(WeightFormat format, byte* source, long first, long stride, int rows, int depth, float* target, float* decoded)
    {
        if (format == WeightFormat.F32)
        {
            Transpose((float*)source + first, stride, rows, depth, target, MicroKernel.Columns);
            return;
        }
        for (var r = 0; r < rows; r++)
            HostWeights.Decode(format, source, first + r * stride, depth, decoded + r * HostMatMul.BlockK);
        Transpose(decoded, HostMatMul.BlockK, rows, depth, target, MicroKernel.Columns);
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

    /// <summary>target[d·step + r] = source[r·stride + d] for four rows r, of which those from <paramref name="rows"/> on are zero.</summary>
    static void Transpose(float* source, long stride, int rows, int depth, float* target, int step)
    {
        if (rows < 4)
        {
            for (var d = 0; d < depth; d++, target += step)
                for (var r = 0; r < 4; r++)
                    target[r] = r < rows ? source[r * stride + d] : 0f;
            return;
        }
        var r0 = source;
        var r1 = r0 + stride;
        var r2 = r1 + stride;
        var r3 = r2 + stride;
        var k = 0;
        for (; k <= depth - 4; k += 4, target += 4 * step)
        {
            var (a, b, c, d) = (Vector128.Load(r0 + k), Vector128.Load(r1 + k), Vector128.Load(r2 + k), Vector128.Load(r3 + k));
            var (ab, cd) = (Low(a, b), Low(c, d));
            Pair(ab, cd).Store(target);
            OtherPair(ab, cd).Store(target + step);
            (ab, cd) = (High(a, b), High(c, d));
            Pair(ab, cd).Store(target + 2 * step);
            OtherPair(ab, cd).Store(target + 3 * step);
        }
        for (; k < depth; k++, target += step)
            (target[0], target[1], target[2], target[3]) = (r0[k], r1[k], r2[k], r3[k]);
    }

    // a0 b0 a1 b1 and a2 b2 a3 b3; then the low and the high halves of two such vectors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> Low(Vector128<float> a, Vector128<float> b) => System.Runtime.Intrinsics.X86.Sse.IsSupported
        ? System.Runtime.Intrinsics.X86.Sse.UnpackLow(a, b) : Vector128.Create(a[0], b[0], a[1], b[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> High(Vector128<float> a, Vector128<float> b) => System.Runtime.Intrinsics.X86.Sse.IsSupported
        ? System.Runtime.Intrinsics.X86.Sse.UnpackHigh(a, b) : Vector128.Create(a[2], b[2], a[3], b[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> Pair(Vector128<float> ab, Vector128<float> cd) => Vector128.Create(ab.GetLower(), cd.GetLower());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> OtherPair(Vector128<float> ab, Vector128<float> cd) => Vector128.Create(ab.GetUpper(), cd.GetUpper());
}
