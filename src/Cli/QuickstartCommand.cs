using System.Diagnostics;

namespace PureLora;

/// <summary>What <c>quickstart</c> is told.</summary>
sealed record QuickstartSettings
{
    [Setting("Folder that receives the adapter.", Placeholder = "dir")]
    public string OutputDir { get; init; } = "purelora-quickstart";

    [DeviceSetting]
    public string Device { get; init; } = "cpu";

    [Setting("CPU threads; 0 takes every core.", AtLeast = 0, AtMost = 1024)]
    public int Threads { get; init; }
}

/// <summary>Teaches the built-in model something new, and shows it before and after.</summary>
sealed class QuickstartCommand() : ToolCommand<QuickstartSettings>(
    "quickstart", "Teach a small built-in model something new with LoRA, in under a minute.",
    ["purelora quickstart", "purelora quickstart --device auto --json"], Run)
{
    internal static void Run(QuickstartSettings settings, Report report, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var (model, data) = (Asset("tiny-base"), Asset("quickstart"));
        OutputFolder.Check(settings.OutputDir);
        var held = HeldOut.Read(Path.Combine(data, "heldout.jsonl"));
        using var device = PureLora.Device.Open(settings.Device, settings.Threads);

        report.Line($"1. The built-in model answers {held.Count} questions that it was never trained on.");
        var before = Ask(device, model, "", held, stop);
        Show(report, held, before);
        var (plain, exactBefore) = (Share(held, before, (h, a) => a == h.Plain), Share(held, before, (h, a) => a == h.Completion));
        report.Line($"   right in its plain form: {plain:P1}; in the JSON form: {exactBefore:P1}");

        report.Line($"2. LoRA teaches it the JSON form from the examples in {Path.Combine(data, "train.jsonl")}.");
        var config = ConfigFile.Read(Path.Combine(data, "quickstart.yaml")) with
        {
            Model = model,
            TrainFile = Path.Combine(data, "train.jsonl"),
            OutputDir = settings.OutputDir,
            Device = settings.Device,
            Threads = settings.Threads,
        };
        TrainRun.Outcome? outcome = null;
        report.Indent = "   ";
        report.Progress("training", TrainingReport.BarLength, step =>
            outcome = TrainRun.Execute(config, report.Line, new TrainingReport(report, step), stop));
        report.Indent = "";

        report.Line($"3. The same questions, with the adapter.");
        var after = Ask(device, model, settings.OutputDir, held, stop);
        Show(report, held, after);
        var (exact, right) = (Share(held, after, (h, a) => a == h.Completion), Share(held, after, (h, a) => HeldOut.AnswerIn(a) == HeldOut.AnswerIn(h.Completion)));
        report.Line($"   exact in the JSON form: {exact:P1}; the answer in it right: {right:P1}");
        report.Line($"Done in {clock.Elapsed.TotalSeconds:F1} s. Run hash {outcome!.Result.RunHash}. The adapter, {Sizes.Text(outcome.AdapterBytes)} in PEFT's format, is in {outcome.Output}.");
        report.Line();
        report.Line("What to do next:");
        var (source, adapter) = (TrainCommand.Word(model), TrainCommand.Word(outcome.Output));
        report.Line($"  ask it yourself     purelora generate --model {source} --adapter {adapter} --prompt \"What is the opposite of hot?\"");
        report.Line($"  write a plain model purelora merge --model {source} --adapter {adapter} --out merged");
        report.Line("  train on your data  purelora train --model MODEL_DIR --train-file your.jsonl --output-dir my-adapter");
        report.Line("                      with lines such as {\"prompt\": \"...\", \"completion\": \"...\"}; purelora train --help shows every setting");
        report.Line("  (from the repository, 'purelora' is: dotnet run -c Release --project src/Cli --)");
        report.Result(
            ("plain_match_before", plain), ("exact_match_before", exactBefore), ("exact_match_after", exact), ("answer_match_after", right),
            ("seconds", clock.Elapsed.TotalSeconds), ("adapter_bytes", outcome.AdapterBytes), ("run_hash", outcome.Result.RunHash), ("output", outcome.Output));
    }

    /// <summary>A folder that is shipped beside the program; at the repository's root the one there, by its short name.</summary>
    static string Asset(string name)
    {
        var here = Path.Combine("examples", name);
        if (File.Exists("PureLora.sln") && Directory.Exists(here))
            return here;
        var folder = Path.Combine(AppContext.BaseDirectory, here);
        return Directory.Exists(folder) ? folder
            : throw new PureLoraException($"{folder}: the folder is missing, but quickstart needs it. Build or publish the program again.");
    }

    /// <summary>The greedy answer to each question, without spaces around it.</summary>
    static string[] Ask(Device device, string model, string adapter, IReadOnlyList<HeldOut> held, CancellationToken stop)
    {
        using var session = Session.Open(device, model, adapter);
        var ids = session.Generate([.. held.Select(h => h.Prompt)], new GenerationSettings { MaxNewTokens = 48 }, stop: stop);
        return [.. ids.Select(answer => session.Tokenizer.Decode(answer).Trim())];
    }

    static double Share(IReadOnlyList<HeldOut> held, string[] answers, Func<HeldOut, string, bool> good) =>
        held.Zip(answers, good).Average(right => right ? 1.0 : 0.0);

    static void Show(Report report, IReadOnlyList<HeldOut> held, string[] answers)
    {
        for (var i = 0; i < held.Count; i += Math.Max(1, held.Count / 4))
            report.Line($"     {held[i].Prompt,-52} {answers[i]}");
    }
}
