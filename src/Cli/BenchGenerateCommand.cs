using System.CommandLine;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>Reads a prompt and writes on from it, with random weights or a model's, and compares that with what memory allows.</summary>
sealed class BenchGenerateCommand : ShapedCommand
{
    readonly Option<int> prompt = new("--prompt-tokens") { Description = "Length of the prompt, of random tokens.", HelpName = "count", DefaultValueFactory = _ => 512 };
    readonly Option<int> tokens = new("--max-new-tokens") { Description = "Tokens to write after the first.", HelpName = "count", DefaultValueFactory = _ => 128 };

    public BenchGenerateCommand() : base(
        "generate", "Measure reading a prompt and writing on from it, one sequence; the latter as a share of the memory's bandwidth.",
        [
            "purelora bench generate --shape smol135m",
            "purelora bench generate --shape smol135m --dtype bfloat16 --load-in-4bit --threads 1 --json",
        ])
    {
        Options.Insert(3, prompt);
        Options.Insert(4, tokens);
    }

    /// <summary>Without <c>--threads</c>, one thread and then every core.</summary>
    protected override void Run(ParseResult parse, Report report, CancellationToken stop)
    {
        var (config, shape) = (Settings(parse), Shape(parse));
        var (promptTokens, newTokens) = (parse.GetValue(prompt), parse.GetValue(tokens));
        if (Math.Min(promptTokens, newTokens) < 1)
            throw new UsageException($"command line: --prompt-tokens is {promptTokens} and --max-new-tokens {newTokens}, but each needs 1 or more. Raise it.");
        var cores = Environment.ProcessorCount;
        var rows = new JsonArray();
        foreach (var threads in config.Threads > 0 ? [config.Threads] : cores > 1 ? [1, cores] : (int[])[1])
        {
            var result = GenerateBenchmark.Run(config with { Threads = threads }, shape, promptTokens, newTokens, stop);
            report.Line($"{Spelling.Count(result.Threads, "thread")}: {result.PeakGigaFlops:N0} GFLOP/s at most; the machine reads {result.Bandwidth / 1e9:N1} GB/s");
            report.Line($"  prompt   {promptTokens / result.PrefillSeconds:N1} tokens/s, {result.PrefillGigaFlops:N0} GFLOP/s, {100 * result.PrefillGigaFlops / result.PeakGigaFlops:F0} % of the peak");
            report.Line($"  decode   {1 / result.SecondsPerToken:N1} tokens/s, {result.BytesPerToken / 1e6:N1} MB of weights each, {100 * result.BandwidthShare:F0} % of the bandwidth");
            foreach (var (kernel, part) in result.Kernels)
                report.Line($"{100 * part,9:F1} %  {kernel}");
            report.Line($"{100 * (1 - result.Kernels.Sum(k => k.Share)),9:F1} %  outside of kernels");
            rows.Add((JsonNode)new JsonObject
            {
                ["threads"] = result.Threads,
                ["prefill_tokens_per_second"] = promptTokens / result.PrefillSeconds,
                ["prefill_gflops"] = result.PrefillGigaFlops,
                ["peak_gflops"] = result.PeakGigaFlops,
                ["decode_tokens_per_second"] = 1 / result.SecondsPerToken,
                ["weight_bytes_per_token"] = result.BytesPerToken,
                ["bandwidth_gb_per_second"] = result.Bandwidth / 1e9,
                ["bandwidth_share"] = result.BandwidthShare,
                ["kernels"] = new JsonArray([.. result.Kernels.Select(k => (JsonNode)new JsonObject { ["kernel"] = k.Kernel, ["share"] = k.Share })]),
            });
        }
        report.Result(("prompt_tokens", promptTokens), ("new_tokens", newTokens), ("rows", rows));
    }
}
