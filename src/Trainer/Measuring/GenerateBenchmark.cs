using System.Diagnostics;
using PureLora.Kernels;

namespace PureLora;

/// <summary>How fast a model reads a prompt and writes on from it, one sequence, greedily, with so many threads.</summary>
/// <param name="Threads">CPU threads.</param>
/// <param name="PrefillSeconds">From the prompt to its first new token, the median of the rounds.</param>
/// <param name="SecondsPerToken">Of each token after it, the median of the rounds.</param>
/// <param name="PeakGigaFlops">Of so many threads, measured before each round; the median.</param>
/// <param name="Bandwidth">Bytes a second that the machine reads, measured before each round; the median.</param>
/// <param name="PrefillOperations">Floating-point operations of the products and of attention over the prompt, two to a multiply-add.</param>
/// <param name="BytesPerToken">Of weights, read once for each token.</param>
/// <param name="Kernels">Share of a round's decoding by kernel, the longest first.</param>
sealed record GenerateBenchmark(
    int Threads, double PrefillSeconds, double SecondsPerToken, double PeakGigaFlops, double Bandwidth, double PrefillOperations, long BytesPerToken,
    IReadOnlyList<(string Kernel, double Share)> Kernels)
{
    const int Rounds = 5;

    /// <summary>Runs <see cref="Rounds"/> rounds after one to warm up, on a prompt of random tokens, and one that times kernels.</summary>
    /// <param name="config">Of which device, threads, seed and quantization count.</param>
    /// <param name="shape">In place of the model's folder: weights are drawn in memory.</param>
    /// <param name="promptTokens">Length of the prompt.</param>
    /// <param name="newTokens">Tokens to decode after the first new one, which the prompt's pass gives.</param>
    /// <param name="stop">Ends it between two tokens.</param>
    public static GenerateBenchmark Run(TrainConfig config, ModelConfig? shape, int promptTokens, int newTokens, CancellationToken stop)
    {
        var settings = RunPlan.Settings(config, shape);
        if (promptTokens + (long)newTokens >= settings.MaxPositions)
            throw new UsageException($"command line: {promptTokens} + {newTokens} tokens were asked for, but the model has {settings.MaxPositions} positions and needs one more. Lower --prompt-tokens or --max-new-tokens.");
        var open = RunPlan.Opening(config, shape, settings);
        RefuseTooLarge(config, open);
        using var device = Device.Open(config.Device, config.Threads);
        using var model = open(device, config);
        var prompt = new int[promptTokens];
        var key = Philox.Key((ulong)config.Seed, "tokens");
        for (var t = 0; t < promptTokens; t++)
            prompt[t] = (int)(Philox.Uniform(Philox.Block(key, (uint)t, 0, 0, 0).X) * settings.VocabularySize);
        using var memory = new MemoryBandwidth(Math.Max(device.Workers, Environment.ProcessorCount));
        List<double> prefill = [], decode = [], peaks = [], bandwidths = [];
        Round(_ => { });
        for (var round = 0; round < Rounds; round++)
        {
            peaks.Add(FmaPeak.GigaFlops(device.Workers));
            bandwidths.Add(memory.Measure());
            var (first, rest) = Round(_ => { });
            prefill.Add(first);
            decode.Add(rest / newTokens);
        }
        var times = new KernelTimes();
        IDisposable? watch = null;
        var watched = Round(_ => watch ??= times.Watch(device)).After;
        watch?.Dispose();
        return new GenerateBenchmark(
            device.Workers, Sample.Median(prefill), Sample.Median(decode), Sample.Median(peaks), Sample.Median(bandwidths), Operations(model, promptTokens), BytesRead(model),
            [.. times.ToList().Select(t => (t.Kernel, t.Seconds / watched))]);

        (double First, double After) Round(Action<int> afterToken)
        {
            long start = Stopwatch.GetTimestamp(), first = 0, last = 0;
            Generation.Run(model, [prompt], new GenerationSettings { MaxNewTokens = newTokens + 1 }, new HashSet<int>(), (_, id) =>
            {
                last = Stopwatch.GetTimestamp();
                first = first == 0 ? last : first;
                afterToken(id);
            }, stop);
            return (Stopwatch.GetElapsedTime(start, first).TotalSeconds, Stopwatch.GetElapsedTime(first, last).TotalSeconds);
        }
    }

    static void RefuseTooLarge(TrainConfig config, Func<Device, TrainConfig, Decoder> open)
    {
        using var device = Device.Open($"{PlanDevice.Prefix}{config.Device}", config.Threads);
        using var model = open(device, config);
        if (config.Device == "cpu" && device.Bytes > MachineMemory.Available())
            throw new PureLoraException($"memory: the weights take {Sizes.Text(device.Bytes)}, but {Sizes.Text(MachineMemory.Available())} are available. Give --load-in-4bit, or a smaller shape.");
    }

    public double PrefillGigaFlops => PrefillOperations / PrefillSeconds / 1e9;

    /// <summary>Of bytes of weights a second.</summary>
    public double BandwidthShare => BytesPerToken / SecondsPerToken / Bandwidth;

    /// <summary>Of each linear and of the head, of experts those that a token goes through; the embedding is only looked up.</summary>
    static long BytesRead(Decoder model) => (long)model.Stages.Sum(stage => stage.Share * stage.Linears.Sum(linear => ((Linear)linear).Weight.Bytes));

    /// <summary>The products of all layers for every token, of the head for the last one, and half a square of attention.</summary>
    static double Operations(Decoder model, int tokens)
    {
        double sum = 0;
        foreach (var stage in model.Stages)
            sum += stage.Linears.Sum(linear => (double)linear.Inputs * linear.Outputs) * (stage.IsHead ? 1 : stage.Share * tokens)
                + (stage.Attends is { } layer ? 2 * UsefulOperations.Pairs(layer, tokens) * model.Config.Heads * model.Config.HeadSize : 0);
        return 2 * sum;
    }
}
