namespace PureLora;

/// <summary>What a person should hear about a run that works, but hardly as meant.</summary>
sealed class RunWarnings(Action<string> say) : ITrainingLog
{
    /// <summary>Batches differ, so a step's loss alone says little: this many are averaged at either end.</summary>
    const int Window = 10;

    readonly List<double> losses = [], evaluations = [];
    bool still;

    /// <summary>Steps that were completed.</summary>
    public int Steps => losses.Count;

    /// <summary>Warnings that the settings and the model alone give rise to.</summary>
    public static IEnumerable<string> Of(Decoder model, LoraAdapter? adapter)
    {
        if (adapter is null)
            yield break;
        var layers = adapter.Layers;
        if (layers.MinBy(l => Math.Min(l.Inputs, l.Outputs)) is { } small && adapter.Config.R > Math.Min(small.Inputs, small.Outputs))
            yield return $"warning: r is {adapter.Config.R}, but {small.Name} [{small.Outputs}, {small.Inputs}] can change by rank {Math.Min(small.Inputs, small.Outputs)} at most. A larger r costs memory and gains nothing there; 8 or 16 is usual.";
        if (model.TiedHead && layers.Any(l => WeightNames.IsHead(l.Name)))
            yield return $"warning: target_modules has {model.Config.Names.Head}, but this model's head is its embedding table, so merge will refuse the adapter. Leave {model.Config.Names.Head} out to merge it later.";
    }

    public void Started(int totalSteps, long trainableParameters) { }

    public void Stepped(StepReport report, bool logged)
    {
        losses.Add(report.Loss);
        if (report.GradNorm == 0 && !still)
            say($"warning: the gradient of step {report.Step} is exactly 0, so nothing is learned there. Look for weights or examples that are all alike.");
        still |= report.GradNorm == 0;
    }

    public void Evaluated(int step, double loss) => evaluations.Add(loss);

    /// <summary>After the last step: whether the loss went up.</summary>
    public void Ended()
    {
        var (before, after, what) = evaluations.Count > 1 ? (evaluations[0], evaluations[^1], "evaluation loss")
            : losses.Count >= 2 * Window ? (losses.Take(Window).Average(), losses.TakeLast(Window).Average(), $"mean loss of {Window} steps")
            : (0, 0, "");
        if (after > before)
            say(FormattableString.Invariant($"warning: the {what} is {after:F4} at the end, but was {before:F4} at the start. Lower learning_rate, or train for fewer steps."));
    }
}
