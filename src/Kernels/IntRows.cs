using ILGPU;

namespace PureLora.Kernels;

/// <summary>y[i] = source[rows[i]], and y[i] = source[offset + i]: what names the rows of a part of a batch.</summary>
static unsafe class IntRows
{
    /// <summary>y[i] = source[rows[i]].</summary>
    public static void Pick(Device device, IntBuffer source, IntBuffer rows, IntBuffer y) => device.Launch(
        _ =>
        {
            RefuseOutside("Pick", rows, source.Length);
            for (var i = 0; i < y.Length; i++)
                y.Pointer[i] = source.Pointer[rows.Pointer[i]];
        },
        gpu => gpu.Run(PickKernel, y.Length, source.View, rows.View, y.View));

    /// <summary>y = the y.Length elements of source that begin at <paramref name="offset"/>.</summary>
    public static void Slice(Device device, IntBuffer source, int offset, IntBuffer y) => device.Launch(
        _ => new ReadOnlySpan<int>(source.Pointer + offset, (int)y.Length).CopyTo(new Span<int>(y.Pointer, (int)y.Length)),
        gpu => gpu.Run(SliceKernel, y.Length, source.View, offset, y.View));

    /// <summary>
    /// On the host, an index that is none of 0..rows-1 is an error. A GPU reads nothing back in a step: its kernels give NaN
    /// there, and write nothing.
    /// </summary>
    public static void RefuseOutside(string op, IntBuffer indices, long rows)
    {
        for (var i = 0L; i < indices.Length; i++)
            if ((uint)indices.Pointer[i] >= rows)
                throw new PureLoraException($"{op}: index {i} is {indices.Pointer[i]}, but a table of {rows} rows needs 0 to {rows - 1}. Correct the indices, or use a larger table.");
    }

    static void PickKernel(ArrayView<int> source, ArrayView<int> rows, ArrayView<int> y)
    {
        for (var i = Grid.GlobalIndex.X; i < y.Length; i += Grid.DimX * Group.DimX)
            y[i] = rows[i] >= 0 && rows[i] < source.Length ? source[rows[i]] : 0;
    }

    static void SliceKernel(ArrayView<int> source, int offset, ArrayView<int> y)
    {
        for (var i = Grid.GlobalIndex.X; i < y.Length; i += Grid.DimX * Group.DimX)
            y[i] = source[offset + i];
    }
}
