using System.Runtime.Intrinsics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// y[t] = table[ids[t]]: rows of a table [V, C], picked by T ids. Backward: dtable[ids[t]] += dy[t], t ascending.
/// An id outside 0..V-1 is an error on the host; on a GPU its row is NaN.
/// </summary>
static unsafe class Embedding
{
    const int Grain = 16384;

    public static void Forward(Device device, Weight table, IntBuffer ids, FloatBuffer y)
    {
        int rows = (int)ids.Length, columns = table.Columns;
        device.Launch(
            host =>
            {
                IntRows.RefuseOutside("Embedding", ids, table.Rows);
                host.For(rows, Grain / columns, (from, to) =>
                {
                    for (var row = from; row < to; row++)
                        HostWeights.Decode(table, (long)ids.Pointer[row] * columns, columns, y.Pointer + row * columns);
                });
            },
            gpu => gpu.Run(WeightReaders.For(table, ForwardKernel<F32Reader>, ForwardKernel<BF16Reader>, ForwardKernel<F16Reader>, ForwardKernel<INT8Reader>, ForwardKernel<FourBitReader>, ForwardKernel<NestedFourBitReader>),
                y.Length, table.View, table.Rows, ids.View, columns, y.View));
    }

    /// <summary>Split over columns: rows of dy that pick one row of the table are added in their order.</summary>
    public static void Backward(Device device, FloatBuffer dy, IntBuffer ids, int columns, FloatBuffer dtable)
    {
        var rows = (int)ids.Length;
        device.Launch(
            host =>
            {
                IntRows.RefuseOutside("Embedding", ids, dtable.Length / columns);
                host.For(columns, Grain / Math.Max(rows, 1), (from, to) =>
                {
                    for (var row = 0; row < rows; row++)
                        Add(dy.Pointer + (long)row * columns, dtable.Pointer + (long)ids.Pointer[row] * columns, from, to);
                });
            },
            gpu => gpu.Run(BackwardKernel, columns, BackwardGroupsKernel, rows, dy.View, ids.View, columns, dtable.View));
    }

    static void Add(float* dy, float* target, long from, long to)
    {
        var i = from;
        for (; i <= to - 16; i += 16)
            (Vector512.Load(target + i) + Vector512.Load(dy + i)).Store(target + i);
        for (; i < to; i++)
            target[i] += dy[i];
    }

    static void ForwardKernel<TReader>(WeightView table, int rows, ArrayView<int> ids, int columns, ArrayView<float> y)
        where TReader : struct, IWeightReader
    {
        var reader = default(TReader);
        for (var i = Grid.GlobalIndex.X; i < y.Length; i += Grid.DimX * Group.DimX)
        {
            var id = ids[i / columns];
            y[i] = float.NaN;
            if (id >= 0 && id < rows)
                y[i] = reader.Read(table, (long)id * columns + i % columns);
        }
    }

    static void BackwardKernel(ArrayView<float> dy, ArrayView<int> ids, int columns, ArrayView<float> dtable)
    {
        for (var i = Grid.GlobalIndex.X; i < columns; i += Grid.DimX * Group.DimX)
            for (var row = 0; row < ids.Length; row++)
                if (ids[row] >= 0 && ids[row] < dtable.Length / columns)
                    dtable[(long)ids[row] * columns + i] += dy[(long)row * columns + i];
    }

    /// <summary>A group has a row of dy. The first that picks a row of the table adds all that pick it, in their order.</summary>
    static void BackwardGroupsKernel(ArrayView<float> dy, ArrayView<int> ids, int columns, ArrayView<float> dtable)
    {
        var shared = SharedMemory.Allocate<int>(GpuDevice.GroupSize);
        var (rows, first, thread) = ((int)ids.Length, Grid.IdxX, Group.IdxX);
        var id = first < rows ? ids[first] : -1;
        var valid = id >= 0 && id < dtable.Length / columns;
        // 2 where a row before this one has the id, 1 where only one after it has.
        var others = 0;
        for (var row = thread; row < rows; row += GpuDevice.GroupSize)
            if (ids[row] == id && row != first)
                others = row < first || others == 2 ? 2 : 1;
        var seen = GroupReduce.Max(others);
        var adds = valid && seen < 2f;
        var (target, count) = (adds ? (long)id * columns : 0L, adds ? columns : 0);
        for (var i = thread; i < count; i += GpuDevice.GroupSize)
            dtable[target + i] += dy[(long)first * columns + i];
        // Every thread of the group makes the same rounds.
        for (var block = adds && seen > 0f ? first + 1 : rows; block < rows; block += GpuDevice.GroupSize)
        {
            GpuIntrinsics.Barrier();
            shared[thread] = block + thread < rows ? ids[block + thread] : -1;
            GpuIntrinsics.Barrier();
            for (var j = 0; j < GpuDevice.GroupSize; j++)
                if (shared[j] == id)
                    for (var i = thread; i < count; i += GpuDevice.GroupSize)
                        dtable[target + i] += dy[(long)(block + j) * columns + i];
        }
    }
}
