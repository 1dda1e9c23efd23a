namespace PureLora;

/// <summary>Pending.</summary>
sealed class Experts : IFeedForward
{
    readonly Mlp[] experts = [];
    ILinear router;
    readonly ExpertsConfig how;

    public Experts(string name, ModelConfig config, WeightLoader weights)
    {
        var names = config.Names;
        how = config.Experts!;
        router = weights.Linear($"{name}.{names.Router}", how.Count, config.HiddenSize, false);
        var built = new List<Mlp>();
        while (built.Count < how.Count)
        {
            var expert = $"{name}.{names.Experts}.{built.Count}";
            built.Add(new Mlp(config, how.IntermediateSize, [$"{expert}.{names.ExpertGate}", $"{expert}.{names.ExpertUp}"], $"{expert}.{names.ExpertDown}", weights));
        }
        experts = [.. built];
    }

    public Tensor Forward(Tape tape, Tensor x) => throw new NotSupportedException();

    public void Wrap(Func<ILinear, ILinear> wrap)
    {
        router = wrap(router);
        foreach (var expert in experts)
            expert.Wrap(wrap);
    }

    public IEnumerable<ProductStage> Stages
    {
        get
        {
            yield return new([router]);
            foreach (var expert in experts)
                foreach (var stage in expert.Stages)
                    yield return stage with { Share = (double)how.PerToken / how.Count };
        }
    }
}
