using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>
/// The kernels of a GPU. A slice is every so-manieth column of a row: where groups share memory a group has one, elsewhere a
/// thread. The slices of a row are put together by one thread.
/// </summary>
static unsafe partial class CrossEntropy
{
    const int MostSlices = 64, ColumnsOfSlice = 4096;

    // A shorter row would leave most of a group without a column.
    const int FewestColumns = 1024;

    const int BackwardColumns = 8 * GpuDevice.GroupSize;

    static int Slices(int vocabulary) => Math.Clamp(vocabulary / ColumnsOfSlice, 1, MostSlices);

    static long BackwardGroups(int vocabulary) => (vocabulary + BackwardColumns - 1) / BackwardColumns;

    /// <summary>Of each slice of a row: its largest logit, and the sum of exponentials relative to that.</summary>
    static void PartialsKernel(ArrayView<float> logits, int vocabulary, int rows, int slices, ArrayView<float> partials)
    {
        for (var i = Grid.GlobalIndex.X; i < rows * slices; i += Grid.DimX * Group.DimX)
        {
            var start = (long)(i / slices) * vocabulary;
            var max = float.NegativeInfinity;
            for (var c = i % slices; c < vocabulary; c += slices)
                max = logits[start + c] > max ? logits[start + c] : max;
            var shift = max > float.NegativeInfinity ? max : 0f;
            var sum = 0f;
            for (var c = i % slices; c < vocabulary; c += slices)
                sum += XMath.Exp(logits[start + c] - shift);
            partials[2 * i] = max;
            partials[2 * i + 1] = sum;
        }
    }

    /// <summary>A slice is short enough to be in the cache when it is read again.</summary>
    static void PartialsGroupsKernel(ArrayView<float> logits, int vocabulary, int rows, int slices, ArrayView<float> partials)
    {
        var row = Grid.IdxX / slices;
        var first = Grid.IdxX % slices * GpuDevice.GroupSize + Group.IdxX;
        var start = (long)row * vocabulary;
        var count = row < rows ? vocabulary : 0;
        var max = float.NegativeInfinity;
        for (var c = first; c < count; c += slices * GpuDevice.GroupSize)
            max = logits[start + c] > max ? logits[start + c] : max;
        max = GroupReduce.Max(max);
        var shift = max > float.NegativeInfinity ? max : 0f;
        var sum = 0f;
        for (var c = first; c < count; c += slices * GpuDevice.GroupSize)
            sum += XMath.Exp(logits[start + c] - shift);
        sum = GroupReduce.Sum(sum);
        if (Group.IdxX == 0 && count > 0)
        {
            partials[2 * Grid.IdxX] = max;
            partials[2 * Grid.IdxX + 1] = sum;
        }
    }

    static void ForwardKernel(
        ArrayView<float> logits, int vocabulary, int rows, int slices, ArrayView<float> partials, ArrayView<int> targets, int offset, ArrayView<float> losses, ArrayView<float> stats)
    {
        for (var row = Grid.GlobalIndex.X; row < rows; row += Grid.DimX * Group.DimX)
        {
            var first = 2 * row * slices;
            var max = float.NegativeInfinity;
            for (var s = 0; s < slices; s++)
                max = partials[first + 2 * s] > max ? partials[first + 2 * s] : max;
            var shift = max > float.NegativeInfinity ? max : 0f;
            var sum = 0f;
            for (var s = 0; s < slices; s++)
                sum += partials[first + 2 * s + 1] * XMath.Exp(partials[first + 2 * s] - shift);
            var target = targets[offset + row];
            var loss = float.NaN;
            if (target == Ignored)
                loss = 0f;
            else if (target >= 0 && target < vocabulary)
                loss = XMath.Log(sum) + (shift - logits[(long)row * vocabulary + target]);
            losses[offset + row] = loss;
            stats[2 * (offset + row)] = shift;
            stats[2 * (offset + row) + 1] = 1f / sum;
        }
    }

    static void BackwardKernel(ArrayView<float> logits, int vocabulary, int rows, ArrayView<int> targets, int offset, ArrayView<float> dlosses, ArrayView<float> stats, ArrayView<float> dlogits, int add)
    {
        for (var i = Grid.GlobalIndex.X; i < rows * MostSlices; i += Grid.DimX * Group.DimX)
        {
            var row = i / MostSlices;
            var target = targets[offset + row];
            var start = (long)row * vocabulary;
            var dloss = dlosses[offset + row];
            var shift = stats[2 * (offset + row)];
            var factor = stats[2 * (offset + row) + 1] * dloss;
            for (var c = i % MostSlices; c < vocabulary; c += MostSlices)
            {
                var held = add == 1 ? dlogits[start + c] : 0f;
                if (target != Ignored)
                    held += XMath.Exp(logits[start + c] - shift) * factor - (c == target ? dloss : 0f);
                dlogits[start + c] = held;
            }
        }
    }

    static void BackwardGroupsKernel(ArrayView<float> logits, int vocabulary, int rows, ArrayView<int> targets, int offset, ArrayView<float> dlosses, ArrayView<float> stats, ArrayView<float> dlogits, int add)
    {
        var parts = (vocabulary + BackwardColumns - 1) / BackwardColumns;
        var row = Grid.IdxX / parts;
        if (row >= rows)
            return;
        var first = Grid.IdxX % parts * BackwardColumns;
        var end = XMath.Min(first + BackwardColumns, vocabulary);
        var target = targets[offset + row];
        var start = (long)row * vocabulary;
        var dloss = dlosses[offset + row];
        var shift = stats[2 * (offset + row)];
        var factor = stats[2 * (offset + row) + 1] * dloss;
        for (var c = first + Group.IdxX; c < end; c += GpuDevice.GroupSize)
        {
            var held = add == 1 ? dlogits[start + c] : 0f;
            if (target != Ignored)
                held += XMath.Exp(logits[start + c] - shift) * factor - (c == target ? dloss : 0f);
            dlogits[start + c] = held;
        }
    }
}
