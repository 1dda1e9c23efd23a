using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>The kernels of a GPU. Where groups share memory, the threads of a group share rows (<see cref="RowLanes"/>).</summary>
static unsafe partial class LayerNorm
{
    static void ForwardKernel(
        ArrayView<float> x, ArrayView<float> w, ArrayView<float> b, int biased, float eps, int columns, ArrayView<float> stats, ArrayView<float> y)
    {
        for (var row = Grid.GlobalIndex.X; row < stats.Length / 2; row += Grid.DimX * Group.DimX)
        {
            var start = (long)row * columns;
            float sum = 0f, squares = 0f;
            for (var i = 0; i < columns; i++)
                sum += x[start + i];
            var mean = sum / columns;
            for (var i = 0; i < columns; i++)
                squares += (x[start + i] - mean) * (x[start + i] - mean);
            var r = 1f / XMath.Sqrt(squares / columns + eps);
            stats[2 * row] = mean;
            stats[2 * row + 1] = r;
            for (var i = 0; i < columns; i++)
                y[start + i] = (x[start + i] - mean) * r * w[i] + (biased == 1 ? b[i] : 0f);
        }
    }

    static void BackwardInputKernel(
        ArrayView<float> dy, ArrayView<float> x, ArrayView<float> w, ArrayView<float> stats, int columns, ArrayView<float> dx)
    {
        for (var row = Grid.GlobalIndex.X; row < stats.Length / 2; row += Grid.DimX * Group.DimX)
        {
            var start = (long)row * columns;
            float sum = 0f, products = 0f, mean = stats[2 * row], r = stats[2 * row + 1];
            for (var i = 0; i < columns; i++)
            {
                var g = dy[start + i] * w[i];
                sum += g;
                products += g * (x[start + i] - mean);
            }
            var slope = r * r * (products / columns);
            for (var i = 0; i < columns; i++)
                dx[start + i] += r * (dy[start + i] * w[i] - sum / columns - (x[start + i] - mean) * slope);
        }
    }

    static void ForwardGroupsKernel(
        ArrayView<float> x, ArrayView<float> w, ArrayView<float> b, int biased, float eps, int columns, ArrayView<float> stats, ArrayView<float> y)
    {
        var lanes = RowLanes.Of(columns);
        var lane = Group.IdxX & (lanes - 1);
        var row = RowLanes.Row(lanes);
        var start = (long)row * columns;
        // A row after the last has no columns: its threads only wait with the others.
        var count = row < stats.Length / 2 ? columns : 0;
        float sum = 0f, squares = 0f;
        for (var i = lane; i < count; i += lanes)
            sum += x[start + i];
        var mean = RowLanes.Sum(sum, lanes) / columns;
        for (var i = lane; i < count; i += lanes)
        {
            var centred = x[start + i] - mean;
            squares = GpuIntrinsics.Fma(centred, centred, squares);
        }
        var r = 1f / XMath.Sqrt(RowLanes.Sum(squares, lanes) / columns + eps);
        if (lane == 0 && count > 0)
        {
            stats[2 * row] = mean;
            stats[2 * row + 1] = r;
        }
        for (var i = lane; i < count; i += lanes)
            y[start + i] = (x[start + i] - mean) * r * w[i] + (biased == 1 ? b[i] : 0f);
    }

    static void BackwardInputGroupsKernel(
        ArrayView<float> dy, ArrayView<float> x, ArrayView<float> w, ArrayView<float> stats, int columns, ArrayView<float> dx)
    {
        var lanes = RowLanes.Of(columns);
        var lane = Group.IdxX & (lanes - 1);
        var row = RowLanes.Row(lanes);
        var start = (long)row * columns;
        var count = row < stats.Length / 2 ? columns : 0;
        float sum = 0f, products = 0f, mean = count > 0 ? stats[2 * row] : 0f, r = count > 0 ? stats[2 * row + 1] : 0f;
        for (var i = lane; i < count; i += lanes)
        {
            var g = dy[start + i] * w[i];
            sum += g;
            products = GpuIntrinsics.Fma(g, x[start + i] - mean, products);
        }
        var level = RowLanes.Sum(sum, lanes) / columns;
        var slope = r * r * (RowLanes.Sum(products, lanes) / columns);
        for (var i = lane; i < count; i += lanes)
            dx[start + i] += r * (dy[start + i] * w[i] - level - (x[start + i] - mean) * slope);
    }

    static void AddWeightGradient(GpuDevice gpu, FloatBuffer dy, FloatBuffer x, FloatBuffer stats, FloatBuffer partials, FloatBuffer dw)
    {
        var (columns, slices) = ((int)dw.Length, ColumnSums.Slices(stats.Length / 2));
        if (slices == 1)
        {
            gpu.Run(BackwardWeightKernel, columns, dy.View, x.View, stats.View, columns, dw.View);
            return;
        }
        gpu.Run(WeightPartialsKernel, (long)slices * columns, dy.View, x.View, stats.View, columns, slices, partials.View);
        ColumnSums.Add(gpu, partials, slices, dw);
    }

    static void BackwardWeightKernel(ArrayView<float> dy, ArrayView<float> x, ArrayView<float> stats, int columns, ArrayView<float> dw)
    {
        for (var i = Grid.GlobalIndex.X; i < columns; i += Grid.DimX * Group.DimX)
        {
            var sum = dw[i];
            for (var row = 0; row < stats.Length / 2; row++)
                sum += dy[(long)row * columns + i] * ((x[(long)row * columns + i] - stats[2 * row]) * stats[2 * row + 1]);
            dw[i] = sum;
        }
    }

    static void WeightPartialsKernel(ArrayView<float> dy, ArrayView<float> x, ArrayView<float> stats, int columns, int slices, ArrayView<float> partials)
    {
        for (var i = Grid.GlobalIndex.X; i < slices * columns; i += Grid.DimX * Group.DimX)
        {
            var (slice, column) = (i / columns, i % columns);
            var rows = (int)(stats.Length / 2);
            var end = ColumnSums.First(rows, slice + 1, slices);
            var sum = 0f;
            for (var row = ColumnSums.First(rows, slice, slices); row < end; row++)
                sum = GpuIntrinsics.Fma(dy[(long)row * columns + column], (x[(long)row * columns + column] - stats[2 * row]) * stats[2 * row + 1], sum);
            partials[i] = sum;
        }
    }
}
