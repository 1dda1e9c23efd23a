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
        using var partials = device.Rent<float>(Partials(parameters));
        Launch(device, parameters, partials, 0);
        return Norm(partials.ToArray());
    }

    /// <summary>How many partial sums the norm is made of.</summary>
    internal static int Partials(IReadOnlyList<Parameter> parameters) => parameters.Sum(p => p.HasGradient ? SumOfSquares.Partials(p.Data.Length) : 0);

    /// <summary>Puts the partial sums into <paramref name="partials"/>, from <paramref name="slot"/> on.</summary>
    internal static void Launch(Device device, IReadOnlyList<Parameter> parameters, FloatBuffer partials, int slot)
    {
        foreach (var parameter in parameters.Where(p => p.HasGradient))
        {
            SumOfSquares.Forward(device, parameter.Gradient, partials, slot);
            slot += SumOfSquares.Partials(parameter.Data.Length);
        }
    }

    internal static double Norm(ReadOnlySpan<float> partials)
    {
        var sum = 0.0;
        foreach (var partial in partials)
            sum += partial;
        return Math.Sqrt(sum);
    }

    /// <summary>
    /// min(1, maxNorm / (norm + 1e-6)): what the optimizer multiplies every gradient by. A maxNorm of 0 clips nothing.
    /// NaN when the norm is NaN: look at the norm before stepping.
    /// </summary>
    public static double Coefficient(double norm, double maxNorm) => maxNorm == 0 ? 1 : Math.Min(1, maxNorm / (norm + 1e-6));
}
