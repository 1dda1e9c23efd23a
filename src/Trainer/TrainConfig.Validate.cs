namespace PureLora;

public sealed partial record TrainConfig
{
    /// <summary>What begins the name of an optimizer whose state the system may page out.</summary>
    internal const string Paged = "paged_";

    /// <summary>Checks every setting alone and those that depend on each other; reads no file.</summary>
    /// <exception cref="UsageException">Naming the key and its flag.</exception>
    public void Validate() => Validate(complete: true);

    /// <summary>The same; a plan is not <paramref name="complete"/>: it can do without what a run is required to be told.</summary>
    internal void Validate(bool complete)
    {
        foreach (var key in ConfigKey.Of<TrainConfig>())
        {
            var value = key.Get(this);
            if (complete && key.Required && value is "")
                throw Refuse($"{key.Key} is missing, but training needs it. Write {key.Key} in the YAML file or pass {key.Flag}.");
            key.Check(value, "configuration", $"{key.Key} ({key.Flag})");
        }
        if (WarmupSteps > 0 && WarmupRatio > 0)
            throw Refuse($"warmup_ratio (--warmup-ratio) is {ConfigValue.Format(WarmupRatio)}, but warmup_steps {WarmupSteps} "
                + "needs it to be 0. Give one of the two.");
        if (LrSchedulerType == "constant" && (WarmupSteps > 0 || WarmupRatio > 0))
            throw Refuse("lr_scheduler_type (--lr-scheduler-type) is constant, but a warm-up needs a schedule that has one. "
                + "Choose constant_with_warmup, or leave the warm-up out.");
        if (Bf16 && Device != "auto" && !Device.StartsWith("cuda", StringComparison.Ordinal))
            throw Refuse($"bf16 (--bf16) is true, but device {Device} has no tensor cores. Set bf16 to false, or choose device cuda on an NVIDIA GPU of sm_80 or later.");
        if (RandomInit && Method != "full")
            throw Refuse($"random_init (--random-init) is true, but method {Method} needs trained weights to adapt. "
                + "Set method to full, or random_init to false.");
        ValidateStorage();
        if (Method == "full" && Quantizes)
            throw Refuse($"method (--method) is full, but load_in_{(LoadIn8bit ? 8 : 4)}bit needs a frozen base. Set method to lora, or leave load_in_{(LoadIn8bit ? 8 : 4)}bit out.");
        if (complete && EvalSteps > 0 && EvalFile == "" && ValidationSplit == 0)
            throw Refuse($"eval_steps (--eval-steps) is {EvalSteps}, but evaluation needs examples. Give eval_file (--eval-file), or validation_split.");
        ValidateData();
        if (PromptTemplate != PureLora.PromptTemplate.Alpaca && !PromptTemplate.Contains("{prompt}", StringComparison.Ordinal))
            throw Refuse($"prompt_template (--prompt-template) is {Spelling.Quote(PromptTemplate)}, but it needs {{prompt}} "
                + "where the prompt stands. Add it.");
    }

    void ValidateData()
    {
        if (ValidationSplit > 0 && EvalFile != "")
            throw Refuse($"validation_split (--validation-split) is {ConfigValue.Format(ValidationSplit)}, but with eval_file it needs to be 0. Give one of the two.");
        if (ValidationSplit >= 1 && (ValidationSplit != Math.Floor(ValidationSplit) || ValidationSplit > int.MaxValue))
            throw Refuse($"validation_split (--validation-split) is {ConfigValue.Format(ValidationSplit)}, but from 1 on it needs to be a whole number of records. Round it.");
        if (Packing && GroupByLength)
            throw Refuse("group_by_length (--group-by-length) is true, but packing makes rows of one length and needs it to be false. Set one of the two.");
        if (TrainWeights != "" && TrainFile != "" && Weights().Count != Listed(TrainFile).Count)
            throw Refuse($"train_weights (--train-weights) has {Spelling.Count(Weights().Count, "number")}, but train_file names {Spelling.Count(Listed(TrainFile).Count, "set")} and needs one for each. Give as many.");
        foreach (var name in Listed(Allow))
            if (!Check.Names.Contains(name))
                throw Refuse($"allow (--allow) has {Spelling.Quote(name)}, but it needs {Spelling.AnyOf(Check.Names)}. {Spelling.Advice(name, Check.Names, "Write one of them.")}");
    }

    /// <summary>The entries of a setting that is a list; a file whose name has a comma in it is one entry.</summary>
    internal static IReadOnlyList<string> Listed(string setting) =>
        File.Exists(setting) ? [setting] : setting.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The numbers of <c>train_weights</c>; none where it is not set.</summary>
    internal IReadOnlyList<double> Weights() => [.. Listed(TrainWeights).Select(text => ConfigValue.Parse(typeof(double), text) is double weight && weight > 0 && double.IsFinite(weight) ? weight
        : throw Refuse($"train_weights (--train-weights) has {Spelling.Quote(text)}, but a weight needs to be a number above 0. Correct it."))];

    internal static UsageException Refuse(string what) => new($"configuration: {what}");
}
