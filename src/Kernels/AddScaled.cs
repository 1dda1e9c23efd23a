using System.Runtime.Intrinsics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// y = a + s·b, element by element; with s = 1 the residual connection. Backward: da += dy, db += s·dy.
/// </summary>
static unsafe class AddScaled
{
    const int Grain = 16384;

    public static void Forward(Device device, FloatBuffer a, FloatBuffer b, float s, FloatBuffer y) => device.Launch(
        host => host.For(y.Length, Grain, (from, to) => Loop(a.Pointer, b.Pointer, s, y.Pointer, from, to)),
        gpu => gpu.Run(ForwardKernel, y.Length, a.View, b.View, s, y.View));

    /// <summary>dx += s·dy.</summary>
    public static void Backward(Device device, FloatBuffer dy, float s, FloatBuffer dx) => device.Launch(
        host => host.For(dy.Length, Grain, (from, to) => Loop(dx.Pointer, dy.Pointer, s, dx.Pointer, from, to)),
        gpu => gpu.Run(ForwardKernel, dy.Length, dx.View, dy.View, s, dx.View));

    static void Loop(float* a, float* b, float s, float* y, long from, long to)
    {
        var i = from;
        for (; i <= to - 16; i += 16)
            Vector512.FusedMultiplyAdd(Vector512.Load(b + i), Vector512.Create(s), Vector512.Load(a + i)).Store(y + i);
        for (; i < to; i++)
            y[i] = float.FusedMultiplyAdd(b[i], s, a[i]);
    }

    static void ForwardKernel(ArrayView<float> a, ArrayView<float> b, float s, ArrayView<float> y)
    {
        for (var i = Grid.GlobalIndex.X; i < y.Length; i += Grid.DimX * Group.DimX)
            y[i] = a[i] + s * b[i];
    }
}
