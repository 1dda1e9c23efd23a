namespace PureLora;

/// <summary>
/// Runs the real step on a <see cref="PlanDevice"/>, at the largest batch that the data can produce, and counts what each
/// part of it holds. It takes the time of the bookkeeping alone.
/// </summary>
static class Planner
{
    /// <summary>Beside the largest batch, so many of the run itself: another length can need a chunk that the largest does not.</summary>
    const int FirstSteps = 12;

    const int MostRounds = 4;

    /// <summary>Of a step with more passes than this the first are tried: the others reuse their memory.</summary>
    const int MostPasses = 32;

    /// <param name="config">The run.</param>
    /// <param name="open">Opens the model on a device.</param>
    /// <param name="train">The training examples.</param>
    /// <param name="evaluation">Those to evaluate; null for none.</param>
    /// <param name="exampleBytes">What the examples of the run hold, where they are not all there.</param>
    public static MemoryPlan Plan(TrainConfig config, Func<Device, TrainConfig, Decoder> open, ExampleSet train, ExampleSet? evaluation, long? exampleBytes = null)
    {
        using var device = (PlanDevice)Device.Open($"{PlanDevice.Prefix}{config.Device}", config.Threads, config.Bf16);
        var parts = new Parts(device);
        using var model = open(device, config);
        model.Checkpointing = config.GradientCheckpointing ?? model.Quantization is not null;
        foreach (var (format, (rented, mapped)) in model.Weights.Sizes)
        {
            parts.Add($"weights {format}", rented);
            parts.Add($"weights {format}, mapped", mapped, onDevice: false);
        }
        parts.Measure("positions");
        var parameters = Trainable(model, config);
        parts.Measure("adapters");
        var loading = device.Bytes + 4 * parameters.Max(p => p.Data.Length);

        var trainer = new Trainer(model, parameters, config, train, evaluation, padId: 0);
        trainer.Reserve();
        parts.Measure("positions");
        using var optimizer = trainer.OpenOptimizer();
        parts.Measure("optimizer");

        // In the order of a run, since the pool's chunks are shared, and until it takes no new one.
        long evaluationPeak = 0, kept = 0, forward = 0;
        var examples = config.Packing ? LargestBatch.Packed(train, config.MaxSeqLength, config.PerDeviceTrainBatchSize) : LargestBatch.Of(train, config.PerDeviceTrainBatchSize);
        var rows = Batch.Alone(examples);
        long taken = -1;
        for (var round = 0; round < MostRounds && taken != device.ChunksTaken; round++)
        {
            taken = device.ChunksTaken;
            if (evaluation is not null)
                trainer.Evaluate(new Batch(Batch.Alone(LargestBatch.Of(evaluation, config.PerDeviceEvalBatchSize)), padId: 0), 0);
            evaluationPeak = round == 0 && evaluation is not null ? device.PeakBytes : evaluationPeak;
            foreach (var parameter in parameters)
                parameter.ClearGradient();
            parts.Measure("gradients");
            kept = device.Bytes;
            trainer.AfterForward = () => forward = device.Bytes;
            trainer.Step(optimizer, 0, rows, config.LearningRate);
            trainer.AfterForward = null;
            for (var step = 0; step < Math.Min(FirstSteps, trainer.TotalSteps); step++)
                trainer.Step(optimizer, step, [.. trainer.Rows(step).Take((int)Math.Min(int.MaxValue, (long)MostPasses * config.PerDeviceTrainBatchSize))], config.LearningRate);
        }
        parts.Add("activations kept", forward - kept);
        parts.Add("working buffers", device.PlannedBytes - forward);
        parts.Add("examples", exampleBytes ?? train.MemoryBytes + (evaluation?.MemoryBytes ?? 0), onDevice: false);
        parts.Add("process", MemoryPlan.RuntimeBytes, onDevice: false);
        return new MemoryPlan
        {
            Parts = parts.ToArray(),
            DevicePeakBytes = device.PlannedBytes,
            Device = device.Kind,
            TrainableParameters = parameters.Sum(p => p.Data.Length),
            PeakAt = $"{device.PeakAt}, {(device.PeakBytes == evaluationPeak ? "in evaluation" : "in the training step")}",
            LoadingBytes = loading,
            EvaluationBytes = evaluationPeak,
            Chunks = device.Chunks,
            PagedBytes = optimizer.PagedBytes,
            Batch = (examples.Length, examples[0].Ids.Length),
        };
    }

    /// <summary>What the run trains, with a fresh adapter if it trains one.</summary>
    public static Parameter[] Trainable(Decoder model, TrainConfig config) => config.Method == "lora"
        ? [.. LoraAdapter.Attach(model, config.ToLora(), (ulong)config.Seed).Parameters] : [.. model.Parameters];

    /// <summary>What a store holds of one example in memory.</summary>
    internal static long Bytes(int tokens) => 4L * tokens + 64;

    /// <summary>Names for the bytes that a device came to hold, in the order of their first mention.</summary>
    sealed class Parts(Device device)
    {
        readonly List<(string Name, long Bytes)> parts = [];
        long accounted;

        public void Add(string name, long bytes, bool onDevice = true)
        {
            accounted += onDevice ? bytes : 0;
            var at = parts.FindIndex(part => part.Name == name);
            if (at >= 0)
                parts[at] = (name, parts[at].Bytes + bytes);
            else if (bytes > 0)
                parts.Add((name, bytes));
        }

        /// <summary>What the device holds and no part has.</summary>
        public void Measure(string name) => Add(name, device.Bytes - accounted);

        public (string Name, long Bytes)[] ToArray() => [.. parts];
    }
}
