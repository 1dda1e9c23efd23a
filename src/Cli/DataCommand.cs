using System.CommandLine;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>Reads the data of a run as train does, says what is in it, and stops at what would make the run disappoint.</summary>
sealed class DataCommand : ToolCommand<TrainConfig>
{
    readonly Argument<string?> file = new("config") { Description = "YAML file of the run; flags stand over it, and no file is needed.", Arity = ArgumentArity.ZeroOrOne };

    readonly Option<int> example = new("--example") { Description = "Show this example, counted from 1, token by token with what is trained.", HelpName = "number" };

    public DataCommand() : base(
        "data", "Check the data of a training run: lengths, what is trained, duplicates, and what would make it fail silently.",
        [
            "purelora data run.yaml",
            "purelora data run.yaml --example 3",
            "purelora data --model ./base --train-file chats.jsonl --json",
        ], (_, _, _) => { }, complete: false)
    {
        Arguments.Insert(0, file);
        Options.Insert(0, example);
    }

    public override TrainConfig Settings(ParseResult parse)
    {
        var config = Override(parse, parse.GetValue(file) is { } path ? ConfigFile.Read(path) : new TrainConfig());
        config.Validate(complete: false);
        foreach (var (key, value) in new[] { ("model", config.Model), ("train_file", config.TrainFile) })
            if (value.Length == 0)
                throw TrainConfig.Refuse($"{key} is missing, but data needs it. Write {key} in the YAML file or pass --{key.Replace('_', '-')}.");
        return config;
    }

    protected override void Run(ParseResult parse, Report report, CancellationToken stop)
    {
        var config = Settings(parse);
        var settings = Families.Read(config.Model);
        config = config with { MaxSeqLength = TrainRun.SequenceLength(config, settings) };
        var vocabulary = TrainRun.Vocabulary(config.Model, settings);
        using var data = TrainingData.Read(config, vocabulary, stop);
        if (parse.GetValue(example) is var number and not 0)
        {
            ExampleView.Show(report, data.Train, vocabulary, TextTokenizer.Load(config.Model), number);
            foreach (var finding in data.Findings)
                report.Note($"note: {finding.Name}: {finding.Message}");
            return;
        }
        var sets = new JsonArray();
        sets.Add(DataView.Show(report, config, data.Train, data.Reports[0]));
        if (data.Evaluation is { } evaluation)
            sets.Add(DataView.Show(report, config with { Packing = false, TrainWeights = "" }, evaluation, data.Reports[^1], data.Reports.Count == 1 ? "held out of it" : null));
        var allowed = TrainConfig.Listed(config.Allow);
        report.Line();
        foreach (var finding in data.Findings.Where(finding => !allowed.Contains(finding.Name)))
            report.Line($"error      {finding.Name}: {finding.Message}");
        report.Result(
            ("sets", sets), ("max_seq_length", config.MaxSeqLength), ("chat_template_sha256", data.Template?.Hash),
            ("findings", new JsonArray([.. data.Findings.Select(finding => (JsonNode)new JsonObject
            {
                ["name"] = finding.Name,
                ["message"] = finding.Message,
                ["allowed"] = allowed.Contains(finding.Name),
            })])),
            ("warnings", new JsonArray([.. data.Warnings.Select(warning => (JsonNode)warning)])));
        data.Check(config, report.Line);
        report.Line("the data passes: nothing in it stops a run");
    }
}
