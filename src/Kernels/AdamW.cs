using System.Runtime.Intrinsics;
using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>The factors of one AdamW step, rounded to f32 once. A plain struct, so that a GPU kernel can take it.</summary>
struct AdamWStep
{
    public float Decay, NewMean, OldSquare, NewSquare, StepSize, RootCorrection, Epsilon;

    /// <summary>
    /// Step <paramref name="step"/>, from 1. The powers of beta are products in f64, the same on every machine.
    /// </summary>
    public static AdamWStep Of(double learningRate, double beta1, double beta2, double epsilon, double weightDecay, int step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        double power1 = 1, power2 = 1;
        for (var i = 0; i < step; i++)
        {
            power1 *= beta1;
            power2 *= beta2;
        }
        return new AdamWStep
        {
            Decay = (float)(1 - learningRate * weightDecay),
            NewMean = (float)(1 - beta1),
            OldSquare = (float)beta2,
            NewSquare = (float)(1 - beta2),
            StepSize = (float)(learningRate / (1 - power1)),
            RootCorrection = (float)Math.Sqrt(1 - power2),
            Epsilon = (float)epsilon,
        };
    }
}

/// <summary>
/// One step t of AdamW: p -= lr wd p; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g²;
/// p -= lr / (1 - b1^t) · m / (sqrt(v) / sqrt(1 - b2^t) + eps), where g is the gradient times a scale (clipping).
/// Loshchilov and Hutter, arXiv 1711.05101, in the order of operations of torch.optim.AdamW.
/// </summary>
static unsafe class AdamW
{
    const int Grain = 8192;

    /// <summary>p, m and v are updated in place, all of one length; g is only read.</summary>
    public static void Step(Device device, FloatBuffer p, FloatBuffer g, FloatBuffer m, FloatBuffer v, AdamWStep step, float gradientScale)
    {
        using StateWindow<float> mean = new(m), square = new(v);
        device.Launch(
            host => host.For(p.Length, Grain, (from, to) => Loop(p.Pointer, g.Pointer, m.Pointer, v.Pointer, step, gradientScale, from, to)),
            gpu =>
            {
                for (long first = 0; first < p.Length; first += mean.Piece)
                {
                    var count = Math.Min(mean.Piece, p.Length - first);
                    gpu.Run(StepKernel, count, p.View.SubView(first, count), g.View.SubView(first, count), mean.Read(gpu, first, count), square.Read(gpu, first, count), step, gradientScale);
                    mean.Write(gpu, first, count);
                    square.Write(gpu, first, count);
                }
            });
    }

    public static void Loop(float* p, float* g, float* m, float* v, AdamWStep step, float gradientScale, long from, long to)
    {
        var (decay, newMean) = (Vector512.Create(step.Decay), Vector512.Create(step.NewMean));
        var (oldSquare, newSquare) = (Vector512.Create(step.OldSquare), Vector512.Create(step.NewSquare));
        var (size, root, epsilon) = (Vector512.Create(-step.StepSize), Vector512.Create(step.RootCorrection), Vector512.Create(step.Epsilon));
        var i = from;
        for (; i <= to - 16; i += 16)
        {
            var gradient = Vector512.Load(g + i) * Vector512.Create(gradientScale);
            var mean = Vector512.Load(m + i);
            mean = Vector512.FusedMultiplyAdd(newMean, gradient - mean, mean);
            var square = Vector512.FusedMultiplyAdd(newSquare * gradient, gradient, Vector512.Load(v + i) * oldSquare);
            mean.Store(m + i);
            square.Store(v + i);
            (Vector512.Load(p + i) * decay + size * mean / (Vector512.Sqrt(square) / root + epsilon)).Store(p + i);
        }
        for (; i < to; i++)
        {
            var gradient = g[i] * gradientScale;
            var mean = m[i] = float.FusedMultiplyAdd(step.NewMean, gradient - m[i], m[i]);
            var square = v[i] = float.FusedMultiplyAdd(step.NewSquare * gradient, gradient, v[i] * step.OldSquare);
            p[i] = p[i] * step.Decay + -step.StepSize * mean / (float.Sqrt(square) / step.RootCorrection + step.Epsilon);
        }
    }

    static void StepKernel(ArrayView<float> p, ArrayView<float> g, ArrayView<float> m, ArrayView<float> v, AdamWStep step, float gradientScale)
    {
        for (var i = Grid.GlobalIndex.X; i < p.Length; i += Grid.DimX * Group.DimX)
        {
            var gradient = g[i] * gradientScale;
            m[i] = Mean(m[i], gradient, step);
            v[i] = Square(v[i], gradient, step);
            p[i] = Moved(p[i], m[i], v[i], step);
        }
    }

    // Fused by hand: every kernel that has these must find the same bits, whatever its compiler would fuse.
    public static float Mean(float mean, float gradient, AdamWStep step) => GpuIntrinsics.Fma(step.NewMean, gradient - mean, mean);

    public static float Square(float square, float gradient, AdamWStep step) => GpuIntrinsics.Fma(step.NewSquare * gradient, gradient, square * step.OldSquare);

    public static float Moved(float p, float mean, float square, AdamWStep step) =>
        GpuIntrinsics.Fma(p, step.Decay, -step.StepSize * mean / (XMath.Sqrt(square) / step.RootCorrection + step.Epsilon));
}
