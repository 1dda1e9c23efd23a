namespace PureLora;

/// <summary>
/// One block: x + s·attention(norm(x)), then x + s·mlp(norm(x)), with norms before each, after each or both; or, where
/// they stand beside each other, x + s·(attention(norm(x)) + mlp(norm(x))).
/// </summary>
sealed class DecoderLayer
{
    readonly SelfAttention attention;
    readonly IFeedForward mlp;
    readonly Norm? beforeAttention, afterAttention, beforeMlp, afterMlp;
    readonly float scale;
    readonly bool parallel;

    public DecoderLayer(string name, ModelConfig config, LayerConfig layer, RotaryTable? rotary, WeightLoader weights)
    {
        var names = config.Names;
        (scale, parallel) = ((float)config.ResidualScale, config.ParallelResidual);
        beforeAttention = NormOf(names.BeforeAttention);
        attention = new SelfAttention(name, config, layer, rotary, weights);
        afterAttention = NormOf(names.AfterAttention);
        beforeMlp = NormOf(names.BeforeMlp);
        mlp = layer.HasExperts ? new Experts(name, config, weights) : Mlp.Of(name, config, weights);
        afterMlp = NormOf(names.AfterMlp);

        Norm? NormOf(string? part) => part is null ? null : weights.Norm($"{name}.{part}", config.HiddenSize, config.Norm);
    }

    public Tensor Forward(Tape tape, Tensor x, TokenBatch batch, LayerCache? cache)
    {
        var h = Apply(tape, beforeAttention, x);
        var attended = Apply(tape, afterAttention, attention.Forward(tape, h, batch, cache));
        var between = tape.AddScaled(x, attended, scale);
        // Beside attention, an MLP without a norm of its own reads what attention reads.
        h = !parallel ? Apply(tape, beforeMlp, between) : beforeMlp is null ? h : beforeMlp.Forward(tape, x);
        var mapped = Apply(tape, afterMlp, mlp.Forward(tape, h));
        return tape.AddScaled(between, mapped, scale);
    }

    static Tensor Apply(Tape tape, Norm? norm, Tensor x) => norm is null ? x : norm.Forward(tape, x);

    /// <summary>Replaces each linear by <paramref name="wrap"/>(linear), in the order of the forward pass.</summary>
    public void Wrap(Func<ILinear, ILinear> wrap)
    {
        attention.Wrap(wrap);
        mlp.Wrap(wrap);
    }

    public IEnumerable<ProductStage> Stages => [.. attention.Stages, .. mlp.Stages];
}
