namespace PureLora;

/// <summary>What stands between two norms beside attention: an MLP, or a mixture of such.</summary>
interface IFeedForward
{
    /// <summary>x [B·T, C] to [B·T, C].</summary>
    Tensor Forward(Tape tape, Tensor x);

    /// <summary>Replaces each linear by <paramref name="wrap"/>(linear), in the order of the forward pass.</summary>
    void Wrap(Func<ILinear, ILinear> wrap);

    IEnumerable<ProductStage> Stages { get; }
}

/// <summary>down(act(gate(x)) · up(x)), gate and up in one product or in two; or down(act(up(x))), where nothing gates.</summary>
sealed class Mlp : IFeedForward
{
    readonly Activation activation;
    readonly int inner;
    readonly ILinear[] inputs;
    ILinear down;

    /// <param name="config">Of which the width C, the activation and the biases count.</param>
    /// <param name="inner">F, the width inside.</param>
    /// <param name="inputs">Names of gate and up; of one for both; or of up alone.</param>
    /// <param name="down">The name of the last product.</param>
    /// <param name="weights">Where they come from.</param>
    /// <param name="fused">Whether one name is for both.</param>
    public Mlp(ModelConfig config, int inner, string[] inputs, string down, WeightLoader weights, bool fused = false)
    {
        (activation, this.inner) = (config.Activation, inner);
        this.inputs = [.. inputs.Select(name => weights.Linear(name, fused ? 2 * inner : inner, config.HiddenSize, config.MlpBias))];
        this.down = weights.Linear(down, config.HiddenSize, inner, config.MlpBias);
    }

    /// <summary>The MLP of the layer <paramref name="name"/>.</summary>
    public static Mlp Of(string name, ModelConfig config, WeightLoader weights)
    {
        var names = config.Names;
        string[] inputs = names.GateUp is { } fused ? [fused] : names.Gate is { } gate ? [gate, names.Up] : [names.Up];
        return new Mlp(config, config.IntermediateSize, [.. inputs.Select(part => $"{name}.{part}")], $"{name}.{names.Down}", weights, names.GateUp is not null);
    }

    public Tensor Forward(Tape tape, Tensor x)
    {
        var first = inputs[0].Forward(tape, x);
        var hidden = inputs.Length == 2 ? tape.Activate(activation, first, inputs[1].Forward(tape, x))
            : first.Columns == inner ? tape.Activate(activation, first)
            : tape.Activate(activation, tape.Columns(first, 0, inner), tape.Columns(first, inner, inner));
        return down.Forward(tape, hidden);
    }

    public void Wrap(Func<ILinear, ILinear> wrap)
    {
        for (var i = 0; i < inputs.Length; i++)
            inputs[i] = wrap(inputs[i]);
        down = wrap(down);
    }

    public IEnumerable<ProductStage> Stages => [new(inputs), new([down])];
}
