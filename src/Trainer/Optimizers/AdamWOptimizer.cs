using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// AdamW (Loshchilov and Hutter, arXiv 1711.05101) as torch.optim.AdamW, with decoupled weight decay; two moments, the
/// running means of the gradient and of its square. In 8 bits as bitsandbytes' AdamW8bit (Dettmers et al., arXiv
/// 2110.02861).
/// </summary>
public sealed class AdamWOptimizer : Optimizer
{
    /// <inheritdoc cref="Optimizer(IReadOnlyList{Parameter}, Predicate{Parameter}, double, StateStorage, DynamicMap[])"/>
    /// <param name="parameters">In the order that the state keeps, all on one device.</param>
    /// <param name="decays">Which of them lose weight; all when null. Transformers leaves out biases and norm weights.</param>
    /// <param name="beta1">How much of the mean of gradients a step keeps.</param>
    /// <param name="beta2">How much of the mean of squares a step keeps.</param>
    /// <param name="epsilon">Added to the root of the mean square.</param>
    /// <param name="weightDecay">Per step, each weight loses this much of itself times the learning rate.</param>
    /// <param name="storage">How the moments are kept.</param>
    public AdamWOptimizer(IReadOnlyList<Parameter> parameters, Predicate<Parameter>? decays = null,
        double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0, StateStorage storage = default)
        : base(parameters, decays, weightDecay, storage, DynamicMap.Signed, DynamicMap.Unsigned)
    {
        Require(beta1 >= 0 && beta1 < 1, "adam_beta1", beta1, "0 or more and less than 1");
        Require(beta2 >= 0 && beta2 < 1, "adam_beta2", beta2, "0 or more and less than 1");
        Require(epsilon >= 0, "adam_epsilon", epsilon, "0 or more");
        (Beta1, Beta2, Epsilon) = (beta1, beta2, epsilon);
    }

    public double Beta1 { get; }

    public double Beta2 { get; }

    public double Epsilon { get; }

    private protected override void Move(double learningRate, float gradientScale)
    {
        var decaying = AdamWStep.Of(learningRate, Beta1, Beta2, Epsilon, WeightDecay, Steps);
        var plain = AdamWStep.Of(learningRate, Beta1, Beta2, Epsilon, 0, Steps);
        for (var i = 0; i < Parameters.Count; i++)
        {
            var (p, m, v) = (Parameters[i], Moments(i)[0], Moments(i)[1]);
            var step = Decays(i) ? decaying : plain;
            if (m.Coded is { } mean && v.Coded is { } square)
                AdamW8bit.Step(p.Device, p.Data, p.Gradient, mean, square, step, gradientScale);
            else
                AdamW.Step(p.Device, p.Data, p.Gradient, m.Values!, v.Values!, step, gradientScale);
        }
    }
}
