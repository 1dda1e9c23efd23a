using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// The kernels of a GPU. Where groups share memory a warp has a column of y: its lanes go along k side by side, so that a
/// weight is read in whole lines, and once for four rows.
/// </summary>
static partial class MatVec
{
    const int Lanes = 32, ColumnsOfGroup = GpuDevice.GroupSize / Lanes, RowsAtOnce = 4;

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

    static void ForwardGroupsKernel<TReader>(ArrayView<float> x, WeightView w, ArrayView<float> y, int rows, int n, int k)
        where TReader : struct, IWeightReader
    {
        var lane = Group.IdxX & (Lanes - 1);
        var column = RowLanes.Row(Lanes);
        // A column after the last has no terms: its threads only wait with the others.
        var count = column < n ? k : 0;
        for (var row = 0; row < rows; row += RowsAtOnce)
        {
            // Rows after the last repeat it.
            int x0 = row * k, x1 = Math.Min(row + 1, rows - 1) * k, x2 = Math.Min(row + 2, rows - 1) * k, x3 = Math.Min(row + 3, rows - 1) * k;
            float sum0 = 0f, sum1 = 0f, sum2 = 0f, sum3 = 0f;
            for (var j = lane; j < count; j += Lanes)
            {
                var weight = default(TReader).Read(w, (long)column * k + j);
                sum0 = GpuIntrinsics.Fma(x[x0 + j], weight, sum0);
                sum1 = GpuIntrinsics.Fma(x[x1 + j], weight, sum1);
                sum2 = GpuIntrinsics.Fma(x[x2 + j], weight, sum2);
                sum3 = GpuIntrinsics.Fma(x[x3 + j], weight, sum3);
            }
            sum0 = RowLanes.Sum(sum0, Lanes);
            sum1 = RowLanes.Sum(sum1, Lanes);
            sum2 = RowLanes.Sum(sum2, Lanes);
            sum3 = RowLanes.Sum(sum3, Lanes);
            if (lane == 0 && count > 0)
            {
                y[row * n + column] = sum0;
                if (row + 1 < rows)
                    y[(row + 1) * n + column] = sum1;
                if (row + 2 < rows)
                    y[(row + 2) * n + column] = sum2;
                if (row + 3 < rows)
                    y[(row + 3) * n + column] = sum3;
            }
        }
    }
}
