using System.Numerics.Tensors;
using PureLora.Kernels;

namespace PureLora;

/// <summary>How the next token is chosen and when to stop, in the words of Transformers.</summary>
public sealed record GenerationSettings
{
    /// <summary>The most tokens to generate.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>Logits are divided by this before the softmax; 0 takes the likeliest token (greedy).</summary>
    public double Temperature { get; init; }

    /// <summary>Only the k likeliest tokens are drawn from; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the likeliest tokens that together reach this probability are drawn from; 1 for all.</summary>
    public double TopP { get; init; } = 1;

    public ulong Seed { get; init; } = 42;

    public void Validate()
    {
        if (MaxNewTokens < 1)
            throw new UsageException($"max_new_tokens: the value is {MaxNewTokens}, but generation needs at least 1. Raise it.");
        if (!(Temperature >= 0) || double.IsInfinity(Temperature))
            throw new UsageException($"temperature: the value is {Temperature}, but sampling needs 0 (greedy) or more. Use 0 or a value near 0.7.");
        if (TopK < 0)
            throw new UsageException($"top_k: the value is {TopK}, but sampling needs 0 (all) or more. Use 0 or a value near 50.");
        if (!(TopP > 0 && TopP <= 1))
            throw new UsageException($"top_p: the value is {TopP}, but sampling needs more than 0 and at most 1. Use 1 or a value near 0.9.");
    }
}

/// <summary>
/// Draws a token: temperature, then top-k, then top-p (nucleus sampling, arXiv 1904.09751). A draw depends on the seed,
/// the sequence and the index of the new token.
/// </summary>
static class TokenSampler
{
    public static int Next(ReadOnlySpan<float> logits, GenerationSettings settings, int sequence, int index)
    {
        if (!float.IsFinite(TensorPrimitives.Max(logits))) // NaN where any is
            throw new PureLoraException($"generate: the logits of new token {index + 1} are no numbers, but choosing a token needs numbers. Check the model's weights and the adapter's.");
        if (settings.Temperature == 0)
            return TensorPrimitives.IndexOfMax(logits); // of equals, the one of smallest id
        var ids = new int[logits.Length];
        var keys = new float[logits.Length];
        for (var i = 0; i < ids.Length; i++)
            (ids[i], keys[i]) = (i, -logits[i]);
        Array.Sort(keys, ids); // unstable, so equal logits are put in order of id below
        var kept = settings.TopK > 0 ? Math.Min(settings.TopK, ids.Length) : ids.Length;
        OrderTies(keys, ids);
        var weights = new double[kept];
        for (var i = 0; i < kept; i++)
            weights[i] = ScalarMath.Exp((keys[0] - (double)keys[i]) / settings.Temperature);
        var total = Sum(weights);
        double cumulative = 0;
        for (var i = 0; i < kept; i++)
            if ((cumulative += weights[i]) >= settings.TopP * total)
                kept = i + 1;
        total = Sum(weights.AsSpan(0, kept));
        var bits = Philox.Block(Philox.Key(settings.Seed, "generate"), (uint)index, (uint)sequence, 0, 0);
        var target = ((bits.X + bits.Y * 4294967296.0) / 18446744073709551616.0) * total;
        for (var i = 0; i < kept; i++)
            if ((target -= weights[i]) < 0)
                return ids[i];
        return ids[kept - 1];
    }

    static void OrderTies(float[] keys, int[] ids)
    {
        for (var first = 0; first < keys.Length;)
        {
            var end = first + 1;
            while (end < keys.Length && keys[end] == keys[first])
                end++;
            Array.Sort(ids, first, end - first);
            first = end;
        }
    }

    static double Sum(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (var value in values)
            sum += value;
        return sum;
    }
}
