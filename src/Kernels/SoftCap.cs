using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// y = c·tanh(x / c), element by element: nothing beyond ±c (Gemma 2, arXiv 2408.00118). Backward computes the tanh again:
/// dx += dy·(1 - tanh²).
/// </summary>
static unsafe class SoftCap
{
    const int Grain = 4096;

    public static void Forward(Device device, FloatBuffer x, float cap, FloatBuffer y) => device.Launch(
        host => host.For(y.Length, Grain, (from, to) =>
        {
            var i = from;
            for (; i <= to - 16; i += 16)
                Bend(x.Pointer + i, cap, y.Pointer + i, 16);
            if (i < to)
                Bend(x.Pointer + i, cap, y.Pointer + i, (int)(to - i));
        }),
        gpu => gpu.Run(ForwardKernel, y.Length, x.View, cap, y.View));

    public static void Backward(Device device, FloatBuffer dy, FloatBuffer x, float cap, FloatBuffer dx) => device.Launch(
        host => host.For(dy.Length, Grain, (from, to) =>
        {
            var i = from;
            for (; i <= to - 16; i += 16)
                AddSlope(dy.Pointer + i, x.Pointer + i, cap, dx.Pointer + i, 16);
            if (i < to)
                AddSlope(dy.Pointer + i, x.Pointer + i, cap, dx.Pointer + i, (int)(to - i));
        }),
        gpu => gpu.Run(BackwardKernel, dy.Length, dy.View, x.View, cap, dx.View));

    /// <summary>y may be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Bend(float* x, float cap, float* y, int count) =>
        VectorMath.Store(VectorMath.Tanh(VectorMath.Load(x, count) * (1f / cap)) * cap, y, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddSlope(float* dy, float* x, float cap, float* dx, int count)
    {
        var t = VectorMath.Tanh(VectorMath.Load(x, count) * (1f / cap));
        VectorMath.Store(Vector512.FusedMultiplyAdd(VectorMath.Load(dy, count), Vector512.FusedMultiplyAdd(-t, t, Vector512<float>.One), VectorMath.Load(dx, count)), dx, count);
    }

    static void ForwardKernel(ArrayView<float> x, float cap, ArrayView<float> y)
    {
        for (var i = Grid.GlobalIndex.X; i < y.Length; i += Grid.DimX * Group.DimX)
            y[i] = cap * GpuMath.Tanh(x[i] / cap);
    }

    static void BackwardKernel(ArrayView<float> dy, ArrayView<float> x, float cap, ArrayView<float> dx)
    {
        for (var i = Grid.GlobalIndex.X; i < dy.Length; i += Grid.DimX * Group.DimX)
        {
            var t = GpuMath.Tanh(x[i] / cap);
            dx[i] += dy[i] * (1f - t * t);
        }
    }
}
