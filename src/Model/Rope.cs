using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// Rotary position embedding (RoFormer, arXiv 2104.09864): how far each pair of a head turns per position, and what its
/// cosines and sines are scaled by. The frequencies are rounded to f32 where Transformers rounds them.
/// </summary>
/// <param name="Theta">The base of the frequencies (<c>rope_theta</c>).</param>
/// <param name="Dimensions">Features of a head that turn, an even number; the rest stay as they are.</param>
public record Rope(double Theta, int Dimensions)
{
    /// <summary>Its name in <c>config.json</c> (<c>rope_type</c>).</summary>
    public virtual string Type => "default";

    /// <summary>What cosines and sines are multiplied by.</summary>
    public virtual double AttentionScaling => 1;

    /// <summary>Whether the frequencies depend on how long the sequence is.</summary>
    public virtual bool DependsOnLength => false;

    /// <summary>The longest sequence it serves in a model that was made for <paramref name="positions"/>.</summary>
    public virtual double Longest(int positions) => positions;

    /// <summary>Radians per position for each of the Dimensions/2 pairs, in sequences of so many tokens.</summary>
    public virtual float[] Frequencies(int length) => Frequencies(Theta);

    /// <summary>theta^(-2j/d) for j = 0..d/2-1: power and quotient rounded to f32 each.</summary>
    private protected float[] Frequencies(double theta)
    {
        var frequencies = new float[Dimensions / 2];
        for (var j = 0; j < frequencies.Length; j++)
            frequencies[j] = 1f / (float)ScalarMath.Pow((float)theta, 2f * j / Dimensions);
        return frequencies;
    }
}

/// <summary>All frequencies divided by a factor (kaiokendev).</summary>
public sealed record LinearRope(double Theta, int Dimensions, double Factor) : Rope(Theta, Dimensions)
{
    public override string Type => "linear";

    public override double Longest(int positions) => positions * Factor;

    public override float[] Frequencies(int length) => [.. Frequencies(Theta).Select(frequency => (float)(frequency / Factor))];
}

/// <summary>Dynamic NTK: beyond <see cref="Positions"/> the base grows with the sequence (emozilla).</summary>
public sealed record DynamicRope(double Theta, int Dimensions, double Factor, int Positions) : Rope(Theta, Dimensions)
{
    public override string Type => "dynamic";

    public override bool DependsOnLength => true;

    public override double Longest(int positions) => positions * Factor;

    public override float[] Frequencies(int length)
    {
        var growth = Factor * Math.Max(length, Positions) / Positions - (Factor - 1);
        return Frequencies(Theta * ScalarMath.Pow(growth, Dimensions / (Dimensions - 2.0)));
    }
}

/// <summary>Llama 3.1: low frequencies divided by the factor, high ones kept, those between blended.</summary>
public sealed record Llama3Rope(double Theta, int Dimensions, double Factor, double LowFactor, double HighFactor, int OriginalPositions) : Rope(Theta, Dimensions)
{
    public override string Type => "llama3";

    public override float[] Frequencies(int length) => [.. Frequencies(Theta).Select(Scale)];

    float Scale(float frequency)
    {
        var turns = OriginalPositions * (double)frequency / (2 * Math.PI);
        if (turns > HighFactor)
            return frequency;
        if (turns < LowFactor)
            return (float)(frequency / Factor);
        var kept = (turns - LowFactor) / (HighFactor - LowFactor);
        return (float)((1 - kept) * frequency / Factor + kept * frequency);
    }
}

/// <summary>YaRN (arXiv 2309.00071): pairs that turn seldom are divided by the factor, a ramp leads to those that are kept.</summary>
public sealed record YarnRope(double Theta, int Dimensions, double Factor, int OriginalPositions, double Attention, double FastTurns, double SlowTurns, bool Truncate) : Rope(Theta, Dimensions)
{
    public override string Type => "yarn";

    public override double AttentionScaling => Attention;

    public override double Longest(int positions) => Math.Max(positions, OriginalPositions * Factor);

    /// <summary>0.1·m·ln(factor) + 1: what the paper scales attention by.</summary>
    public static double Magnitude(double factor, double m = 1) => factor <= 1 ? 1 : 0.1 * m * ScalarMath.Log(factor) + 1;

    public override float[] Frequencies(int length)
    {
        double low = PairOf(FastTurns), high = PairOf(SlowTurns);
        if (Truncate)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, Dimensions - 1));
        if (low == high)
            high += 0.001;
        return [.. Frequencies(Theta).Select((frequency, j) =>
        {
            var divided = Math.Clamp((j - low) / (high - low), 0, 1);
            return (float)(frequency / Factor * divided + frequency * (1 - divided));
        })];
    }

    /// <summary>The pair, as a fraction, that turns so often within the original positions.</summary>
    double PairOf(double turns) => Dimensions * ScalarMath.Log(OriginalPositions / (turns * 2 * Math.PI)) / (2 * ScalarMath.Log(Theta));
}

/// <summary>LongRoPE (arXiv 2402.13753): a divisor for each pair, another set beyond the original positions.</summary>
public sealed record LongRope(double Theta, int Dimensions, double[] ShortFactors, double[] LongFactors, int OriginalPositions, double Attention) : Rope(Theta, Dimensions)
{
    public override string Type => "longrope";

    public override double AttentionScaling => Attention;

    public override bool DependsOnLength => true;

    public override float[] Frequencies(int length)
    {
        var factors = length > OriginalPositions ? LongFactors : ShortFactors;
        return [.. Frequencies(Theta).Select((frequency, j) => (float)(frequency / factors[j]))];
    }
}
