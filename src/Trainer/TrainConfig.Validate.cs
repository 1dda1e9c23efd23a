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
        if (Optim.StartsWith(Paged, StringComparison.Ordinal) && Device != "cpu")
            throw Refuse($"optim (--optim) is {Optim}, but on device {Device} a paged state is not supported yet. "
                + $"Choose {Optim[Paged.Length..]}, or device cpu.");
        if (RandomInit && Method != "full")
            throw Refuse($"random_init (--random-init) is true, but method {Method} needs trained weights to adapt. "
                + "Set method to full, or random_init to false.");
        ValidateStorage();
        if (Method == "full" && Quantizes)
            throw Refuse($"method (--method) is full, but load_in_{(LoadIn8bit ? 8 : 4)}bit needs a frozen base. Set method to lora, or leave load_in_{(LoadIn8bit ? 8 : 4)}bit out.");
        if (complete && EvalSteps > 0 && EvalFile == "")
            throw Refuse($"eval_steps (--eval-steps) is {EvalSteps}, but evaluation needs examples. Give eval_file (--eval-file).");
        if (!PromptTemplate.Contains("{prompt}", StringComparison.Ordinal))
            throw Refuse($"prompt_template (--prompt-template) is {Spelling.Quote(PromptTemplate)}, but it needs {{prompt}} "
                + "where the prompt stands. Add it.");
    }

    internal static UsageException Refuse(string what) => new($"configuration: {what}");
}
