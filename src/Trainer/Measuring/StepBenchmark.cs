using System.Diagnostics;
using PureLora.Kernels;

namespace PureLora;

/// <summary>What one optimization step costs, planned and measured.</summary>
/// <param name="Plan">The plan of the same step.</param>
/// <param name="DevicePeakBytes">The most that the device held.</param>
/// <param name="RssPeakBytes">The most that was resident of the whole process.</param>
/// <param name="StartSeconds">From the start of the process to that of its first step.</param>
/// <param name="LoadSeconds">Making or opening the model.</param>
/// <param name="Seconds">Of each measured step; before them, one was taken to warm up.</param>
/// <param name="Tokens">Tokens of a step.</param>
/// <param name="Loss">Of the last step.</param>
/// <param name="UsefulOperations">Of a step, as <see cref="PureLora.UsefulOperations"/> counts them.</param>
/// <param name="PeakGigaFlops">What the threads do in registers, measured before each step, the median; null on a GPU.</param>
/// <param name="WatchedSeconds">Of the steps whose kernels were timed: on the host all, on a GPU one more.</param>
/// <param name="Kernels">Their seconds and launches, by kernel, the longest first.</param>
sealed record StepBenchmark(
    MemoryPlan Plan, long DevicePeakBytes, long RssPeakBytes, double StartSeconds, double LoadSeconds, IReadOnlyList<double> Seconds, long Tokens, double Loss,
    double UsefulOperations, double? PeakGigaFlops, double WatchedSeconds,
    IReadOnlyList<(string Kernel, double Seconds, int Launches)> Kernels)
{
    /// <summary>The median.</summary>
    public double SecondsPerStep => Sample.Median(Seconds);

    public double TokensPerSecond => Tokens / SecondsPerStep;

    /// <summary>Of useful operations.</summary>
    public double GigaFlops => UsefulOperations / SecondsPerStep / 1e9;

    /// <summary>Runs <c>max_steps</c> steps (1 if it is not given) after one to warm up, on random tokens, every one trained.</summary>
    /// <param name="config">The run.</param>
    /// <param name="shape">In place of the model's folder: weights are drawn in memory.</param>
    /// <param name="force">Start what cannot fit, too.</param>
    /// <param name="say">Takes the lines that a person should read.</param>
    /// <param name="stop">Ends it between two steps.</param>
    public static StepBenchmark Run(TrainConfig config, ModelConfig? shape, bool force, Action<string> say, CancellationToken stop)
    {
        var settings = RunPlan.Settings(config, shape);
        var open = RunPlan.Opening(config, shape, settings);
        var train = Random(config, settings);
        var plan = new RunPlan(open, train, null).Check(config, force, say);
        var clock = Stopwatch.StartNew();
        using var device = Device.Open(config.Device, config.Threads, config.Bf16);
        using var model = open(device, config);
        model.Checkpointing = config.GradientCheckpointing ?? model.Quantization is not null;
        var parameters = Planner.Trainable(model, config);
        var trainer = new Trainer(model, parameters, config with { OutputDir = Existing(config.OutputDir) }, train, null, padId: 0);
        trainer.Reserve();
        using var optimizer = trainer.OpenOptimizer();
        var loading = clock.Elapsed.TotalSeconds;
        var start = (DateTime.Now - Process.GetCurrentProcess().StartTime).TotalSeconds;
        var times = new KernelTimes();
        List<double> seconds = [], peaks = [];
        var rows = Batch.Alone(train);
        trainer.Step(optimizer, 0, rows, config.LearningRate);
        say($"warm       {start:F2} s from start to first step, {loading:F2} s of them to make the model; the first step {clock.Elapsed.TotalSeconds - loading:F1} s");
        if (device.CompileTime > TimeSpan.Zero)
            say($"compiled   the kernels in {device.CompileTime.TotalSeconds:F1} s");
        double loss = 0;
        // Watching waits for each launch, which a host does anyway; on a GPU it has a step of its own, after the others.
        using var watch = device.ReadsHostMemory ? times.Watch(device) : null;
        for (var step = 1; step <= Math.Max(1, config.MaxSteps); step++)
        {
            stop.ThrowIfCancellationRequested();
            if (device.ReadsHostMemory)
                peaks.Add(FmaPeak.GigaFlops(device.Workers));
            device.Synchronize();
            clock.Restart();
            loss = trainer.Step(optimizer, step, rows, config.LearningRate).Loss;
            device.Synchronize();
            seconds.Add(clock.Elapsed.TotalSeconds);
        }
        var watched = seconds.Sum();
        if (watch is null)
            using (times.Watch(device))
            {
                clock.Restart();
                trainer.Step(optimizer, seconds.Count + 1, rows, config.LearningRate);
                watched = clock.Elapsed.TotalSeconds;
            }
        return new StepBenchmark(plan, device.PeakBytes, ProcessMemory.PeakResident(), start, loading, seconds, train.Tokens, loss,
            PureLora.UsefulOperations.OfStep(model, train), peaks.Count > 0 ? Sample.Median(peaks) : null, watched, times.ToList());
    }

    /// <summary>A paged state needs a folder, and a benchmark makes none: the nearest one above it, on the same disk.</summary>
    static string Existing(string folder)
    {
        if (folder.Length > 0)
            for (folder = Path.GetFullPath(folder); !Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } above;)
                folder = above;
        return folder;
    }

    /// <summary>One effective batch of full sequences.</summary>
    static ExampleSet Random(TrainConfig config, ModelConfig settings)
    {
        var (length, key) = (TrainRun.SequenceLength(config, settings), Philox.Key((ulong)config.Seed, "tokens"));
        var size = (long)config.PerDeviceTrainBatchSize * config.GradientAccumulationSteps;
        if (size > Array.MaxLength)
            throw new UsageException($"gradient_accumulation_steps: a step has {size:N0} examples, but a benchmark needs at most {Array.MaxLength:N0}. Lower it, or per_device_train_batch_size.");
        var examples = LargestBatch.Full(length, (int)size);
        foreach (var example in examples)
            for (var t = 0; t < length; t++)
            {
                example.Ids[t] = (int)(Philox.Uniform(Philox.Block(key, (uint)t, (uint)example.Index, 0, 0).X) * settings.VocabularySize);
                example.Labels[t] = t == 0 ? Example.Ignored : example.Ids[t];
            }
        return ExampleSet.Of(examples);
    }
}
