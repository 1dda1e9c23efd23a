using System.Runtime.Intrinsics;
using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>
/// y = silu(g)·u with silu(g) = g·s(g), s(g) = 1 / (1 + e^-g), element by element (Shazeer, arXiv 2002.05202).
/// Backward computes s again: dg += dy·u·s·(1 + g·(1 - s)), du += dy·g·s.
/// </summary>
static unsafe class SwiGlu
{
    const int Grain = 4096;

    public static void Forward(Device device, FloatBuffer gate, FloatBuffer up, FloatBuffer y) => device.Launch(
        host => host.For(y.Length, Grain, (from, to) => Loop(gate.Pointer, up.Pointer, y.Pointer, from, to)),
        gpu => gpu.Run(ForwardKernel, y.Length, gate.View, up.View, y.View));

    /// <summary>A gradient that is null is not wanted.</summary>
    public static void Backward(Device device, FloatBuffer dy, FloatBuffer gate, FloatBuffer up, FloatBuffer? dgate, FloatBuffer? dup) => device.Launch(
        host => host.For(dy.Length, Grain, (from, to) => BackwardLoop(
            dy.Pointer, gate.Pointer, up.Pointer, dgate is null ? null : dgate.Pointer, dup is null ? null : dup.Pointer, from, to)),
        gpu =>
        {
            if (dgate is not null)
                gpu.Run(BackwardGateKernel, dy.Length, dy.View, gate.View, up.View, dgate.View);
            if (dup is not null)
                gpu.Run(BackwardUpKernel, dy.Length, dy.View, gate.View, dup.View);
        });

    static void Loop(float* gate, float* up, float* y, long from, long to)
    {
        var i = from;
        for (; i <= to - 16; i += 16)
            (VectorMath.Silu(Vector512.Load(gate + i)) * Vector512.Load(up + i)).Store(y + i);
        for (; i < to; i++)
            y[i] = VectorMath.Silu(gate[i]) * up[i];
    }

    static void BackwardLoop(float* dy, float* gate, float* up, float* dgate, float* dup, long from, long to)
    {
        var i = from;
        for (; i <= to - 16; i += 16)
        {
            Vector512<float> d = Vector512.Load(dy + i), g = Vector512.Load(gate + i), s = VectorMath.Sigmoid(g);
            var slope = s * Vector512.FusedMultiplyAdd(g, Vector512<float>.One - s, Vector512<float>.One);
            if (dgate is not null)
                Vector512.FusedMultiplyAdd(d * Vector512.Load(up + i), slope, Vector512.Load(dgate + i)).Store(dgate + i);
            if (dup is not null)
                Vector512.FusedMultiplyAdd(d, g * s, Vector512.Load(dup + i)).Store(dup + i);
        }
        for (; i < to; i++)
        {
            float d = dy[i], g = gate[i], s = VectorMath.Sigmoid(g);
            var slope = s * float.FusedMultiplyAdd(g, 1f - s, 1f);
            if (dgate is not null)
                dgate[i] = float.FusedMultiplyAdd(d * up[i], slope, dgate[i]);
            if (dup is not null)
                dup[i] = float.FusedMultiplyAdd(d, g * s, dup[i]);
        }
    }

    static void ForwardKernel(ArrayView<float> gate, ArrayView<float> up, ArrayView<float> y)
    {
        for (var i = Grid.GlobalIndex.X; i < y.Length; i += Grid.DimX * Group.DimX)
            y[i] = gate[i] * Sigmoid(gate[i]) * up[i];
    }

    static void BackwardGateKernel(ArrayView<float> dy, ArrayView<float> gate, ArrayView<float> up, ArrayView<float> dgate)
    {
        for (var i = Grid.GlobalIndex.X; i < dy.Length; i += Grid.DimX * Group.DimX)
        {
            var s = Sigmoid(gate[i]);
            dgate[i] += dy[i] * up[i] * (s * (1f + gate[i] * (1f - s)));
        }
    }

    static void BackwardUpKernel(ArrayView<float> dy, ArrayView<float> gate, ArrayView<float> dup)
    {
        for (var i = Grid.GlobalIndex.X; i < dy.Length; i += Grid.DimX * Group.DimX)
            dup[i] += dy[i] * (gate[i] * Sigmoid(gate[i]));
    }

    static float Sigmoid(float x) => 1f / (1f + XMath.Exp(-x));
}
