using System.Runtime.Intrinsics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>y = x + b for each row: x, y [T, C], b [C]. Backward: dx += dy, db += sum over T of dy, T ascending.</summary>
static unsafe class AddBias
{
    const int Grain = 16384;

    public static void Forward(Device device, FloatBuffer x, FloatBuffer b, FloatBuffer y)
    {
        var columns = (int)b.Length;
        device.Launch(
            host => host.For(y.Length / columns, Grain / columns, (from, to) =>
            {
                for (var row = from; row < to; row++)
                    Add(x.Pointer + (long)row * columns, b.Pointer, y.Pointer + (long)row * columns, 0, columns);
            }),
            gpu => gpu.Run(ForwardKernel, y.Length, x.View, b.View, y.View));
    }

    public static void BackwardInput(Device device, FloatBuffer dy, FloatBuffer dx) => AddScaled.Backward(device, dy, 1f, dx);

    /// <summary>Split over columns: each element of db is one chain over the rows, ascending; on a GPU over slices of them.</summary>
    public static void BackwardBias(Device device, FloatBuffer dy, FloatBuffer db)
    {
        var columns = (int)db.Length;
        var rows = (int)(dy.Length / columns);
        using var partials = device.Rent<float>(ColumnSums.PartialsLength(device, rows, columns));
        device.Launch(
            host => host.For(columns, Grain / Math.Max(rows, 1), (from, to) =>
            {
                for (var row = 0; row < rows; row++)
                    Add(db.Pointer, dy.Pointer + (long)row * columns, db.Pointer, from, to);
            }),
            gpu =>
            {
                var slices = ColumnSums.Slices(rows);
                if (slices == 1)
                {
                    gpu.Run(BackwardBiasKernel, columns, dy.View, db.View);
                    return;
                }
                gpu.Run(BiasPartialsKernel, (long)slices * columns, dy.View, columns, slices, partials.View);
                ColumnSums.Add(gpu, partials, slices, db);
            });
    }

    static void Add(float* a, float* b, float* y, long from, long to)
    {
        var i = from;
        for (; i <= to - 16; i += 16)
            (Vector512.Load(a + i) + Vector512.Load(b + i)).Store(y + i);
        for (; i < to; i++)
            y[i] = a[i] + b[i];
    }

    static void ForwardKernel(ArrayView<float> x, ArrayView<float> b, ArrayView<float> y)
    {
        for (var i = Grid.GlobalIndex.X; i < y.Length; i += Grid.DimX * Group.DimX)
            y[i] = x[i] + b[i % b.Length];
    }

    static void BackwardBiasKernel(ArrayView<float> dy, ArrayView<float> db)
    {
        for (var i = Grid.GlobalIndex.X; i < db.Length; i += Grid.DimX * Group.DimX)
        {
            var sum = db[i];
            for (long at = i; at < dy.Length; at += db.Length)
                sum += dy[at];
            db[i] = sum;
        }
    }

    static void BiasPartialsKernel(ArrayView<float> dy, int columns, int slices, ArrayView<float> partials)
    {
        for (var i = Grid.GlobalIndex.X; i < slices * columns; i += Grid.DimX * Group.DimX)
        {
            var (slice, column) = (i / columns, i % columns);
            var rows = (int)(dy.Length / columns);
            var end = ColumnSums.First(rows, slice + 1, slices);
            var sum = 0f;
            for (var row = ColumnSums.First(rows, slice, slices); row < end; row++)
                sum += dy[(long)row * columns + column];
            partials[i] = sum;
        }
    }
}
