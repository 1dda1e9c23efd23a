using System.Runtime.Intrinsics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// Of every S columns of x those from start on, width of them: y[m, g·width + i] = x[m, g·S + start + i] for x [M, G·S],
/// y [M, G·width]. Backward: dx += dy in those places.
/// </summary>
static unsafe class Columns
{
    const int Grain = 16384;

    /// <param name="device">Where it runs.</param>
    /// <param name="x">[M, G·S].</param>
    /// <param name="stride">S.</param>
    /// <param name="start">The first column of each S.</param>
    /// <param name="width">Columns of each S.</param>
    /// <param name="y">[M, G·width].</param>
    public static void Forward(Device device, FloatBuffer x, int stride, int start, int width, FloatBuffer y) => device.Launch(
        host => host.For(y.Length / width, Grain / width, (from, to) =>
        {
            for (var run = from; run < to; run++)
                new ReadOnlySpan<float>(x.Pointer + run * stride + start, width).CopyTo(new(y.Pointer + run * width, width));
        }),
        gpu => gpu.Run(ForwardKernel, y.Length, x.View, stride, start, width, y.View));

    public static void Backward(Device device, FloatBuffer dy, int stride, int start, int width, FloatBuffer dx) => device.Launch(
        host => host.For(dy.Length / width, Grain / width, (from, to) =>
        {
            for (var run = from; run < to; run++)
                Add(dy.Pointer + run * width, width, dx.Pointer + run * stride + start);
        }),
        gpu => gpu.Run(BackwardKernel, dy.Length, dy.View, stride, start, width, dx.View));

    internal static void Add(float* dy, int count, float* dx)
    {
        var i = 0;
        for (; i <= count - 16; i += 16)
            (Vector512.Load(dx + i) + Vector512.Load(dy + i)).Store(dx + i);
        for (; i < count; i++)
            dx[i] += dy[i];
    }

    static void ForwardKernel(ArrayView<float> x, int stride, int start, int width, ArrayView<float> y)
    {
        for (var i = Grid.GlobalIndex.X; i < y.Length; i += Grid.DimX * Group.DimX)
            y[i] = x[(long)(i / width) * stride + start + i % width];
    }

    static void BackwardKernel(ArrayView<float> dy, int stride, int start, int width, ArrayView<float> dx)
    {
        for (var i = Grid.GlobalIndex.X; i < dy.Length; i += Grid.DimX * Group.DimX)
            dx[(long)(i / width) * stride + start + i % width] += dy[i];
    }
}
