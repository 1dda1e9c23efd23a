using PureLora.Kernels;

namespace PureLora;

/// <summary>Gradient clipping by global norm (Pascanu et al., arXiv 1211.5063), as torch.nn.utils.clip_grad_norm_.</summary>
public static class GradientClipping
{
    /// <summary>
    /// sqrt(sum of g²) over the gradients of <paramref name="parameters"/>; one that has no gradient counts 0. Sums in
    /// f32 over 1024 elements at a time, then in f64 in the parameters' order. Reads from the device: call it once a step.
    /// </summary>
    public static double GlobalNorm(Device device, IReadOnlyList<Parameter> parameters)
    {
        using var partials = device.Rent<float>(parameters.Sum(p => p.HasGradient ? SumOfSquares.Partials(p.Data.Length) : 0));
        var slot = 0;
        foreach (var parameter in parameters.Where(p => p.HasGradient))
        {
            SumOfSquares.Forward(device, parameter.Gradient, partials, slot);
            slot += SumOfSquares.Partials(parameter.Data.Length);
        }
        var sum = 0.0;
        foreach (var partial in partials.ToArray())
            sum += partial;
        return Math.Sqrt(sum);
    }

    /// <summary>
    /// min(1, maxNorm / (norm + 1e-6)): what the optimizer multiplies every gradient by. A maxNorm of 0 clips nothing.
    /// NaN when the norm is NaN: look at the norm before stepping.
    /// </summary>
    public static double Coefficient(double norm, double maxNorm) => maxNorm == 0 ? 1 : Math.Min(1, maxNorm / (norm + 1e-6));
}
