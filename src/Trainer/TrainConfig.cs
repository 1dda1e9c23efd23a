namespace PureLora;

/// <summary>
/// Everything a training run is told, in the words of Transformers' TrainingArguments and PEFT's LoraConfig. YAML keys,
/// flags, defaults, checks and docs/configuration.md all come from these properties, in this order.
/// </summary>
public sealed partial record TrainConfig : StorageSettings
{
    [Setting("Folder of the model to train: config.json, tokenizer.json and, unless random_init is true, its weights.",
        Required = true, Placeholder = "dir")]
    public string Model { get; init; } = "";

    [Setting("Examples to train on (docs/data.md): JSON Lines, JSON, CSV or Parquet. Files, patterns and folders with commas between them; in YAML also a list.",
        Required = true, Placeholder = "files", IsList = true)]
    public string TrainFile { get; init; } = "";

    [Setting("Share of each set of train_file in an epoch, one number for each; without it every example comes once. docs/data.md defines it.",
        Placeholder = "numbers", IsList = true)]
    public string TrainWeights { get; init; } = "";

    [Setting("Examples to measure the loss on, like train_file. Without it, and without validation_split, nothing is evaluated.", Placeholder = "files", IsList = true)]
    public string EvalFile { get; init; } = "";

    [Setting("Training records to hold out for evaluation instead of an eval_file: below 1 a fraction of them, else how many. The seed says which.", AtLeast = 0)]
    public double ValidationSplit { get; init; }

    [Setting("Form of the records. Without it their keys tell it; a record that fits two forms stops the run.",
        Choices = new[] { "text", "prompt_completion", "alpaca", "messages", "conversations", "self_instruct", "tokens", "preference" }, WhenOpen = "told by the keys")]
    public string? DataForm { get; init; }

    [Setting("Template that chats are rendered with: a file, the template itself, or chatml. Without it, the model's own.", Placeholder = "file")]
    public string ChatTemplate { get; init; } = "";

    [Setting("What is trained: completion (what follows the prompt), assistant (its turns), last (its last turn), or all. Messages with train or weight decide alone.",
        Choices = new[] { "completion", "assistant", "last", "all" }, WhenOpen = "completion where records have one, else assistant")]
    public string? TrainOn { get; init; }

    [Setting("Train the tokens that end a text or a turn, so that the model learns to stop.")]
    public bool TrainEos { get; init; } = true;

    [Setting("Folder that receives the adapter or model, the log and this configuration.", Required = true, Placeholder = "dir")]
    public string OutputDir { get; init; } = "";

    [Setting("What is trained: lora trains small matrices beside frozen weights, full trains the weights themselves.",
        Choices = new[] { "lora", "full" })]
    public string Method { get; init; } = "lora";

    [Setting("Start full training from random weights drawn from the seed; model then needs no weight files.")]
    public bool RandomInit { get; init; }

    [DeviceSetting]
    public string Device { get; init; } = "cpu";

    [Setting("CPU threads; 0 takes every core. The result does not depend on it.", AtLeast = 0, AtMost = 1024)]
    public int Threads { get; init; }

    [Setting("Multiply in bfloat16 on the tensor cores of an NVIDIA GPU (sm_80 or later), adding up in float32.")]
    public bool Bf16 { get; init; }

    [Setting("Seed of the shuffle, the dropout and the initial values.", AtLeast = 0)]
    public long Seed { get; init; } = 42;

    [Setting("Most tokens in an example, and in a row with packing. 0 takes the model's max_position_embeddings, but at most 1024 (TRL's default).",
        AtLeast = 0)]
    public int MaxSeqLength { get; init; }

    [Setting("What an example longer than that loses: its end (right), its start after BOS (left), or itself (drop).", Choices = new[] { "right", "left", "drop" })]
    public string TruncationSide { get; init; } = "right";

    [Setting("Put several short examples into a row of max_seq_length tokens, none seeing another. A batch then counts rows.")]
    public bool Packing { get; init; }

    [Setting("Put examples of similar length into a batch, so that less is padded.")]
    public bool GroupByLength { get; init; }

    [Setting("Errors about the data that may pass, by their names in docs/data.md; in YAML also a list.", Placeholder = "names", IsList = true)]
    public string Allow { get; init; } = "";

    [Setting("Examples, or rows with packing, in one pass forward and backward.", AtLeast = 1)]
    public int PerDeviceTrainBatchSize { get; init; } = 8;

    [Setting("Examples in one pass of evaluation.", AtLeast = 1)]
    public int PerDeviceEvalBatchSize { get; init; } = 8;

    [Setting("Passes added up before each optimizer step; the result is that of one batch as large as all of them.", AtLeast = 1)]
    public int GradientAccumulationSteps { get; init; } = 1;

    [Setting("Compute each layer again in the backward pass instead of keeping it: less memory, more time, the same result.",
        WhenOpen = "true with a quantized base, else false")]
    public bool? GradientCheckpointing { get; init; }

    [Setting("Passes over the training examples; a fraction stops partway. Ignored when max_steps is given.", Above = 0)]
    public double NumTrainEpochs { get; init; } = 3;

    [Setting("Optimizer steps; -1 counts num_train_epochs instead.", AtLeast = 1, Or = -1)]
    public int MaxSteps { get; init; } = -1;

    [Setting("Peak learning rate. The default suits adapters; for full training take less (Transformers' default is 5e-5).", Above = 0)]
    public double LearningRate { get; init; } = 2e-4;

    [Setting("How the learning rate goes on after the warm-up. constant knows no warm-up.",
        Choices = new[] { "linear", "cosine", "constant", "constant_with_warmup" })]
    public string LrSchedulerType { get; init; } = "linear";

    [Setting("Steps in which the learning rate rises from 0. Give this or warmup_ratio, not both.", AtLeast = 0)]
    public int WarmupSteps { get; init; }

    [Setting("The same as a fraction of all steps, rounded up. Give this or warmup_steps, not both.", AtLeast = 0, AtMost = 1)]
    public double WarmupRatio { get; init; }

    [Setting("The optimizer; _8bit keeps the state of large tensors in 8 bits, paged_ keeps it in a file in output_dir. lion wants a third or less of adamw's learning rate.",
        Choices = new[] { "adamw", "adamw_8bit", "lion", "lion_8bit", "sgd", "paged_adamw", "paged_adamw_8bit", "paged_lion", "paged_lion_8bit" })]
    public string Optim { get; init; } = "adamw";

    [Setting("Weight decay: decoupled from the gradient in AdamW and Lion, a part of it in SGD.", AtLeast = 0)]
    public double WeightDecay { get; init; }

    [Setting("AdamW's decay of the mean gradient; for Lion, the mean's share in the direction.", AtLeast = 0, Below = 1)]
    public double AdamBeta1 { get; init; } = 0.9;

    [Setting("AdamW's decay of the mean squared gradient; for Lion, that of the mean gradient.", AtLeast = 0, Below = 1)]
    public double AdamBeta2 { get; init; } = 0.999;

    [Setting("AdamW's guard against division by zero.", Above = 0)]
    public double AdamEpsilon { get; init; } = 1e-8;

    [Setting("Largest norm of all gradients together; larger ones are scaled down to it. 0 leaves them alone.", AtLeast = 0)]
    public double MaxGradNorm { get; init; } = 1;

    [Setting("Steps between two lines of the log. Transformers' default is 500; runs here are often shorter than that.", AtLeast = 1)]
    public int LoggingSteps { get; init; } = 10;

    [Setting("Steps between two evaluations; 0 evaluates before the first step and after the last only.", AtLeast = 0)]
    public int EvalSteps { get; init; }

    [Setting("Text around each prompt, with {prompt} where it stands, or alpaca, Stanford Alpaca's words, which instructions get without it. In YAML, put it in quotes.")]
    public string PromptTemplate { get; init; } = "{prompt}";

    [Setting("Rank of the adapters: the width of their two matrices.", AtLeast = 1)]
    public int R { get; init; } = 8;

    [Setting("Scale of the adapters: their output is multiplied by lora_alpha / r. Twice the rank by custom; PEFT's default is 8.", Above = 0)]
    public double LoraAlpha { get; init; } = 16;

    [Setting("Fraction of each adapter's inputs that is dropped in training.", AtLeast = 0, Below = 1)]
    public double LoraDropout { get; init; }

    [Setting("Modules that get an adapter: names, a regular expression over the whole path, or all-linear (all but the head). PEFT's default depends on the architecture.",
        Placeholder = "names")]
    public TargetSpec TargetModules { get; init; } = TargetSpec.Parse(TargetSpec.AllLinear)!;

    [Setting("Scale by lora_alpha / sqrt(r) instead, which holds at high rank (rsLoRA).")]
    public bool UseRslora { get; init; }

    [Setting("Start of the first matrix: true is PEFT's uniform start, gaussian a normal one of width 1 / r. The second starts at zero.",
        Choices = new[] { "true", "gaussian" })]
    public string InitLoraWeights { get; init; } = "true";

    [Setting("Hash of the chat template, which a run writes down. A template of another hash is then an error.", Placeholder = "hex")]
    public string ChatTemplateSha256 { get; init; } = "";
}
