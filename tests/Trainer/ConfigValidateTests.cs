namespace PureLora.Tests;

public class ConfigValidateTests
{
    static readonly TrainConfig good = new() { Model = "m", TrainFile = "t", OutputDir = "o" };

    static void Refused(TrainConfig config, string message) =>
        Assert.Equal("configuration: " + message, Assert.Throws<UsageException>(config.Validate).Message);

    [Fact]
    public void Three_required_settings_and_the_defaults_are_enough() => good.Validate();

    [Fact]
    public void Missing_settings_are_named_as_key_and_flag()
    {
        Refused(good with { Model = "" }, "model is missing, but training needs it. Write model in the YAML file or pass --model.");
        Refused(good with { TrainFile = "" }, "train_file is missing, but training needs it. Write train_file in the YAML file or pass --train-file.");
        Refused(good with { OutputDir = "" }, "output_dir is missing, but training needs it. Write output_dir in the YAML file or pass --output-dir.");
    }

    [Fact]
    public void Values_out_of_range_are_refused_however_they_came()
    {
        Refused(good with { R = 0 }, "r (--r) is 0, but it needs a whole number of at least 1. Change it, or leave it out for the default, 8.");
        Refused(good with { LearningRate = double.NaN }, "learning_rate (--learning-rate) is NaN, but it needs a number above 0. Change it, or leave it out for the default, 0.0002.");
        Refused(good with { AdamBeta2 = 1 }, "adam_beta2 (--adam-beta2) is 1, but it needs a number of at least 0 and below 1. Change it, or leave it out for the default, 0.999.");
        Refused(good with { Device = "tpu" }, "device (--device) is 'tpu', but it needs cpu, auto, cuda[:N], opencl[:N] or ilgpu. Run 'purelora devices' to see what this machine has.");
        (good with { AdamBeta1 = 0, LoraDropout = 0.999, WarmupRatio = 1, MaxGradNorm = 0, MaxSteps = 1 }).Validate();
    }

    [Fact]
    public void Settings_that_exclude_each_other_are_refused()
    {
        Refused(good with { WarmupSteps = 5, WarmupRatio = 0.1 },
            "warmup_ratio (--warmup-ratio) is 0.1, but warmup_steps 5 needs it to be 0. Give one of the two.");
        Refused(good with { WarmupSteps = 5, LrSchedulerType = "constant" },
            "lr_scheduler_type (--lr-scheduler-type) is constant, but a warm-up needs a schedule that has one. Choose constant_with_warmup, or leave the warm-up out.");
        Refused(good with { RandomInit = true },
            "random_init (--random-init) is true, but method lora needs trained weights to adapt. Set method to full, or random_init to false.");
        Refused(good with { EvalSteps = 50 },
            "eval_steps (--eval-steps) is 50, but evaluation needs examples. Give eval_file (--eval-file), or validation_split.");
        Refused(good with { PromptTemplate = "Q: {Prompt}" },
            "prompt_template (--prompt-template) is 'Q: {Prompt}', but it needs {prompt} where the prompt stands. Add it.");
        (good with { WarmupSteps = 5, EvalFile = "e", EvalSteps = 50, Method = "full", RandomInit = true }).Validate();
    }
}
