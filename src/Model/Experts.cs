namespace PureLora;

/// <summary>
/// Σ w_e·expert_e(x) over the experts that each row's router logits choose, with their softmax as weights (Shazeer et al., arXiv
/// 1701.06538). An expert sees the rows that chose it.
/// </summary>
sealed class Experts : IFeedForward
{
    readonly ExpertsConfig how;
    readonly Mlp[] experts;
    ILinear router;

    public Experts(string name, ModelConfig config, WeightLoader weights)
    {
        var names = config.Names;
        how = config.Experts!;
        router = weights.Linear($"{name}.{names.Router}", how.Count, config.HiddenSize, bias: false);
        // One by one, as layers are: a config may claim any number.
        var built = new List<Mlp>();
        while (built.Count < how.Count)
        {
            var expert = $"{name}.{names.Experts}.{built.Count}";
            built.Add(new Mlp(config, how.IntermediateSize, [$"{expert}.{names.ExpertGate}", $"{expert}.{names.ExpertUp}"], $"{expert}.{names.ExpertDown}", weights));
        }
        experts = [.. built];
    }

    public Tensor Forward(Tape tape, Tensor x)
    {
        var routing = tape.Route(router.Forward(tape, x), how.PerToken, how.Normalizes);
        Tensor? sum = null;
        foreach (var part in routing.Parts)
        {
            var rows = tape.Embedding(x, part.Rows);
            var mapped = tape.OnRows(part.Rows, () => experts[part.Expert].Forward(tape, rows));
            sum = tape.ScatterAdd(sum, mapped, routing.Weights, part.Slots);
        }
        return sum!;
    }

    public void Wrap(Func<ILinear, ILinear> wrap)
    {
        router = wrap(router);
        foreach (var expert in experts)
            expert.Wrap(wrap);
    }

    public IEnumerable<ProductStage> Stages =>
    [
        new([router]),
        .. experts.SelectMany(expert => expert.Stages).Select(stage => stage with { Share = (double)how.PerToken / how.Count }),
    ];
}
