using ILGPU;

namespace PureLora.Kernels;

/// <summary>y[i] = source[rows[i]], and y[i] = source[offset + i]: what names the rows of a part of a batch.</summary>
static unsafe class IntRows
{
    /// <summary>y[i] = source[rows[i]].</summary>
    public static void Pick(Device device, IntBuffer source, IntBuffer rows, IntBuffer y) => device.Launch(
        _ =>
        {
            // A span checks the bounds: a wrong row is an error, not a read of someone else's memory.
            var from = new ReadOnlySpan<int>(source.Pointer, checked((int)source.Length));
            for (var i = 0; i < y.Length; i++)
                y.Pointer[i] = from[rows.Pointer[i]];
        },
        gpu => gpu.Run(PickKernel, y.Length, source.View, rows.View, y.View));

    /// <summary>y = the y.Length elements of source that begin at <paramref name="offset"/>.</summary>
    public static void Slice(Device device, IntBuffer source, int offset, IntBuffer y) => device.Launch(
        _ => new ReadOnlySpan<int>(source.Pointer + offset, (int)y.Length).CopyTo(new Span<int>(y.Pointer, (int)y.Length)),
        gpu => gpu.Run(SliceKernel, y.Length, source.View, offset, y.View));

    static void PickKernel(ArrayView<int> source, ArrayView<int> rows, ArrayView<int> y)
    {
        for (var i = Grid.GlobalIndex.X; i < y.Length; i += Grid.DimX * Group.DimX)
            y[i] = source[rows[i]];
    }

    static void SliceKernel(ArrayView<int> source, int offset, ArrayView<int> y)
    {
        for (var i = Grid.GlobalIndex.X; i < y.Length; i += Grid.DimX * Group.DimX)
            y[i] = source[offset + i];
    }
}
