using PureLora.Kernels;

namespace PureLora;

/// <summary>p -= lr · (g + wd p): torch.optim.SGD without momentum, as Transformers' <c>sgd</c>. There is no state.</summary>
/// <param name="parameters">What moves.</param>
/// <param name="decays">Which of them lose weight; all when null.</param>
/// <param name="weightDecay">The share of a weight that is added to its gradient.</param>
public sealed class SgdOptimizer(IReadOnlyList<Parameter> parameters, Predicate<Parameter>? decays = null, double weightDecay = 0)
    : Optimizer(parameters, decays, weightDecay, default)
{
    private protected override void Move(double learningRate, float gradientScale)
    {
        for (var i = 0; i < Parameters.Count; i++)
            Sgd.Step(Parameters[i].Device, Parameters[i].Data, Parameters[i].Gradient, (float)learningRate, Decays(i) ? (float)WeightDecay : 0, gradientScale);
    }
}
