using System.Runtime.Intrinsics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// One step of stochastic gradient descent without momentum: p -= lr · (g + wd p), where g is the gradient times a scale
/// (clipping). As torch.optim.SGD: the weight decay is a part of the gradient. There is no state.
/// </summary>
static unsafe class Sgd
{
    const int Grain = 8192;

    /// <summary>p is updated in place; g, of its length, is only read.</summary>
    public static void Step(Device device, FloatBuffer p, FloatBuffer g, float learningRate, float weightDecay, float gradientScale) => device.Launch(
        host => host.For(p.Length, Grain, (from, to) => Loop(p.Pointer, g.Pointer, learningRate, weightDecay, gradientScale, from, to)),
        gpu => gpu.Run(StepKernel, p.Length, p.View, g.View, learningRate, weightDecay, gradientScale));

    static void Loop(float* p, float* g, float learningRate, float weightDecay, float gradientScale, long from, long to)
    {
        var (rate, decay, scale) = (Vector512.Create(-learningRate), Vector512.Create(weightDecay), Vector512.Create(gradientScale));
        var i = from;
        for (; i <= to - 16; i += 16)
        {
            var value = Vector512.Load(p + i);
            var gradient = Vector512.FusedMultiplyAdd(value, decay, Vector512.Load(g + i) * scale);
            Vector512.FusedMultiplyAdd(gradient, rate, value).Store(p + i);
        }
        for (; i < to; i++)
            p[i] = float.FusedMultiplyAdd(float.FusedMultiplyAdd(p[i], weightDecay, g[i] * gradientScale), -learningRate, p[i]);
    }

    static void StepKernel(ArrayView<float> p, ArrayView<float> g, float learningRate, float weightDecay, float gradientScale)
    {
        for (var i = Grid.GlobalIndex.X; i < p.Length; i += Grid.DimX * Group.DimX)
            p[i] -= learningRate * (g[i] * gradientScale + weightDecay * p[i]);
    }
}
