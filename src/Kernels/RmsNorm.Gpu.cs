using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>The kernels of a GPU. Where groups share memory, the threads of a group share rows (<see cref="RowLanes"/>).</summary>
static unsafe partial class RmsNorm
{
    static void ForwardKernel(ArrayView<float> x, ArrayView<float> w, float offset, float eps, int columns, ArrayView<float> r, ArrayView<float> y)
    {
        for (var row = Grid.GlobalIndex.X; row < r.Length; row += Grid.DimX * Group.DimX)
        {
            var start = (long)row * columns;
            var squares = 0f;
            for (var i = 0; i < columns; i++)
                squares += x[start + i] * x[start + i];
            var scale = 1f / XMath.Sqrt(squares / columns + eps);
            r[row] = scale;
            for (var i = 0; i < columns; i++)
                y[start + i] = x[start + i] * scale * (offset + w[i]);
        }
    }

    static void BackwardInputKernel(
        ArrayView<float> dy, ArrayView<float> x, ArrayView<float> w, float offset, ArrayView<float> r, int columns, ArrayView<float> dx)
    {
        for (var row = Grid.GlobalIndex.X; row < r.Length; row += Grid.DimX * Group.DimX)
        {
            var start = (long)row * columns;
            var sum = 0f;
            for (var i = 0; i < columns; i++)
                sum += dy[start + i] * (offset + w[i]) * x[start + i];
            var scale = r[row];
            var slope = -scale * scale * scale * (sum / columns);
            for (var i = 0; i < columns; i++)
                dx[start + i] += dy[start + i] * (offset + w[i]) * scale + x[start + i] * slope;
        }
    }

    static void ForwardGroupsKernel(ArrayView<float> x, ArrayView<float> w, float offset, float eps, int columns, ArrayView<float> r, ArrayView<float> y)
    {
        var lanes = RowLanes.Of(columns);
        var lane = Group.IdxX & (lanes - 1);
        var row = RowLanes.Row(lanes);
        var start = (long)row * columns;
        // A row after the last has no columns: its threads only wait with the others.
        var count = row < r.Length ? columns : 0;
        var squares = 0f;
        for (var i = lane; i < count; i += lanes)
            squares = GpuIntrinsics.Fma(x[start + i], x[start + i], squares);
        var scale = 1f / XMath.Sqrt(RowLanes.Sum(squares, lanes) / columns + eps);
        if (lane == 0 && count > 0)
            r[row] = scale;
        for (var i = lane; i < count; i += lanes)
            y[start + i] = x[start + i] * scale * (offset + w[i]);
    }

    static void BackwardInputGroupsKernel(
        ArrayView<float> dy, ArrayView<float> x, ArrayView<float> w, float offset, ArrayView<float> r, int columns, ArrayView<float> dx)
    {
        var lanes = RowLanes.Of(columns);
        var lane = Group.IdxX & (lanes - 1);
        var row = RowLanes.Row(lanes);
        var start = (long)row * columns;
        var count = row < r.Length ? columns : 0;
        var sum = 0f;
        for (var i = lane; i < count; i += lanes)
            sum = GpuIntrinsics.Fma(dy[start + i] * (offset + w[i]), x[start + i], sum);
        var scale = count > 0 ? r[row] : 0f;
        var slope = -scale * scale * scale * (RowLanes.Sum(sum, lanes) / columns);
        for (var i = lane; i < count; i += lanes)
            dx[start + i] += dy[start + i] * (offset + w[i]) * scale + x[start + i] * slope;
    }

    static void AddWeightGradient(GpuDevice gpu, FloatBuffer dy, FloatBuffer x, FloatBuffer r, FloatBuffer partials, FloatBuffer dw)
    {
        var (columns, slices) = ((int)dw.Length, ColumnSums.Slices(r.Length));
        if (slices == 1)
        {
            gpu.Run(BackwardWeightKernel, columns, dy.View, x.View, r.View, columns, dw.View);
            return;
        }
        gpu.Run(WeightPartialsKernel, (long)slices * columns, dy.View, x.View, r.View, columns, slices, partials.View);
        ColumnSums.Add(gpu, partials, slices, dw);
    }

    static void BackwardWeightKernel(ArrayView<float> dy, ArrayView<float> x, ArrayView<float> r, int columns, ArrayView<float> dw)
    {
        for (var i = Grid.GlobalIndex.X; i < columns; i += Grid.DimX * Group.DimX)
        {
            var sum = dw[i];
            for (var row = 0; row < r.Length; row++)
                sum += dy[(long)row * columns + i] * (x[(long)row * columns + i] * r[row]);
            dw[i] = sum;
        }
    }

    static void WeightPartialsKernel(ArrayView<float> dy, ArrayView<float> x, ArrayView<float> r, int columns, int slices, ArrayView<float> partials)
    {
        for (var i = Grid.GlobalIndex.X; i < slices * columns; i += Grid.DimX * Group.DimX)
        {
            var (slice, column) = (i / columns, i % columns);
            var end = ColumnSums.First((int)r.Length, slice + 1, slices);
            var sum = 0f;
            for (var row = ColumnSums.First((int)r.Length, slice, slices); row < end; row++)
                sum = GpuIntrinsics.Fma(dy[(long)row * columns + column], x[(long)row * columns + column] * r[row], sum);
            partials[i] = sum;
        }
    }
}
