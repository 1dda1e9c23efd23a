using System.Runtime.Intrinsics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// y[s / K] += w[s]·x[i] with s = slots[i]: rows of x [n, C] weighted and added into rows of y [T, C], where w [T, K] has K
/// slots a row. Backward: dx[i] += w[s]·dy[s / K], dw[s] += dy[s / K]·x[i]. Slots ascend, with none of a row twice, so that
/// every row has one writer; one that is none of 0..T·K-1 or out of order is an error on the host, and skipped on a GPU.
/// </summary>
static unsafe class ScatterAdd
{
    const int Grain = 16384;

    public static void Forward(Device device, FloatBuffer x, IntBuffer slots, FloatBuffer weights, int k, int columns, FloatBuffer y) => device.Launch(
        host =>
        {
            Check(slots, weights.Length, k);
            host.For(slots.Length, Math.Max(1, Grain / columns), (from, to) =>
            {
                for (var i = from; i < to; i++)
                {
                    var slot = slots.Pointer[i];
                    Add(weights.Pointer[slot], x.Pointer + i * columns, columns, y.Pointer + (long)(slot / k) * columns);
                }
            });
        },
        gpu => gpu.Run(ForwardKernel, slots.Length * columns, x.View, slots.View, weights.View, k, columns, y.View));

    /// <summary>A gradient that is null is not wanted.</summary>
    public static void Backward(
        Device device, FloatBuffer dy, FloatBuffer x, IntBuffer slots, FloatBuffer weights, int k, int columns, FloatBuffer? dx, FloatBuffer? dweights) => device.Launch(
        host => host.For(slots.Length, Math.Max(1, Grain / columns), (from, to) =>
        {
            for (var i = from; i < to; i++)
            {
                var slot = slots.Pointer[i];
                var (slopes, start) = ((IntPtr)(dy.Pointer + (long)(slot / k) * columns), i * columns);
                if (dx is not null)
                    Add(weights.Pointer[slot], (float*)slopes, columns, dx.Pointer + start);
                if (dweights is not null)
                    dweights.Pointer[slot] += VectorMath.LaneDot(new((float*)slopes, columns), new(x.Pointer + start, columns));
            }
        }),
        gpu =>
        {
            if (dx is not null)
                gpu.Run(BackwardKernel, slots.Length * columns, dy.View, slots.View, weights.View, k, columns, dx.View);
            if (dweights is not null)
            {
                if (RowLanes.IsShort(columns))
                    gpu.Run(BackwardWeightsKernel, slots.Length, dy.View, x.View, slots.View, k, columns, dweights.View);
                else
                    gpu.Run(BackwardWeightsKernel, slots.Length, BackwardWeightsGroupsKernel, RowLanes.Groups(slots.Length, columns), dy.View, x.View, slots.View, k, columns, dweights.View);
            }
        });

    static void Check(IntBuffer slots, long count, int k)
    {
        IntRows.RefuseOutside("ScatterAdd", slots, count);
        for (var i = 1L; i < slots.Length; i++)
            if (slots.Pointer[i] / k <= slots.Pointer[i - 1] / k)
                throw new PureLoraException($"ScatterAdd: slot {i} is {slots.Pointer[i]} after {slots.Pointer[i - 1]}, but slots of {k} a row need rows that ascend. Sort them, and give one row once.");
    }

    static void Add(float factor, float* x, int count, float* y)
    {
        var i = 0;
        for (; i <= count - 16; i += 16)
            Vector512.FusedMultiplyAdd(Vector512.Create(factor), Vector512.Load(x + i), Vector512.Load(y + i)).Store(y + i);
        for (; i < count; i++)
            y[i] = float.FusedMultiplyAdd(factor, x[i], y[i]);
    }

    static void ForwardKernel(ArrayView<float> x, ArrayView<int> slots, ArrayView<float> weights, int k, int columns, ArrayView<float> y)
    {
        for (var i = Grid.GlobalIndex.X; i < x.Length; i += Grid.DimX * Group.DimX)
        {
            var slot = slots[i / columns];
            if (slot >= 0 && slot < weights.Length)
                y[(long)(slot / k) * columns + i % columns] += weights[slot] * x[i];
        }
    }

    static void BackwardKernel(ArrayView<float> dy, ArrayView<int> slots, ArrayView<float> weights, int k, int columns, ArrayView<float> dx)
    {
        for (var i = Grid.GlobalIndex.X; i < dx.Length; i += Grid.DimX * Group.DimX)
        {
            var slot = slots[i / columns];
            if (slot >= 0 && slot < weights.Length)
                dx[i] += weights[slot] * dy[(long)(slot / k) * columns + i % columns];
        }
    }

    static void BackwardWeightsKernel(ArrayView<float> dy, ArrayView<float> x, ArrayView<int> slots, int k, int columns, ArrayView<float> dweights)
    {
        for (var i = Grid.GlobalIndex.X; i < slots.Length; i += Grid.DimX * Group.DimX)
        {
            var slot = slots[i];
            if (slot < 0 || slot >= dweights.Length)
                continue;
            var sum = 0f;
            for (var c = 0; c < columns; c++)
                sum += dy[(long)(slot / k) * columns + c] * x[(long)i * columns + c];
            dweights[slot] += sum;
        }
    }

    static void BackwardWeightsGroupsKernel(ArrayView<float> dy, ArrayView<float> x, ArrayView<int> slots, int k, int columns, ArrayView<float> dweights)
    {
        var lanes = RowLanes.Of(columns);
        var lane = Group.IdxX & (lanes - 1);
        var row = RowLanes.Row(lanes);
        var slot = row < slots.Length ? slots[row] : -1;
        var count = slot >= 0 && slot < dweights.Length ? columns : 0;
        var sum = 0f;
        for (var c = lane; c < count; c += lanes)
            sum = GpuIntrinsics.Fma(dy[(long)(slot / k) * columns + c], x[(long)row * columns + c], sum);
        sum = RowLanes.Sum(sum, lanes);
        if (lane == 0 && count > 0)
            dweights[slot] += sum;
    }
}
