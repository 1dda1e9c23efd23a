namespace PureLora.Tests;

public class TrainFlagsTests
{
    static TrainConfig Config(params string[] flags)
    {
        var parse = CommandLine.Parse(["train", .. flags]);
        return ((TrainCommand)parse.CommandResult.Command).Settings(parse);
    }

    [Fact]
    public void Flags_are_the_keys_with_dashes_and_config_and_json()
    {
        var flags = new TrainCommand().Options.Select(o => o.Name);
        Assert.Equal(["--config", "--force", .. ConfigKey.Of<TrainConfig>().Select(k => "--" + k.Key.Replace('_', '-')), "--json"], flags);
    }

    [Fact]
    public void No_file_is_needed_when_flags_give_all() =>
        Assert.Equal(
            new TrainConfig
            {
                Model = "m",
                TrainFile = "t",
                OutputDir = "o",
                R = 16,
                LearningRate = 5e-3,
                MaxSteps = -1,
                UseRslora = true,
                GradientCheckpointing = true,
                TargetModules = TargetSpec.FromNames(["q_proj", "v_proj"])!,
                PromptTemplate = "@{prompt}",
            },
            Config("--model", "m", "--train-file", "t", "--output-dir=o", "--r", "16", "--learning-rate", "5e-3", "--max-steps", "-1",
                "--use-rslora", "--gradient-checkpointing", "true", "--target-modules", "q_proj,v_proj", "--prompt-template", "@{prompt}"));

    [Fact]
    public void Flags_stand_over_the_file_and_the_file_over_the_defaults()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "model: m\ntrain_file: t\noutput_dir: o\nr: 4\nlora_alpha: 32\nuse_rslora: true\n");
            Assert.Equal(
                new TrainConfig { Model = "m", TrainFile = "other", OutputDir = "o", R = 16, LoraAlpha = 32 },
                Config("--config", path, "--r", "16", "--train-file", "other", "--use-rslora", "false"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Every_flag_reaches_its_own_key()
    {
        foreach (var key in ConfigKey.Of<TrainConfig>())
        {
            // A value that is not the default, so that a flag that does nothing is seen.
            var text = key.Type == typeof(bool) ? Equals(key.Default, true) ? "false" : "true"
                : key.Key switch
                {
                    "method" => "full",
                    "device" => "ilgpu",
                    "lr_scheduler_type" => "cosine",
                    "optim" => "lion",
                    "init_lora_weights" => "gaussian",
                    "bnb_4bit_quant_type" => "fp4",
                    "prompt_template" => "<{prompt}>",
                    "data_form" => "tokens",
                    "train_on" => "last",
                    "truncation_side" => "left",
                    "allow" => "mojibake,doubled-bos",
                    _ => key.Type == typeof(double) ? "0.25" : "7",
                };
            string[] rest = key.Key switch { "random_init" => ["--method", "full"], "bnb_4bit_quant_type" or "bnb_4bit_use_double_quant" or "llm_int8_skip_modules" => ["--load-in-4bit"], "eval_steps" => ["--eval-file", "e"], "bf16" => ["--device", "cuda:1"], _ => [] };
            string[] needed = [.. ConfigKey.Of<TrainConfig>().Where(k => k.Required && k != key).SelectMany(k => new[] { k.Flag, "x" })];
            var value = key.Get(Config([key.Flag, text, .. rest, .. needed]));
            Assert.NotEqual(key.Default, value);
            Assert.Equal(text, ConfigValue.Format(value!));
        }
    }

    [Fact]
    public void File_and_flags_are_checked_together()
    {
        var error = Assert.Throws<UsageException>(() => Config("--model", "m", "--output-dir", "o"));
        Assert.Equal("configuration: train_file is missing, but training needs it. Write train_file in the YAML file or pass --train-file.", error.Message);
    }
}
