using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <summary>
/// y = x·r·(offset + w) with r = 1 / sqrt(mean(x²) + eps) for each row (Zhang and Sennrich, arXiv 1910.07467).
/// x, y [T, C], w [C], r [T]. Backward, with g = dy·(offset + w): dx += r·(g - x·r²·mean(g·x)), dw += sum over T of dy·x·r.
/// </summary>
static unsafe partial class RmsNorm
{
    const int Grain = 16384;

    // Parts of so many rows are read side by side: of one row at a time, a thread's part is too short to be fetched ahead.
    const int RowsAtOnce = 8;

    /// <summary>Also fills <paramref name="r"/>, which the backward pass reads.</summary>
    public static void Forward(Device device, FloatBuffer x, FloatBuffer w, float offset, float eps, FloatBuffer r, FloatBuffer y)
    {
        int rows = (int)r.Length, columns = (int)w.Length;
        device.Launch(
            host => host.For(rows, Grain / columns, (from, to) =>
            {
                float* scales = r.Pointer, weights = w.Pointer, source = x.Pointer + from * columns, target = y.Pointer + from * columns;
                for (var row = from; row < to; row++, source += columns, target += columns)
                    scales[row] = Normalize(source, weights, offset, eps, columns, target);
            }),
            gpu =>
            {
                if (RowLanes.IsShort(columns))
                    gpu.Run(ForwardKernel, rows, x.View, w.View, offset, eps, columns, r.View, y.View);
                else
                    gpu.Run(ForwardKernel, rows, ForwardGroupsKernel, RowLanes.Groups(rows, columns), x.View, w.View, offset, eps, columns, r.View, y.View);
            });
    }

    public static void BackwardInput(Device device, FloatBuffer dy, FloatBuffer x, FloatBuffer w, float offset, FloatBuffer r, FloatBuffer dx)
    {
        int rows = (int)r.Length, columns = (int)w.Length;
        device.Launch(
            host => host.For(rows, Grain / columns, (from, to) =>
            {
                float* scales = r.Pointer, weights = w.Pointer, slopes = dy.Pointer, values = x.Pointer, target = dx.Pointer;
                for (var row = from; row < to; row++)
                {
                    var start = row * columns;
                    AddInputGradient(slopes + start, values + start, weights, offset, scales[row], columns, target + start);
                }
            }),
            gpu =>
            {
                if (RowLanes.IsShort(columns))
                    gpu.Run(BackwardInputKernel, rows, dy.View, x.View, w.View, offset, r.View, columns, dx.View);
                else
                    gpu.Run(BackwardInputKernel, rows, BackwardInputGroupsKernel, RowLanes.Groups(rows, columns), dy.View, x.View, w.View, offset, r.View, columns, dx.View);
            });
    }

    /// <summary>Split over columns: each element of dw is one chain over the rows, ascending; on a GPU over slices of them.</summary>
    public static void BackwardWeight(Device device, FloatBuffer dy, FloatBuffer x, FloatBuffer r, FloatBuffer dw)
    {
        int rows = (int)r.Length, columns = (int)dw.Length;
        using var partials = device.Rent<float>(ColumnSums.PartialsLength(device, rows, columns));
        device.Launch(
            host => host.For(columns, Grain / Math.Max(rows, 1), (from, to) =>
            {
                for (var row = 0; row < rows; row += RowsAtOnce)
                {
                    var start = (long)row * columns;
                    AddWeightGradient(
                        dy.Pointer + start, x.Pointer + start, r.Pointer + row, Math.Min(RowsAtOnce, rows - row), columns, dw.Pointer, from, to);
                }
            }),
            gpu => AddWeightGradient(gpu, dy, x, r, partials, dw));
    }

    static float Normalize(float* x, float* w, float offset, float eps, int columns, float* y)
    {
        var r = 1f / MathF.Sqrt(VectorMath.LaneSumOfSquares(new ReadOnlySpan<float>(x, columns)) / columns + eps);
        var i = 0;
        for (; i <= columns - 16; i += 16)
            (Vector512.Load(x + i) * r * (Vector512.Load(w + i) + Vector512.Create(offset))).Store(y + i);
        for (; i < columns; i++)
            y[i] = x[i] * r * (w[i] + offset);
        return r;
    }

    static void AddInputGradient(float* dy, float* x, float* w, float offset, float r, int columns, float* dx)
    {
        var i = columns / 16 * 16;
        var sum = Products(dy, x, w, offset, i);
        if (i < columns)
            sum = Vector512.FusedMultiplyAdd(Part(dy, i, columns) * (Part(w, i, columns) + Vector512.Create(offset)), Part(x, i, columns), sum);
        var slope = -r * r * r * (VectorMath.Sum(sum) / columns);
        for (i = 0; i <= columns - 16; i += 16)
        {
            var kept = Vector512.FusedMultiplyAdd(Vector512.Load(x + i), Vector512.Create(slope), Vector512.Load(dx + i));
            Vector512.FusedMultiplyAdd(Vector512.Load(dy + i) * (Vector512.Load(w + i) + Vector512.Create(offset)), Vector512.Create(r), kept).Store(dx + i);
        }
        for (; i < columns; i++)
            dx[i] = float.FusedMultiplyAdd(dy[i] * (w[i] + offset), r, float.FusedMultiplyAdd(x[i], slope, dx[i]));
    }

    /// <summary>Σ dy·(offset + w)·x in sixteen lanes. Alone, because a call behind the loop would keep its lanes in memory.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<float> Products(float* dy, float* x, float* w, float offset, int count)
    {
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < count; i += 16)
            sum = Vector512.FusedMultiplyAdd(Vector512.Load(dy + i) * (Vector512.Load(w + i) + Vector512.Create(offset)), Vector512.Load(x + i), sum);
        return sum;
    }

    static Vector512<float> Part(float* row, int from, int columns) =>
        VectorMath.LoadPart(new ReadOnlySpan<float>(row + from, columns - from));

    static void AddWeightGradient(float* dy, float* x, float* r, int rows, int columns, float* dw, long from, long to)
    {
        var i = from;
        for (; i <= to - 16; i += 16)
        {
            var sum = Vector512.Load(dw + i);
            for (long row = 0, at = i; row < rows; row++, at += columns)
                sum = Vector512.FusedMultiplyAdd(Vector512.Load(dy + at), Vector512.Load(x + at) * r[row], sum);
            sum.Store(dw + i);
        }
        for (; i < to; i++)
            for (long row = 0, at = i; row < rows; row++, at += columns)
                dw[i] = float.FusedMultiplyAdd(dy[at], x[at] * r[row], dw[i]);
    }
}
