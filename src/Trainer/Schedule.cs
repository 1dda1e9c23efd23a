namespace PureLora;

/// <summary>
/// The learning rate by optimizer step, as Transformers' get_scheduler: the rate rises from 0 over the warm-up steps
/// (w), then falls to 0 at the last step (n). After warm-up, with p = (i - w) / (n - w): linear is 1 - p, cosine is
/// (1 + cos(pi p)) / 2, constant_with_warmup is 1; constant is 1 throughout, with no warm-up.
/// </summary>
public sealed class Schedule
{
    /// <summary>The values of <c>lr_scheduler_type</c>.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["linear", "cosine", "constant", "constant_with_warmup"];

    readonly string _kind;
    readonly double _learningRate;

    /// <exception cref="UsageException">An unknown kind, or a rate or a number of steps that is negative.</exception>
    public Schedule(string kind, double learningRate, int warmupSteps, int totalSteps)
    {
        if (!Kinds.Contains(kind))
            throw new UsageException($"lr_scheduler_type: the value is {Quoted.Of(kind)}, but a schedule needs one of {string.Join(", ", Kinds)}. Choose one of these.");
        if (!(learningRate >= 0) || double.IsInfinity(learningRate))
            throw new UsageException($"learning_rate: the value is {learningRate}, but a step needs a finite number, 0 or more. Correct it.");
        if (warmupSteps < 0)
            throw new UsageException($"warmup_steps: the value is {warmupSteps}, but a schedule needs 0 or more. Correct it.");
        ArgumentOutOfRangeException.ThrowIfNegative(totalSteps);
        (_kind, _learningRate, WarmupSteps, TotalSteps) = (kind, learningRate, warmupSteps, totalSteps);
    }

    /// <summary>w, the steps of the warm-up.</summary>
    public int WarmupSteps { get; }

    /// <summary>n, the steps of the run.</summary>
    public int TotalSteps { get; }

    /// <summary>The steps of warm-up: warmup_steps if above 0, else ceil(total x warmup_ratio).</summary>
    /// <exception cref="UsageException">warmup_ratio is outside of 0 to 1.</exception>
    public static int Warmup(int warmupSteps, double warmupRatio, int totalSteps)
    {
        if (!(warmupRatio >= 0 && warmupRatio <= 1))
            throw new UsageException($"warmup_ratio: the value is {warmupRatio}, but a share of the steps needs 0 to 1. Correct it, or set warmup_steps.");
        return warmupSteps != 0 ? warmupSteps : (int)Math.Ceiling(totalSteps * warmupRatio);
    }

    /// <summary>The rate of optimizer step <paramref name="step"/>, counted from 0; step n is what would come after the run.</summary>
    public double Rate(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (_kind == "constant")
            return _learningRate;
        if (step < WarmupSteps)
            return _learningRate * (step / (double)WarmupSteps);
        if (_kind == "constant_with_warmup")
            return _learningRate;

        int falling = Math.Max(1, TotalSteps - WarmupSteps);
        double progress = Math.Min(1.0, (step - WarmupSteps) / (double)falling);
        double share = _kind == "linear" ? 1 - progress : 0.5 * (1 + Cos(Math.PI * progress));
        return _learningRate * Math.Max(0, share);
    }

    static double Cos(double x) => Math.Cos(x);
}
