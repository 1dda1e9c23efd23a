using System.Runtime.Intrinsics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>The factors of one Lion step, rounded to f32 once. A plain struct, so that a GPU kernel can take it.</summary>
struct LionStep
{
    public float Decay, OldDirection, NewDirection, OldMean, NewMean, StepSize;

    public static LionStep Of(double learningRate, double beta1, double beta2, double weightDecay) => new()
    {
        Decay = (float)(1 - learningRate * weightDecay),
        OldDirection = (float)beta1,
        NewDirection = (float)(1 - beta1),
        OldMean = (float)beta2,
        NewMean = (float)(1 - beta2),
        StepSize = (float)learningRate,
    };
}

/// <summary>
/// One step of Lion: p -= lr wd p; p -= lr · sign(b1 m + (1 - b1) g); m = b2 m + (1 - b2) g, where g is the gradient
/// times a scale (clipping) and sign(0) = 0. Chen et al., arXiv 2302.06675, in the order of operations of bitsandbytes.
/// </summary>
static unsafe class Lion
{
    const int Grain = 8192;

    /// <summary>p and m are updated in place, of one length; g is only read.</summary>
    public static void Step(Device device, FloatBuffer p, FloatBuffer g, FloatBuffer m, LionStep step, float gradientScale)
    {
        using var mean = new StateWindow<float>(m);
        device.Launch(
            host => host.For(p.Length, Grain, (from, to) => Loop(p.Pointer, g.Pointer, m.Pointer, step, gradientScale, from, to)),
            gpu =>
            {
                for (long first = 0; first < p.Length; first += mean.Piece)
                {
                    var count = Math.Min(mean.Piece, p.Length - first);
                    gpu.Run(StepKernel, count, p.View.SubView(first, count), g.View.SubView(first, count), mean.Read(gpu, first, count), step, gradientScale);
                    mean.Write(gpu, first, count);
                }
            });
    }

    public static void Loop(float* p, float* g, float* m, LionStep step, float gradientScale, long from, long to)
    {
        var (decay, size) = (Vector512.Create(step.Decay), Vector512.Create(step.StepSize));
        var i = from;
        for (; i <= to - 16; i += 16)
        {
            var gradient = Vector512.Load(g + i) * Vector512.Create(gradientScale);
            var mean = Vector512.Load(m + i);
            var direction = mean * Vector512.Create(step.OldDirection) + gradient * Vector512.Create(step.NewDirection);
            var up = size & Vector512.GreaterThan(direction, Vector512<float>.Zero);
            var down = size & Vector512.LessThan(direction, Vector512<float>.Zero);
            (Vector512.Load(p + i) * decay - (up - down)).Store(p + i);
            Vector512.FusedMultiplyAdd(gradient, Vector512.Create(step.NewMean), mean * Vector512.Create(step.OldMean)).Store(m + i);
        }
        for (; i < to; i++)
        {
            var gradient = g[i] * gradientScale;
            p[i] = Moved(p[i], m[i], gradient, step);
            m[i] = float.FusedMultiplyAdd(gradient, step.NewMean, m[i] * step.OldMean);
        }
    }

    public static float Moved(float p, float mean, float gradient, LionStep step)
    {
        var direction = mean * step.OldDirection + gradient * step.NewDirection;
        return p * step.Decay - (direction > 0 ? step.StepSize : direction < 0 ? -step.StepSize : 0f);
    }

    public static float Mean(float mean, float gradient, LionStep step) => GpuIntrinsics.Fma(gradient, step.NewMean, mean * step.OldMean);

    static void StepKernel(ArrayView<float> p, ArrayView<float> g, ArrayView<float> m, LionStep step, float gradientScale)
    {
        for (var i = Grid.GlobalIndex.X; i < p.Length; i += Grid.DimX * Group.DimX)
        {
            var gradient = g[i] * gradientScale;
            p[i] = Moved(p[i], m[i], gradient, step);
            m[i] = Mean(m[i], gradient, step);
        }
    }
}
