using System.Runtime.Intrinsics;
using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>
/// Of each row of router logits l [T, E] the K largest, ties to the lower index: experts e [T, K] with the weights
/// w = softmax(l) at e, or the softmax over these K alone when <c>normalized</c> (Shazeer et al., arXiv 1701.06538; Mixtral,
/// arXiv 2401.04088). Backward: dl[e_s] += w_s·dw_s, then dl_j -= w_j·Σ dw_s·w_s over all j, or over the K alone.
/// </summary>
/// <remarks>The first of the K is the largest logit, which e^x is taken relative to: its weight is 1 / Σ e^(l - largest).</remarks>
static unsafe class Route
{
    const int Grain = 16;

    public static void Forward(Device device, FloatBuffer logits, int experts, int k, bool normalized, FloatBuffer weights, IntBuffer chosen)
    {
        var rows = (int)(logits.Length / experts);
        device.Launch(
            host => host.For(rows, Grain, (from, to) =>
            {
                for (var row = from; row < to; row++)
                    Row(logits.Pointer + row * experts, experts, k, normalized, weights.Pointer + row * k, chosen.Pointer + row * k);
            }),
            gpu => gpu.Run(ForwardKernel, rows, logits.View, experts, k, normalized ? 1 : 0, weights.View, chosen.View));
    }

    public static void Backward(
        Device device, FloatBuffer dweights, FloatBuffer logits, int experts, int k, bool normalized, FloatBuffer weights, IntBuffer chosen, FloatBuffer dlogits)
    {
        var rows = (int)(logits.Length / experts);
        device.Launch(
            host => host.For(rows, Grain, (from, to) =>
            {
                for (var row = from; row < to; row++)
                    BackwardRow(
                        dweights.Pointer + row * k, logits.Pointer + row * experts, experts, k, normalized, weights.Pointer + row * k, chosen.Pointer + row * k, dlogits.Pointer + row * experts);
            }),
            gpu => gpu.Run(BackwardKernel, rows, dweights.View, logits.View, experts, k, normalized ? 1 : 0, weights.View, chosen.View, dlogits.View));
    }

    static void Row(float* l, int experts, int k, bool normalized, float* w, int* chosen)
    {
        for (var s = 0; s < k; s++)
        {
            var best = -1;
            for (var j = 0; j < experts; j++)
                if ((best < 0 || l[j] > l[best]) && !new ReadOnlySpan<int>(chosen, s).Contains(j))
                    best = j;
            chosen[s] = best;
        }
        var largest = l[chosen[0]];
        var sum = 0f;
        for (var s = 0; s < k; s++)
            sum += w[s] = VectorMath.Exp(l[chosen[s]] - largest);
        if (!normalized)
            sum = Total(l, experts, largest);
        for (var s = 0; s < k; s++)
            w[s] /= sum;
    }

    /// <summary>Σ e^(l - largest) over sixteen lanes.</summary>
    static float Total(float* l, int experts, float largest)
    {
        var sums = Vector512<float>.Zero;
        for (var j = 0; j < experts; j += 16)
        {
            var count = Math.Min(16, experts - j);
            var p = VectorMath.Exp(VectorMath.Load(l + j, count) - Vector512.Create(largest));
            sums += Vector512.ConditionalSelect(Vector512.LessThan(Vector512<float>.Indices, Vector512.Create((float)count)), p, Vector512<float>.Zero);
        }
        return VectorMath.Sum(sums);
    }

    static void BackwardRow(float* dw, float* l, int experts, int k, bool normalized, float* w, int* chosen, float* dl)
    {
        var mean = 0f;
        for (var s = 0; s < k; s++)
            mean = float.FusedMultiplyAdd(dw[s], w[s], mean);
        for (var s = 0; s < k; s++)
            dl[chosen[s]] = float.FusedMultiplyAdd(w[s], normalized ? dw[s] - mean : dw[s], dl[chosen[s]]);
        if (!normalized)
            for (var j = 0; j < experts; j++)
                dl[j] = float.FusedMultiplyAdd(VectorMath.Exp(l[j] - l[chosen[0]]) * w[0], -mean, dl[j]);
    }

    static void ForwardKernel(ArrayView<float> logits, int experts, int k, int normalized, ArrayView<float> weights, ArrayView<int> chosen)
    {
        for (var row = Grid.GlobalIndex.X; row < logits.Length / experts; row += Grid.DimX * Group.DimX)
        {
            var (start, first) = ((long)row * experts, (long)row * k);
            for (var s = 0; s < k; s++)
            {
                var best = -1;
                for (var j = 0; j < experts; j++)
                    if ((best < 0 || Rank(logits[start + j]) > Rank(logits[start + best])) && !Holds(chosen, first, s, j))
                        best = j;
                chosen[first + s] = best;
            }
            var largest = logits[start + chosen[first]];
            float sum = 0f, all = 0f;
            for (var s = 0; s < k; s++)
                sum += XMath.Exp(logits[start + chosen[first + s]] - largest);
            for (var j = 0; j < experts; j++)
                all += XMath.Exp(logits[start + j] - largest);
            for (var s = 0; s < k; s++)
                weights[first + s] = XMath.Exp(logits[start + chosen[first + s]] - largest) / (normalized == 1 ? sum : all);
        }
    }

    /// <summary>Where ILGPU inverts a comparison with NaN, OpenCL C finds the opposite: NaN is first, and shows in the weights.</summary>
    static float Rank(float logit) => float.IsNaN(logit) ? float.PositiveInfinity : logit;

    static bool Holds(ArrayView<int> chosen, long first, int count, int expert)
    {
        var found = false;
        for (var s = 0; s < count; s++)
            found |= chosen[first + s] == expert;
        return found;
    }

    static void BackwardKernel(
        ArrayView<float> dweights, ArrayView<float> logits, int experts, int k, int normalized, ArrayView<float> weights, ArrayView<int> chosen, ArrayView<float> dlogits)
    {
        for (var row = Grid.GlobalIndex.X; row < logits.Length / experts; row += Grid.DimX * Group.DimX)
        {
            var (start, first) = ((long)row * experts, (long)row * k);
            var mean = 0f;
            for (var s = 0; s < k; s++)
                mean += dweights[first + s] * weights[first + s];
            for (var s = 0; s < k; s++)
                dlogits[start + chosen[first + s]] += weights[first + s] * (normalized == 1 ? dweights[first + s] - mean : dweights[first + s]);
            if (normalized == 0)
                for (var j = 0; j < experts; j++)
                    dlogits[start + j] -= XMath.Exp(logits[start + j] - logits[start + chosen[first]]) * weights[first] * mean;
        }
    }
}
