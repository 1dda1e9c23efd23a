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

    public TrainCommand() : base(
        "train", "Fine-tune a model on your examples, with LoRA or in full.",
        [
            "purelora train --config run.yaml",
            "purelora train --config run.yaml --r 16 --learning-rate 2e-4",
            "purelora train --model ./base --train-file train.jsonl --output-dir ./adapter",
        ], Run)
    {
        Options.Insert(0, file);
    }

    /// <summary>Defaults, then the file, then the flags, checked together.</summary>
    public override TrainConfig Settings(ParseResult parse)
    {
        var start = parse.GetValue(file) is { } path ? ConfigFile.Read(path) : new TrainConfig();
        var config = Override(parse, start);
        config.Validate();
        return config;
    }

    internal static void Run(TrainConfig config, Report report, CancellationToken stop) =>
        throw new NotImplementedException();
}
