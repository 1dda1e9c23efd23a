using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <summary>
/// y = n·w + b with n = (x - mean(x))·r, r = 1 / sqrt(mean((x - mean(x))²) + eps) for each row (Ba et al., arXiv
/// 1607.06450). x, y [T, C], w, b [C]; stats [T, 2] keeps the mean and r. Backward, with g = dy·w:
/// dx += r·(g - mean(g) - n·mean(g·n)), dw += Σ dy·n, db += Σ dy, T ascending.
/// </summary>
static unsafe partial class LayerNorm
{
    const int Grain = 16384, RowsAtOnce = 8;

    /// <summary>Also fills <paramref name="stats"/>, which the backward pass reads. b may be null.</summary>
    public static void Forward(Device device, FloatBuffer x, FloatBuffer w, FloatBuffer? b, float eps, FloatBuffer stats, FloatBuffer y)
    {
        int rows = (int)(stats.Length / 2), columns = (int)w.Length;
        device.Launch(
            host => host.For(rows, Grain / columns, (from, to) =>
            {
                for (var row = from; row < to; row++)
                    Normalize(x.Pointer + row * columns, w.Pointer, b is null ? null : b.Pointer, eps, columns, stats.Pointer + 2 * row, y.Pointer + row * columns);
            }),
            gpu =>
            {
                if (RowLanes.IsShort(columns))
                    gpu.Run(ForwardKernel, rows, x.View, w.View, (b ?? w).View, b is null ? 0 : 1, eps, columns, stats.View, y.View);
                else
                    gpu.Run(ForwardKernel, rows, ForwardGroupsKernel, RowLanes.Groups(rows, columns), x.View, w.View, (b ?? w).View, b is null ? 0 : 1, eps, columns, stats.View, y.View);
            });
    }

    public static void BackwardInput(Device device, FloatBuffer dy, FloatBuffer x, FloatBuffer w, FloatBuffer stats, FloatBuffer dx)
    {
        int rows = (int)(stats.Length / 2), columns = (int)w.Length;
        device.Launch(
            host => host.For(rows, Grain / columns, (from, to) =>
            {
                for (var row = from; row < to; row++)
                    AddInputGradient(dy.Pointer + row * columns, x.Pointer + row * columns, w.Pointer, stats.Pointer + 2 * row, columns, dx.Pointer + row * columns);
            }),
            gpu =>
            {
                if (RowLanes.IsShort(columns))
                    gpu.Run(BackwardInputKernel, rows, dy.View, x.View, w.View, stats.View, columns, dx.View);
                else
                    gpu.Run(BackwardInputKernel, rows, BackwardInputGroupsKernel, RowLanes.Groups(rows, columns), dy.View, x.View, w.View, stats.View, columns, dx.View);
            });
    }

    /// <summary>Split over columns: each element of dw is one chain over the rows, ascending; on a GPU over slices of them.</summary>
    public static void BackwardWeight(Device device, FloatBuffer dy, FloatBuffer x, FloatBuffer stats, FloatBuffer dw)
    {
        int rows = (int)(stats.Length / 2), columns = (int)dw.Length;
        using var partials = device.Rent<float>(ColumnSums.PartialsLength(device, rows, columns));
        device.Launch(
            host => host.For(columns, Grain / Math.Max(rows, 1), (from, to) =>
            {
                for (var row = 0; row < rows; row += RowsAtOnce)
                {
                    var start = (long)row * columns;
                    AddWeightGradient(
                        dy.Pointer + start, x.Pointer + start, stats.Pointer + 2 * row, Math.Min(RowsAtOnce, rows - row), columns, dw.Pointer, from, to);
                }
            }),
            gpu => AddWeightGradient(gpu, dy, x, stats, partials, dw));
    }

    public static void BackwardBias(Device device, FloatBuffer dy, FloatBuffer db) => AddBias.BackwardBias(device, dy, db);

    static void Normalize(float* x, float* w, float* b, float eps, int columns, float* stats, float* y)
    {
        var (whole, rest) = (columns / 16 * 16, columns % 16);
        var mean = VectorMath.Sum(Total(x, whole) + VectorMath.Load(x + whole, rest)) / columns;
        var squares = Squares(x, mean, whole);
        if (rest > 0)
        {
            var last = Centred(x + whole, mean, rest);
            squares = Vector512.FusedMultiplyAdd(last, last, squares);
        }
        var r = 1f / MathF.Sqrt(VectorMath.Sum(squares) / columns + eps);
        (stats[0], stats[1]) = (mean, r);
        for (var i = 0; i < whole; i += 16)
            Scale(x + i, w + i, b is null ? null : b + i, mean, r, y + i, 16);
        if (rest > 0)
            Scale(x + whole, w + whole, b is null ? null : b + whole, mean, r, y + whole, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Scale(float* x, float* w, float* b, float mean, float r, float* y, int count)
    {
        var shift = b is null ? Vector512<float>.Zero : VectorMath.Load(b, count);
        VectorMath.Store(Vector512.FusedMultiplyAdd((VectorMath.Load(x, count) - Vector512.Create(mean)) * r, VectorMath.Load(w, count), shift), y, count);
    }

    // The loops that sum stand alone, because a call behind them would keep their lanes in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<float> Total(float* x, int count)
    {
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < count; i += 16)
            sum += Vector512.Load(x + i);
        return sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<float> Squares(float* x, float mean, int count)
    {
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < count; i += 16)
        {
            var centred = Vector512.Load(x + i) - Vector512.Create(mean);
            sum = Vector512.FusedMultiplyAdd(centred, centred, sum);
        }
        return sum;
    }

    /// <summary>x - mean in the first lanes, zeros in the others.</summary>
    static Vector512<float> Centred(float* x, float mean, int count) => Vector512.ConditionalSelect(
        Vector512.LessThan(Vector512<float>.Indices, Vector512.Create((float)count)), VectorMath.Load(x, count) - Vector512.Create(mean), Vector512<float>.Zero);

    static void AddInputGradient(float* dy, float* x, float* w, float* stats, int columns, float* dx)
    {
        var (whole, rest, mean, r) = (columns / 16 * 16, columns % 16, stats[0], stats[1]);
        var (sums, products) = Products(dy, x, w, mean, whole);
        if (rest > 0)
        {
            var last = VectorMath.Load(dy + whole, rest) * VectorMath.Load(w + whole, rest);
            sums += last;
            products = Vector512.FusedMultiplyAdd(last, Centred(x + whole, mean, rest), products);
        }
        // dx += r·g - (r·mean(g) + (x - mean)·r³·mean(g·(x - mean))).
        var (level, slope) = (-r * (VectorMath.Sum(sums) / columns), -r * r * r * (VectorMath.Sum(products) / columns));
        for (var i = 0; i < whole; i += 16)
            AddScaled(dy + i, x + i, w + i, mean, r, level, slope, dx + i, 16);
        if (rest > 0)
            AddScaled(dy + whole, x + whole, w + whole, mean, r, level, slope, dx + whole, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddScaled(float* dy, float* x, float* w, float mean, float r, float level, float slope, float* dx, int count)
    {
        var kept = Vector512.FusedMultiplyAdd(VectorMath.Load(x, count) - Vector512.Create(mean), Vector512.Create(slope), VectorMath.Load(dx, count) + Vector512.Create(level));
        VectorMath.Store(Vector512.FusedMultiplyAdd(VectorMath.Load(dy, count) * VectorMath.Load(w, count), Vector512.Create(r), kept), dx, count);
    }

    /// <summary>Σ g and Σ g·(x - mean), in sixteen lanes each.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static (Vector512<float> Sums, Vector512<float> Products) Products(float* dy, float* x, float* w, float mean, int count)
    {
        Vector512<float> sums = Vector512<float>.Zero, products = sums;
        for (var i = 0; i < count; i += 16)
        {
            var g = Vector512.Load(dy + i) * Vector512.Load(w + i);
            sums += g;
            products = Vector512.FusedMultiplyAdd(g, Vector512.Load(x + i) - Vector512.Create(mean), products);
        }
        return (sums, products);
    }

    static void AddWeightGradient(float* dy, float* x, float* stats, int rows, int columns, float* dw, long from, long to)
    {
        var i = from;
        for (; i <= to - 16; i += 16)
        {
            var sum = Vector512.Load(dw + i);
            for (long row = 0, at = i; row < rows; row++, at += columns)
                sum = Vector512.FusedMultiplyAdd(
                    Vector512.Load(dy + at), (Vector512.Load(x + at) - Vector512.Create(stats[2 * row])) * stats[2 * row + 1], sum);
            sum.Store(dw + i);
        }
        for (; i < to; i++)
            for (long row = 0, at = i; row < rows; row++, at += columns)
                dw[i] = float.FusedMultiplyAdd(dy[at], (x[at] - stats[2 * row]) * stats[2 * row + 1], dw[i]);
    }
}
