namespace PureLora;

/// <summary>A whole run from its configuration: opens the model and the data, trains, and saves.</summary>
public static class TrainRun
{
    /// <summary>What <see cref="Execute"/> made.</summary>
    /// <param name="Result">The numbers.</param>
    /// <param name="Output">The folder with the adapter or the model.</param>
    /// <param name="AdapterBytes">The size of the adapter's files; 0 for <c>method: full</c>.</param>
    /// <param name="Chats">Whether it was trained on chats.</param>
    public sealed record Outcome(TrainResult Result, string Output, long AdapterBytes, bool Chats);

    /// <summary>Runs <paramref name="config"/>; <paramref name="say"/> takes the sentences a person should read. What cannot fit in memory starts only by <paramref name="force"/>.</summary>
    public static Outcome Execute(TrainConfig config, Action<string> say, ITrainingLog watcher, CancellationToken cancellation = default, bool force = false)
    {
        config.Validate();
        var settings = Families.Read(config.Model);
        OutputFolder.Check(config);
        using var output = OutputFolder.Take(config.OutputDir);
        var vocabulary = Vocabulary(config.Model, settings);
        var length = SequenceLength(config, settings);
        var asked = config;
        config = config with { MaxSeqLength = length };
        using var data = TrainingData.Read(config, vocabulary, cancellation);
        var (train, evaluation) = (data.Train, data.Evaluation);
        data.RefusePreferences();
        data.Check(config, say);
        RefuseForeignIds(config.Model, data, settings.VocabularySize);
        var plan = new RunPlan(Open, train, evaluation).Check(config, force, say);
        using var device = Device.Open(config.Device, config.Threads, config.Bf16);
        device.Reserve(plan.Chunks);
        using var model = Open(device, config, cancellation);
        model.Checkpointing = config.GradientCheckpointing ?? model.Quantization is not null;
        var adapter = config.Method == "lora" ? LoraAdapter.Attach(model, config.ToLora(), (ulong)config.Seed) : null;
        var parameters = adapter?.Parameters.ToArray() ?? [.. model.Parameters];
        // A pad token that was added to the tokenizer alone has no row in the embedding, and no row of padding is looked at.
        var padding = vocabulary.Padding < settings.VocabularySize ? vocabulary.Padding : 0;
        var trainer = new Trainer(model, parameters, config, train, evaluation, padding);
        say($"model      {config.Model}: {settings.Architecture}, {model.ParameterCount:N0} parameters, {parameters.Sum(p => p.Data.Length):N0} trained{(model.Quantization is { } storage ? $", over a base in {storage}" : "")}");
        say($"data       {Spelling.Count(train.Count, "example")}{(evaluation is null ? "" : $", {evaluation.Count:N0} to evaluate")}, the longest has {train.Longest} tokens (at most {length})");
        say($"run        {Spelling.Count(trainer.TotalSteps, "step")} of {Spelling.Count((long)config.PerDeviceTrainBatchSize * config.GradientAccumulationSteps, config.Packing ? "row" : "example")} on {device.Name} ({device.Description}), gradient_checkpointing {(model.Checkpointing ? "on" : "off")}");
        if (!device.ReadsHostMemory)
            say("kernels    are compiled as they are first launched: the first step takes longer, the first time most");
        foreach (var warning in RunWarnings.Of(model, adapter))
            say(warning);
        var progress = new RunWarnings(say);
        output.Begin(Settled(asked, model, data).ToYaml());
        TrainResult result;
        long bytes = 0;
        try
        {
            using (var file = new LogFile(output.Unfinished))
                result = trainer.Run(new TrainingLogs(file, watcher, progress), cancellation);
            progress.Ended();
            model.CheckUnchanged();
            if (adapter is not null)
                bytes = PeftAdapter.Save(adapter, output.Unfinished, config.Model);
            else
                ModelFolder.WriteFiles(model, config.Model, output.Unfinished, null);
            TemplateRecord.Write(output.Unfinished, config.Model, data.Template);
        }
        catch (Exception e)
        {
            say($"unfinished {output.Unfinished}: settings and log of this run{(output.HasResult ? $"; the earlier result in {config.OutputDir} is as it was" : "")}");
            if (e is OperationCanceledException)
                throw new StoppedException($"after step {progress.Steps} of {trainer.TotalSteps}; no {(adapter is null ? "model" : "adapter")} was saved", cancellation);
            throw;
        }
        output.Finish();
        return new Outcome(result, config.OutputDir, bytes, data.Template is not null);
    }

    /// <summary>The tokenizer's, with the ids at which the model's settings end a text.</summary>
    internal static Vocabulary Vocabulary(string model, ModelConfig settings) =>
        PureLora.Vocabulary.Of(TextTokenizer.Load(model), [.. settings.EosIds, .. GenerationConfig.Read(model).EosIds]);

    static void RefuseForeignIds(string model, TrainingData data, int vocabularySize)
    {
        foreach (var report in data.Reports)
            if (report.LargestId.Id >= vocabularySize)
                throw new PureLoraException($"{model}: the tokenizer gives id {report.LargestId.Id} at {report.LargestId.Place}, but the model needs ids below {vocabularySize}. Use the tokenizer that came with the model.");
    }

    internal static Decoder Open(Device device, TrainConfig config) => Open(device, config, default);

    static Decoder Open(Device device, TrainConfig config, CancellationToken stop) =>
        config.RandomInit ? Pretrained.Random(device, config.Model, (ulong)config.Seed)
        : Pretrained.Load(device, config.Model, trainable: config.Method == "full", config.Over(Families.Read(config.Model).Quantization), stop);

    /// <summary>The settings with what the model decided in place of what they left open, so that they say of an adapter what it fits.</summary>
    static TrainConfig Settled(TrainConfig config, Decoder model, TrainingData data)
    {
        var held = model.Quantization;
        var four = held?.Storage.IsFourBit == true;
        return config with
        {
            GradientCheckpointing = model.Checkpointing,
            PromptTemplate = data.PromptTemplate,
            ChatTemplateSha256 = data.Template?.Hash ?? "",
            LoadIn4bit = four,
            LoadIn8bit = held is not null && !four,
            Bnb4bitQuantType = four ? QuantState.TypeOf(held!.Storage.Format) : null,
            Bnb4bitUseDoubleQuant = four ? held!.Storage.DoubleQuant : null,
            LlmInt8SkipModules = held is null ? "" : string.Join(',', held.SkipModules.Except(held.Strangers(model))),
        };
    }

    internal static int SequenceLength(TrainConfig config, ModelConfig model)
    {
        if (config.MaxSeqLength > model.MaxPositions)
            throw new UsageException($"max_seq_length: the value is {config.MaxSeqLength}, but the model has {model.MaxPositions} positions. Lower it.");
        return config.MaxSeqLength > 0 ? config.MaxSeqLength : Math.Min(model.MaxPositions, 1024);
    }

    internal static LoraConfig ToLora(this TrainConfig config) => new()
    {
        R = config.R,
        LoraAlpha = config.LoraAlpha,
        LoraDropout = config.LoraDropout,
        TargetModules = config.TargetModules.ToTargets(),
        UseRslora = config.UseRslora,
        InitLoraWeights = config.InitLoraWeights == "gaussian" ? LoraInit.Gaussian : LoraInit.Kaiming,
    };

    /// <summary>The modules that a setting names.</summary>
    internal static TargetModules ToTargets(this TargetSpec spec) =>
        spec.Pattern is { } pattern ? TargetModules.Text(pattern) : TargetModules.List(spec.Names);
}
