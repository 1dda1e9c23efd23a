namespace PureLora.Tests;

public class ConfigKeyTests
{
    static readonly string[] keys =
    [
        "model", "train_file", "train_weights", "eval_file", "validation_split", "data_form", "chat_template", "train_on", "train_eos",
        "output_dir", "method", "random_init", "device", "threads", "bf16", "seed", "max_seq_length", "truncation_side", "packing", "group_by_length", "allow",
        "per_device_train_batch_size", "per_device_eval_batch_size", "gradient_accumulation_steps", "gradient_checkpointing",
        "num_train_epochs", "max_steps", "learning_rate", "lr_scheduler_type", "warmup_steps", "warmup_ratio", "optim", "weight_decay",
        "adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm", "logging_steps", "eval_steps", "prompt_template",
        "r", "lora_alpha", "lora_dropout", "target_modules", "use_rslora", "init_lora_weights", "chat_template_sha256",
        "load_in_4bit", "load_in_8bit", "bnb_4bit_quant_type", "bnb_4bit_use_double_quant", "llm_int8_skip_modules",
    ];

    [Fact]
    public void Keys_are_the_words_of_Transformers_and_PEFT_in_the_order_declared() =>
        Assert.Equal(keys, ConfigKey.Of<TrainConfig>().Select(k => k.Key));

    [Fact]
    public void Every_property_is_a_setting_with_a_sentence()
    {
        Assert.Equal(typeof(TrainConfig).GetProperties(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance).Length, ConfigKey.Of<TrainConfig>().Count);
        foreach (var key in ConfigKey.Of<TrainConfig>())
        {
            Assert.EndsWith(".", key.Description);
            // Two sentences at most, so that --help stays a page one reads.
            Assert.InRange(key.Description.Length, 20, 170);
        }
    }

    [Fact]
    public void Every_default_passes_its_own_check_and_reads_back_from_its_text()
    {
        foreach (var key in ConfigKey.Of<TrainConfig>().Where(key => key.Default is not null))
            Assert.Equal(key.Default, key.Parse(ConfigValue.Format(key.Default!), "test", key.Key));
    }

    [Fact]
    public void Replacing_one_setting_changes_that_one_only()
    {
        var start = new TrainConfig { Model = "a", R = 3, TargetModules = TargetSpec.Parse("q_proj")! };
        var key = ConfigKey.Of<TrainConfig>().Single(k => k.Key == "lora_alpha");
        Assert.Equal(start with { LoraAlpha = 5 }, ConfigKey.With(start, new Dictionary<ConfigKey, object> { [key] = 5.0 }));
    }

    [Theory]
    [InlineData("lerning_rate", "learning_rate")]
    [InlineData("learning-rate", "learning_rate")]
    [InlineData("alpha", "lora_alpha")]
    [InlineData("batch_size", "per_device_train_batch_size")]
    [InlineData("Model", "model")]
    [InlineData("rslora", "use_rslora")]
    [InlineData("lr", "learning_rate")]
    [InlineData("lora_r", "r")]
    [InlineData("rank", "r")]
    [InlineData("R", "r")]
    [InlineData("Batch-Size", "per_device_train_batch_size")]
    [InlineData("epochs", "num_train_epochs")]
    [InlineData("steps", "max_steps")]
    [InlineData("gpu", "device")]
    [InlineData("dataset", "train_file")]
    [InlineData("output", "output_dir")]
    [InlineData("checkpointing", "gradient_checkpointing")]
    [InlineData("wandb_project", null)]
    [InlineData("q", null)]
    [InlineData("fp16", null)]
    [InlineData("", null)]
    public void Nearest_key_is_the_one_meant_or_none(string typed, string? meant) => Assert.Equal(meant, Spelling.Nearest(typed, keys));

    [Fact]
    public void Quoted_text_stays_on_one_short_line()
    {
        Assert.Equal("'a\\u000ab\\u2028\\u001b[2J'", Spelling.Quote("a\nb\u2028\u001b[2J"));
        Assert.Equal("'" + new string('x', 80) + "...'", Spelling.Quote(new string('x', 1_000_000)));
    }

    [Theory]
    [InlineData("all-linear", "all-linear", "")]
    [InlineData(" q_proj ", null, "q_proj")]
    [InlineData("q_proj, v_proj", null, "q_proj|v_proj")]
    [InlineData("self_attn.q_proj", null, "self_attn.q_proj")]
    [InlineData(@".*\.(q|v)_proj", @".*\.(q|v)_proj", "")]
    [InlineData("layers.[0-3]{1,2}.q_proj", "layers.[0-3]{1,2}.q_proj", "")]
    [InlineData("lm_head,all-linear", null, "lm_head|all-linear")]
    public void Target_text_is_a_pattern_or_names(string text, string? pattern, string names)
    {
        var spec = TargetSpec.Parse(text)!;
        Assert.Equal(pattern, spec.Pattern);
        Assert.Equal(names.Split('|', StringSplitOptions.RemoveEmptyEntries), spec.Names);
    }

    [Theory]
    [InlineData("")]
    [InlineData("q_proj,")]
    [InlineData(",")]
    public void Target_text_with_an_empty_name_is_none(string text) => Assert.Null(TargetSpec.Parse(text));
}
