using ILGPU;

namespace PureLora.Kernels;

/// <summary>target[rows[i], :] = source[i, :]; a negative row (padding) is skipped. No row is named twice; one beyond the target is
/// an error on the host, and skipped on a GPU.</summary>
static unsafe class CopyRows
{
    /// <summary>source [rows.Length, columns]; target [any, columns].</summary>
    public static void Forward(Device device, FloatBuffer source, int columns, IntBuffer rows, FloatBuffer target) => device.Launch(
        host => host.For(rows.Length, Math.Max(1, 16384 / columns), (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                var row = rows.Pointer[i];
                if (row >= target.Length / columns)
                    throw new PureLoraException($"CopyRows: row {i} goes to {row}, but the target has {target.Length / columns} rows. Make room for more.");
                if (row >= 0)
                    new Span<float>(source.Pointer + i * columns, columns).CopyTo(new(target.Pointer + (long)row * columns, columns));
            }
        }),
        gpu => gpu.Run(ForwardKernel, rows.Length * columns, source.View, rows.View, target.View, columns));

    static void ForwardKernel(ArrayView<float> source, ArrayView<int> rows, ArrayView<float> target, int columns)
    {
        for (var i = Grid.GlobalIndex.X; i < rows.Length * columns; i += Grid.DimX * Group.DimX)
        {
            var row = i / columns;
            if (rows[row] >= 0 && rows[row] < target.Length / columns)
                target[(long)rows[row] * columns + i - row * columns] = source[i];
        }
    }
}
