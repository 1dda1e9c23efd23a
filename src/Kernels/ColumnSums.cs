using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// Sums over the rows of a matrix, one for each column, on a GPU: slices of the rows are summed side by side, and the
/// partial sums [slices, C] then added in order, so the bits repeat.
/// </summary>
static class ColumnSums
{
    const int RowsOfSlice = 16, MostSlices = 64;

    /// <summary>Into how many slices the rows are cut; with one there are no partial sums.</summary>
    public static int Slices(long rows) => (int)Math.Clamp(rows / RowsOfSlice, 1, MostSlices);

    /// <summary>What the partial sums of a launch need: 1 where there are none.</summary>
    public static long PartialsLength(Device device, long rows, int columns) =>
        device.ReadsHostMemory || Slices(rows) == 1 ? 1 : (long)Slices(rows) * columns;

    /// <summary>The first row of a slice; that of the slice after the last is the number of rows.</summary>
    public static int First(int rows, int slice, int slices) => (int)((long)rows * slice / slices);

    /// <summary>total[c] += the partial sums of column c, ascending.</summary>
    public static void Add(GpuDevice gpu, FloatBuffer partials, int slices, FloatBuffer total) =>
        gpu.Run(AddKernel, total.Length, partials.View, slices, total.View);

    static void AddKernel(ArrayView<float> partials, int slices, ArrayView<float> total)
    {
        for (var i = Grid.GlobalIndex.X; i < total.Length; i += Grid.DimX * Group.DimX)
        {
            var sum = total[i];
            for (var slice = 0; slice < slices; slice++)
                sum += partials[slice * (int)total.Length + i];
            total[i] = sum;
        }
    }
}
