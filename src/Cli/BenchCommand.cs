using System.CommandLine;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>Measurements on this machine.</summary>
sealed class BenchCommand : Command
{
    public BenchCommand() : base("bench", "Measure this machine: bench step is one real training step, bench matmul its products, bench generate a prompt and an answer, bench tokenize a tokenizer.")
    {
        Add(new BenchStepCommand());
        Add(new BenchMatMulCommand());
        Add(new BenchGenerateCommand());
        Add(new BenchTokenizeCommand());
    }
}

/// <summary>Takes a real optimization step on random weights, and compares its memory with the plan.</summary>
sealed class BenchStepCommand : ShapedCommand
{
    readonly Option<bool> force = new("--force") { Description = "Start even if the memory planned is more than the machine has." };

    public BenchStepCommand() : base(
        "step", "Take one real training step (after one to warm up) of a model or a shape; max_steps takes more.",
        [
            "purelora bench step --shape smol135m --max-seq-length 256 --per-device-train-batch-size 4",
            "purelora bench step --shape llama1b-4l --dtype bfloat16 --max-seq-length 128 --gradient-checkpointing --json",
        ]) => Options.Insert(3, force);

    protected override void Run(ParseResult parse, Report report, CancellationToken stop)
    {
        var result = StepBenchmark.Run(Settings(parse), Shape(parse), parse.GetValue(force), report.Line, stop);
        var plan = result.Plan;
        var total = result.WatchedSeconds;
        report.Line($"step       {result.SecondsPerStep:F3} s, {result.TokensPerSecond:N1} tokens/s, loss {result.Loss:F4}");
        report.Line($"useful     {result.UsefulOperations / 1e9:N0} GFLOP a step, {result.GigaFlops:F1} GFLOP/s{(result.PeakGigaFlops is { } peak ? $", {result.GigaFlops / peak:P0} of the {peak:F1} that the threads do in registers" : "")}");
        report.Line($"device     {result.DevicePeakBytes:N0} bytes at most, planned {plan.DevicePeakBytes:N0}");
        report.Line($"process    {result.RssPeakBytes:N0} bytes resident at most, planned {plan.TotalBytes:N0} {(plan.HasDeviceMemory ? "without the driver and its compiler" : $"({100.0 * (result.RssPeakBytes - plan.TotalBytes) / plan.TotalBytes:+0.0;-0.0} %)")}");
        foreach (var (kernel, seconds, launches) in result.Kernels)
            report.Line($"{100 * seconds / total,9:F1} %  {kernel} ({launches} launches)");
        report.Line($"{100 * (1 - result.Kernels.Sum(k => k.Seconds) / total),9:F1} %  outside of kernels");
        report.Result(
            ("planned_bytes", plan.DevicePeakBytes), ("planned_total_bytes", plan.TotalBytes), ("device_peak_bytes", result.DevicePeakBytes),
            ("rss_peak_bytes", result.RssPeakBytes), ("seconds_per_step", result.SecondsPerStep), ("tokens_per_second", result.TokensPerSecond),
            ("loss", result.Loss), ("useful_gflop", result.UsefulOperations / 1e9), ("gflops", result.GigaFlops), ("peak_gflops", result.PeakGigaFlops),
            ("share_of_peak", result.GigaFlops / result.PeakGigaFlops), ("trainable_parameters", plan.TrainableParameters), ("start_seconds", result.StartSeconds), ("load_seconds", result.LoadSeconds),
            ("kernels", new JsonArray([.. result.Kernels.Select(k => (JsonNode)new JsonObject { ["kernel"] = k.Kernel, ["seconds"] = k.Seconds, ["share"] = k.Seconds / total, ["launches"] = k.Launches })])));
    }
}
