using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// The kernels of a GPU. Where groups share memory a warp has a column of y: its lanes go along k side by side, so that a
/// weight is read in whole lines, four elements to a lane where its rows are whole fours.
/// </summary>
static partial class MatVec
{
    const int Lanes = 32, ColumnsOfGroup = GpuDevice.GroupSize / Lanes;

    static void ForwardKernel<TReader>(ArrayView<float> x, WeightView w, ArrayView<float> y, int rows, int n, int k)
        where TReader : struct, IWeightReader
    {
        for (var i = Grid.GlobalIndex.X; i < rows * n; i += Grid.DimX * Group.DimX)
        {
            var row = i / n;
            var column = i - row * n;
            var sum = 0f;
            for (var j = 0; j < k; j++)
                sum += x[row * k + j] * default(TReader).Read(w, (long)column * k + j);
            y[i] = sum;
        }
    }

    /// <summary>The groups of one part of the weight and several rows follow each other: what the first reads is in the cache for the others.</summary>
    static void ForwardGroupsKernel<TReader>(ArrayView<float> x, WeightView w, ArrayView<float> y, int rows, int n, int k)
        where TReader : struct, IWeightReader
    {
        var book = SharedMemory.Allocate<float>(16);
        default(TReader).Prepare(w, book);
        var lane = Group.IdxX & (Lanes - 1);
        var row = Grid.IdxX % rows;
        var column = Grid.IdxX / rows * ColumnsOfGroup + Group.IdxX / Lanes;
        // A column after the last has no terms: its threads only wait with the others.
        var count = column < n ? k : 0;
        var sum = 0f;
        if ((k & 3) == 0)
            for (var j = 4 * lane; j < count; j += 4 * Lanes)
                sum = Float4.Dot(sum, x.Cast<Float4>()[(row * k + j) >> 2], default(TReader).Read4(w, book, column, (long)column * k + j));
        else
            for (var j = lane; j < count; j += Lanes)
                sum = GpuIntrinsics.Fma(x[row * k + j], default(TReader).Read(w, (long)column * k + j), sum);
        sum = RowLanes.Sum(sum, Lanes);
        if (lane == 0 && column < n)
            y[row * n + column] = sum;
    }
}
