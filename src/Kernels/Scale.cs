using System.Runtime.Intrinsics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>y = s·x, element by element. Backward: dx += s·dy.</summary>
static unsafe class Scale
{
    const int Grain = 16384;

    public static void Forward(Device device, FloatBuffer x, float s, FloatBuffer y) => device.Launch(
        host => host.For(y.Length, Grain, (from, to) => Loop(x.Pointer, s, y.Pointer, from, to)),
        gpu => gpu.Run(ForwardKernel, y.Length, x.View, s, y.View));

    public static void Backward(Device device, FloatBuffer dy, float s, FloatBuffer dx) => AddScaled.Backward(device, dy, s, dx);

    static void Loop(float* x, float s, float* y, long from, long to)
    {
        var i = from;
        for (; i <= to - 16; i += 16)
            (Vector512.Load(x + i) * s).Store(y + i);
        for (; i < to; i++)
            y[i] = x[i] * s;
    }

    static void ForwardKernel(ArrayView<float> x, float s, ArrayView<float> y)
    {
        for (var i = Grid.GlobalIndex.X; i < y.Length; i += Grid.DimX * Group.DimX)
            y[i] = x[i] * s;
    }
}
