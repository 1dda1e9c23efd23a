using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// Initial values: each is a function of the seed, the tensor's name and the element's index, so they do not depend on
/// the order in which tensors are made.
/// </summary>
static class RandomValues
{
    /// <summary>N(0, deviation²), by Box and Muller.</summary>
    public static void Normal(Span<float> values, ulong seed, string name, double deviation)
    {
        var key = Philox.Key(seed, name);
        for (var i = 0; i < values.Length; i++)
        {
            var bits = Philox.Block(key, (uint)i, 0, 0, 0);
            values[i] = (float)(deviation * Philox.Gaussian(bits.X, bits.Y));
        }
    }

    /// <summary>U(-bound, bound).</summary>
    public static void Uniform(Span<float> values, ulong seed, string name, double bound)
    {
        var key = Philox.Key(seed, name);
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(bound * (2.0 * Philox.Uniform(Philox.Block(key, (uint)i, 0, 0, 0).X) - 1.0));
    }
}
