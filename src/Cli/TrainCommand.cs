using System.CommandLine;

namespace PureLora;

/// <summary>
/// Trains an adapter or a model. Its flags are the keys of <see cref="TrainConfig"/>; they stand over those of the file,
/// and no file is needed.
/// </summary>
sealed class TrainCommand : ToolCommand<TrainConfig>
{
    readonly Option<string> file = new("--config")
    {
        Description = "YAML file with any of the settings below, as key: value; flags stand over it.",
        HelpName = "file",
    };

    readonly Option<bool> force = new("--force") { Description = "Start even if the memory planned is more than the machine has." };

    public TrainCommand() : base(
        "train", "Fine-tune a model on your examples, with LoRA or in full.",
        [
            "purelora train --config run.yaml",
            "purelora train --config run.yaml --r 16 --learning-rate 2e-4",
            "purelora train --model ./base --train-file train.jsonl --output-dir ./adapter",
            "purelora train --config run.yaml --device cuda --bf16 --load-in-4bit",
        ], Run)
    {
        Options.Insert(0, file);
        Options.Insert(1, force);
    }

    /// <summary>Defaults, then the file, then the flags, checked together.</summary>
    public override TrainConfig Settings(ParseResult parse)
    {
        var start = parse.GetValue(file) is { } path ? ConfigFile.Read(path) : new TrainConfig();
        var config = Override(parse, start);
        config.Validate();
        return config;
    }

    protected override void Run(ParseResult parse, Report report, CancellationToken stop) =>
        Run(Settings(parse), parse.GetValue(force), report, stop);

    internal static void Run(TrainConfig config, Report report, CancellationToken stop) => Run(config, false, report, stop);

    static void Run(TrainConfig config, bool force, Report report, CancellationToken stop) =>
        report.Progress("training", TrainingReport.BarLength, step =>
        {
            var outcome = TrainRun.Execute(config, report.Line, new TrainingReport(report, step), stop, force);
            var result = outcome.Result;
            report.Line($"trained    {Spelling.Count(result.Steps, "step")} in {result.Seconds:F1} s, {result.TokensPerSecond:N0} tokens/s, peak {Sizes.Text(result.PeakBytes)}");
            if (result.EvalLossBefore is { } before && result.EvalLoss is { } after)
                report.Line($"eval loss  {before:F4} before, {after:F4} after");
            report.Line($"run hash   {result.RunHash}");
            report.Line($"saved      {outcome.Output}{(outcome.AdapterBytes > 0 ? $" (adapter, {Sizes.Text(outcome.AdapterBytes)})" : "")}");
            var trained = config.Method == "lora" ? $"--model {Word(config.Model)} --adapter {Word(outcome.Output)}{BaseStorage.Flags(config)}" : $"--model {Word(outcome.Output)}";
            trained += config.Device == "cpu" ? "" : $" --device {config.Device}";
            report.Line($"next       purelora {(outcome.Chats ? $"chat {trained}" : $"generate {trained} --prompt \"...\"")}");
            report.Result(
                ("eval_loss_before", result.EvalLossBefore), ("eval_loss", result.EvalLoss), ("steps", result.Steps), ("seconds", result.Seconds),
                ("tokens_per_second", result.TokensPerSecond), ("peak_bytes", result.PeakBytes), ("trainable_parameters", result.TrainableParameters),
                ("run_hash", result.RunHash), ("output", outcome.Output));
        });

    /// <summary>A path as a shell takes it for one word.</summary>
    internal static string Word(string path) => path.Any(char.IsWhiteSpace) ? $"\"{path}\"" : path;
}
