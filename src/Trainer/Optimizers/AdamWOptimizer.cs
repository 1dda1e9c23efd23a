using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// AdamW (Loshchilov and Hutter, arXiv 1711.05101) as torch.optim.AdamW, over parameters in a fixed order: two f32
/// moments per element, decoupled weight decay, and one count of steps for all. Every parameter takes every step, with
/// a gradient of 0 when none reached it.
/// </summary>
public sealed class AdamWOptimizer : IDisposable
{
    readonly (FloatBuffer First, FloatBuffer Second)[] moments;
    readonly bool[] decays;

    /// <summary>Moments of zero for each parameter.</summary>
    /// <param name="parameters">In the order that the state keeps.</param>
    /// <param name="decays">Which of them lose weight; all when null. Transformers leaves out biases and norm weights.</param>
    /// <param name="beta1">How much of the mean of gradients a step keeps.</param>
    /// <param name="beta2">How much of the mean of squares a step keeps.</param>
    /// <param name="epsilon">Added to the root of the mean square.</param>
    /// <param name="weightDecay">Per step, each weight loses this much of itself times the learning rate.</param>
    public AdamWOptimizer(IReadOnlyList<Parameter> parameters, Predicate<Parameter>? decays = null,
        double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0)
    {
        Require(beta1 >= 0 && beta1 < 1, "adam_beta1", beta1, "0 or more and less than 1");
        Require(beta2 >= 0 && beta2 < 1, "adam_beta2", beta2, "0 or more and less than 1");
        Require(epsilon >= 0, "adam_epsilon", epsilon, "0 or more");
        Require(weightDecay >= 0, "weight_decay", weightDecay, "0 or more");
        Parameters = parameters;
        (Beta1, Beta2, Epsilon, WeightDecay) = (beta1, beta2, epsilon, weightDecay);
        this.decays = [.. parameters.Select(p => decays is null || decays(p))];
        moments = [.. parameters.Select(p => (p.Device.RentZeroed<float>(p.Data.Length, kept: true), p.Device.RentZeroed<float>(p.Data.Length, kept: true)))];
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    public double Beta1 { get; }

    public double Beta2 { get; }

    public double Epsilon { get; }

    public double WeightDecay { get; }

    /// <summary>Steps taken. Set it, and fill the <see cref="Moments"/>, to go on from a checkpoint.</summary>
    public int Steps { get; set; }

    /// <summary>The running means of parameter i's gradient and of its square, in the parameter's shape.</summary>
    public (FloatBuffer First, FloatBuffer Second) Moments(int i) => moments[i];

    /// <summary>Moves every parameter by its gradient times <paramref name="gradientScale"/>; gradients stay as they are.</summary>
    public void Step(double learningRate, float gradientScale)
    {
        Steps++;
        var decaying = AdamWStep.Of(learningRate, Beta1, Beta2, Epsilon, WeightDecay, Steps);
        var plain = AdamWStep.Of(learningRate, Beta1, Beta2, Epsilon, 0, Steps);
        for (var i = 0; i < moments.Length; i++)
        {
            var parameter = Parameters[i];
            AdamW.Step(parameter.Device, parameter.Data, parameter.Gradient, moments[i].First, moments[i].Second, decays[i] ? decaying : plain, gradientScale);
        }
    }

    static void Require(bool holds, string key, double value, string needed)
    {
        if (!holds)
            throw new UsageException($"{key}: the value is {value}, but AdamW needs {needed}. Choose another {key}.");
    }

    public void Dispose()
    {
        foreach (var (first, second) in moments)
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
