namespace PureLora;

/// <summary>
/// A run that is only planned: of a folder with a <c>config.json</c>, with weights or without, or of a shape. Without a
/// training file every example is as long as <c>max_seq_length</c> allows and trained throughout.
/// </summary>
sealed class RunPlan : IDisposable
{
    readonly Func<Device, TrainConfig, Decoder> open;
    readonly ExampleSet train;
    readonly ExampleSet? evaluation;
    readonly long? exampleBytes;

    public RunPlan(Func<Device, TrainConfig, Decoder> open, ExampleSet train, ExampleSet? evaluation, long? exampleBytes = null) =>
        (this.open, this.train, this.evaluation, this.exampleBytes) = (open, train, evaluation, exampleBytes);

    /// <summary>Reads what <paramref name="config"/> names, but no weights.</summary>
    /// <param name="config">The run.</param>
    /// <param name="shape">In place of the model's folder; its weights are drawn in memory, since there is no file.</param>
    /// <param name="say">Takes the warnings about the data.</param>
    public static RunPlan Of(TrainConfig config, ModelConfig? shape, Action<string> say)
    {
        var settings = Settings(config, shape);
        var length = TrainRun.SequenceLength(config, settings);
        return config.TrainFile.Length == 0 ? Full() : Read();

        // Two passes show all that more of the same would; the effective batch is only counted.
        RunPlan Full()
        {
            long batch = config.PerDeviceTrainBatchSize, effective = batch * config.GradientAccumulationSteps;
            var made = ExampleSet.Of(LargestBatch.Full(length, checked((int)Math.Min(effective, 2 * batch))));
            var evaluation = config.EvalFile.Length > 0 ? ExampleSet.Of(LargestBatch.Full(length, config.PerDeviceEvalBatchSize)) : null;
            return new RunPlan(Opening(config, shape, settings), made, evaluation, Planner.Bytes(length) * (effective + (evaluation?.Count ?? 0)));
        }

        RunPlan Read()
        {
            if (shape is not null)
                throw new UsageException($"train_file: the examples are in {config.TrainFile}, but a shape has no tokenizer to cut them with. Leave the file out to plan for full sequences, or give --model.");
            var data = TrainingData.Read(config with { MaxSeqLength = length }, TrainRun.Vocabulary(config.Model, settings));
            try
            {
                data.RefusePreferences();
                foreach (var warning in data.Warnings)
                    say(warning);
                return new RunPlan(Opening(config, shape, settings), data.Train, data.Evaluation);
            }
            catch
            {
                data.Dispose();
                throw;
            }
        }
    }

    /// <summary>The shape, from a name or from the model's folder.</summary>
    internal static ModelConfig Settings(TrainConfig config, ModelConfig? shape) => shape
        ?? (config.Model.Length > 0 ? Families.Read(config.Model) : throw new UsageException("configuration: model is missing, but a plan needs --model <dir> or --shape <name>. Give one of them."));

    /// <summary>How the model is opened, on any device for a shape and for weights, on a planning one for a lone config.json.</summary>
    internal static Func<Device, TrainConfig, Decoder> Opening(TrainConfig config, ModelConfig? shape, ModelConfig settings) =>
        shape is not null ? (device, c) => Pretrained.Random(device, settings, c.Method == "full", (ulong)c.Seed, c.Over(null))
        : config.RandomInit || Checkpoint.IsIn(config.Model) ? TrainRun.Open
        : (device, c) => Pretrained.Planned((PlanDevice)device, c.Model, c.Method == "full", c.Over(settings.Quantization));

    /// <summary>Lets go of the examples; a plan over those of a run leaves that to the run.</summary>
    public void Dispose()
    {
        train.Dispose();
        evaluation?.Dispose();
    }

    /// <summary>The plan of this run with the settings <paramref name="config"/>, which may differ in anything but model and data.</summary>
    public MemoryPlan Plan(TrainConfig config) => Planner.Plan(config, open, train, evaluation, exampleBytes);

    /// <summary>Before a run: says what it will need, and refuses what cannot fit unless <paramref name="force"/>.</summary>
    /// <exception cref="PureLoraException">It cannot fit.</exception>
    public MemoryPlan Check(TrainConfig config, bool force, Action<string> say)
    {
        var fit = MemoryFit.Here(Plan(config));
        say(fit.Plan.HasDeviceMemory
            ? $"memory     {Sizes.Text(fit.Plan.DevicePeakBytes)} planned on {fit.Plan.Device} ({(fit.DeviceAvailable is { } free ? $"{Sizes.Text(free)} available" : "not in this machine")}), {Sizes.Text(fit.Plan.HostBytes)} in the host's memory ({Sizes.Text(fit.HostAvailable)} available)"
            : $"memory     {Sizes.Text(fit.Plan.TotalBytes)} planned, {Sizes.Text(fit.Plan.DevicePeakBytes)} of it on {fit.Plan.Device}; {fit.Available} available");
        if (fit.Fits == false && !force)
            fit.Refuse(Proposal.For(config, fit.Plan, Plan, p => fit.FitsToo(p) != false));
        return fit.Plan;
    }
}
