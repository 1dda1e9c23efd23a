namespace PureLora;

/// <summary>
/// o(attention(q, k, v)) of x [B·T, C], with q and k normed where the model does, and turned by their positions where the
/// layer does. q, k and v come from a product each, or from one that is cut.
/// </summary>
sealed class SelfAttention
{
    readonly ModelConfig config;
    readonly LayerConfig layer;
    readonly RotaryTable? rotary;
    readonly Norm? queryNorm, keyNorm;
    readonly ILinear[] inputs;
    ILinear output;

    public SelfAttention(string name, ModelConfig config, LayerConfig layer, RotaryTable? rotary, WeightLoader weights)
    {
        (this.config, this.layer, this.rotary) = (config, layer, rotary);
        var (names, c) = (config.Names, config.HiddenSize);
        ILinear Input(string part, int columns) => weights.Linear($"{name}.{part}", columns, c, config.QueryKeyValueBias);
        inputs = names.QueryKeyValue is { } fused ? [Input(fused, QueryColumns + 2 * KeyColumns)]
            : [Input(names.Query, QueryColumns), Input(names.Key, KeyColumns), Input(names.Value, KeyColumns)];
        queryNorm = NormOf(names.QueryNorm, QueryColumns);
        keyNorm = NormOf(names.KeyNorm, KeyColumns);
        output = weights.Linear($"{name}.{names.Output}", c, QueryColumns, config.OutputBias);

        Norm? NormOf(string? part, int columns) =>
            part is null ? null : weights.Norm($"{name}.{part}", names.NormsWholeQuery ? columns : config.HeadSize, config.Norm);
    }

    int QueryColumns => config.Heads * config.HeadSize;

    int KeyColumns => config.KeyHeads * config.HeadSize;

    /// <summary>x [B·T, C] to [B·T, C].</summary>
    public Tensor Forward(Tape tape, Tensor x, TokenBatch batch, LayerCache? cache)
    {
        var (q, k, v) = inputs.Length == 1 ? Cut(tape, inputs[0].Forward(tape, x))
            : (inputs[0].Forward(tape, x), inputs[1].Forward(tape, x), inputs[2].Forward(tape, x));
        (q, k) = (Place(tape, q, queryNorm, batch), Place(tape, k, keyNorm, batch));
        var shape = new AttentionShape(batch.Sequences, batch.Length, config.Heads, config.KeyHeads, config.HeadSize)
        {
            Window = layer.Window ?? 0,
            SoftCap = (float)(config.AttentionSoftCap ?? 0),
            Scale = (float)((config.AttentionScale ?? 1 / Math.Sqrt(config.HeadSize)) * layer.ScoreScale),
        };
        var attended = cache is null ? tape.Attention(q, k, v, batch.Starts, shape) : cache.Attend(tape, q, k, v, batch, shape);
        return output.Forward(tape, attended);
    }

    /// <summary>[q, k, v] one after the other, or so for each head.</summary>
    (Tensor Q, Tensor K, Tensor V) Cut(Tape tape, Tensor fused)
    {
        if (!config.FusedByHead)
            return (tape.Columns(fused, 0, QueryColumns), tape.Columns(fused, QueryColumns, KeyColumns), tape.Columns(fused, QueryColumns + KeyColumns, KeyColumns));
        Tensor Part(int index) => tape.Columns(fused, index * config.HeadSize, config.HeadSize, config.Heads);
        return (Part(0), Part(1), Part(2));
    }

    Tensor Place(Tape tape, Tensor x, Norm? norm, TokenBatch batch)
    {
        x = norm is null ? x : norm.Forward(tape, x);
        return rotary is null ? x : tape.Rotary(x, batch.Positions, rotary.Cos, rotary.Sin, config.HeadSize, layer.Rope!.Dimensions);
    }

    /// <summary>Replaces each linear by <paramref name="wrap"/>(linear), in the order of the forward pass.</summary>
    public void Wrap(Func<ILinear, ILinear> wrap)
    {
        for (var i = 0; i < inputs.Length; i++)
            inputs[i] = wrap(inputs[i]);
        output = wrap(output);
    }

    /// <summary>What reads x, then what reads the attended values.</summary>
    public IEnumerable<ProductStage> Stages => [new(inputs, Attends: layer), new([output])];
}
