using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// Lion (Chen et al., arXiv 2302.06675): each element moves by the learning rate in the direction of a sign; decoupled
/// weight decay, one moment. It wants a learning rate three to ten times below AdamW's, and as much more weight decay.
/// In 8 bits as bitsandbytes' Lion8bit (Dettmers et al., arXiv 2110.02861).
/// </summary>
public sealed class LionOptimizer : Optimizer
{
    /// <inheritdoc cref="Optimizer(IReadOnlyList{Parameter}, Predicate{Parameter}, double, StateStorage, DynamicMap[])"/>
    /// <param name="parameters">In the order that the state keeps, all on one device.</param>
    /// <param name="decays">Which of them lose weight; all when null. Transformers leaves out biases and norm weights.</param>
    /// <param name="beta1">How much of the moment is in the direction of a step.</param>
    /// <param name="beta2">How much of the moment a step keeps.</param>
    /// <param name="weightDecay">Per step, each weight loses this much of itself times the learning rate.</param>
    /// <param name="storage">How the moment is kept.</param>
    public LionOptimizer(IReadOnlyList<Parameter> parameters, Predicate<Parameter>? decays = null,
        double beta1 = 0.9, double beta2 = 0.99, double weightDecay = 0, StateStorage storage = default)
        : base(parameters, decays, weightDecay, storage, DynamicMap.Signed)
    {
        Require(beta1 >= 0 && beta1 < 1, "adam_beta1", beta1, "0 or more and less than 1");
        Require(beta2 >= 0 && beta2 < 1, "adam_beta2", beta2, "0 or more and less than 1");
        (Beta1, Beta2) = (beta1, beta2);
    }

    public double Beta1 { get; }

    public double Beta2 { get; }

    private protected override void Move(double learningRate, float gradientScale)
    {
        var decaying = LionStep.Of(learningRate, Beta1, Beta2, WeightDecay);
        var plain = LionStep.Of(learningRate, Beta1, Beta2, 0);
        for (var i = 0; i < Parameters.Count; i++)
        {
            var (p, m) = (Parameters[i], Moments(i)[0]);
            var step = Decays(i) ? decaying : plain;
            if (m.Coded is { } mean)
                Lion8bit.Step(p.Device, p.Data, p.Gradient, mean, step, gradientScale);
            else
                Lion.Step(p.Device, p.Data, p.Gradient, m.Values!, step, gradientScale);
        }
    }
}
