namespace PureLora;

/// <summary>A change of settings that lowers a run's memory, and the plan that it leads to.</summary>
/// <param name="Settings">The settings to change, as YAML says them.</param>
/// <param name="Effect">What else changes.</param>
/// <param name="Plan">The plan with them.</param>
public sealed record Proposal(string Settings, string Effect, MemoryPlan Plan)
{
    /// <summary>Changes that do not alter what is learned come first; each is alone, and the last one is all of them.</summary>
    static readonly (string Effect, (string Key, string Value)[] Settings)[] changes =
    [
        ("the same result, more time", [("gradient_checkpointing", "true")]),
        ("nearly the same result", [("optim", "{optim}_8bit")]),
        ("the same result, state in a file that can be paged out", [("optim", TrainConfig.Paged + "{optim}")]),
        ("weights rounded to four bits", [("load_in_4bit", "true"), ("bnb_4bit_use_double_quant", "true")]),
        ("fewer weights trained", [("target_modules", "q_proj,v_proj")]),
        ("adapters instead of all weights", [("method", "lora")]),
    ];

    /// <summary>What would lower <paramref name="plan"/>, with the plan of each.</summary>
    /// <param name="config">The run.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="replan">Plans a run with other settings.</param>
    /// <param name="fits">Whether a plan fits: the batch is made as small as that needs.</param>
    internal static IReadOnlyList<Proposal> For(TrainConfig config, MemoryPlan plan, Func<TrainConfig, MemoryPlan> replan, Func<MemoryPlan, bool> fits)
    {
        var found = new List<Proposal>();
        var all = config;
        var said = new List<string>();
        if (SmallerBatch(config, replan, fits) is { } smaller)
        {
            found.Add(smaller.Proposal);
            all = smaller.Config;
            said.Add(smaller.Proposal.Settings);
        }
        foreach (var (effect, settings) in changes)
        {
            if (With(config, settings) is not { } changed || Try(changed, replan) is not { } lower || lower.TotalBytes >= plan.TotalBytes)
                continue;
            var text = string.Join(", ", settings.Select(s => $"{s.Key}: {Value(config, s.Value)}"));
            found.Add(new Proposal(text, effect, lower));
            if (settings[0].Key != "target_modules" && !said.Exists(s => s.StartsWith(settings[0].Key, StringComparison.Ordinal)))
            {
                all = With(all, settings)!;
                said.Add(text);
            }
        }
        if (said.Count > 1 && Try(all, replan) is { } least)
            found.Add(new Proposal(string.Join(", ", said), "all of these", least));
        return found;
    }

    /// <summary>Halves the batch until it fits, an odd one to 1, and raises the accumulation as much: the same result.</summary>
    static (Proposal Proposal, TrainConfig Config)? SmallerBatch(TrainConfig config, Func<TrainConfig, MemoryPlan> replan, Func<MemoryPlan, bool> fits)
    {
        var changed = config;
        MemoryPlan? plan = null;
        while (changed.PerDeviceTrainBatchSize > 1 && (plan is null || !fits(plan)))
        {
            var parts = changed.PerDeviceTrainBatchSize % 2 == 0 ? 2 : changed.PerDeviceTrainBatchSize;
            if (changed.GradientAccumulationSteps > int.MaxValue / parts)
                break;
            changed = changed with { PerDeviceTrainBatchSize = changed.PerDeviceTrainBatchSize / parts, GradientAccumulationSteps = changed.GradientAccumulationSteps * parts };
            plan = replan(changed);
        }
        return plan is null ? null
            : (new Proposal($"per_device_train_batch_size: {changed.PerDeviceTrainBatchSize}, gradient_accumulation_steps: {changed.GradientAccumulationSteps}", "the same result", plan), changed);
    }

    /// <summary>The kinds of an optimizer are named after it.</summary>
    static string Value(TrainConfig config, string value) => value.Replace("{optim}", config.Optim, StringComparison.Ordinal);

    /// <summary>Null where a setting is that already, or there is no such value.</summary>
    static TrainConfig? With(TrainConfig config, (string Key, string Value)[] settings)
    {
        var values = new Dictionary<ConfigKey, object>();
        foreach (var (name, text) in settings)
        {
            var key = ConfigKey.Of<TrainConfig>().Single(key => key.Key == name);
            try
            {
                values[key] = key.Parse(Value(config, text), "plan", name);
            }
            catch (UsageException)
            {
                return null;
            }
        }
        return values.All(pair => Equals(pair.Value, pair.Key.Get(config))) ? null : ConfigKey.With(config, values);
    }

    /// <summary>Null where the settings do not go together.</summary>
    static MemoryPlan? Try(TrainConfig config, Func<TrainConfig, MemoryPlan> replan)
    {
        try
        {
            config.Validate(complete: false);
            return replan(config);
        }
        catch (PureLoraException)
        {
            return null;
        }
    }
}
