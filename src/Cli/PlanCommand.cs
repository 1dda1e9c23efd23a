using System.CommandLine;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>Tells what a run will hold in memory, before it, and what would lower that.</summary>
sealed class PlanCommand() : ShapedCommand(
    "plan", "Show the memory that a training run will need, to the byte, without weights and before it starts.",
    [
        "purelora plan --model ./base --train-file train.jsonl --r 16",
        "purelora plan --config run.yaml --json",
        "purelora plan --shape llama3-8b --load-in-4bit --r 16 --max-seq-length 512",
    ])
{
    protected override void Run(ParseResult parse, Report report, CancellationToken stop)
    {
        var config = Settings(parse);
        using var run = RunPlan.Of(config, Shape(parse), report.Line);
        var plan = run.Plan(config);
        var fit = MemoryFit.Here(plan);
        var proposals = Proposal.For(config, plan, run.Plan, p => fit.FitsToo(p) != false);
        report.Line($"{plan.TrainableParameters:N0} trained parameters; the largest batch has {plan.Batch.Examples} x {plan.Batch.Tokens} tokens");
        report.Line();
        foreach (var (name, bytes) in plan.Parts)
            Row(name, bytes);
        Row("total", plan.TotalBytes);
        Row($"  of it on {plan.Device}", plan.DevicePeakBytes);
        if (plan.PagedBytes > 0)
            Row("beside it, in a file", plan.PagedBytes);
        report.Line();
        report.Line($"fullest moment   {plan.PeakAt}");
        report.Line($"after loading    {Sizes.Text(plan.LoadingBytes)} on {plan.Device}, with the largest tensor beside them");
        if (plan.EvaluationBytes > 0)
            report.Line($"in evaluation    {Sizes.Text(plan.EvaluationBytes)} on {plan.Device}");
        report.Line($"available        {fit.Available}: {fit.Fits switch { true => "the run fits", false => "the run does not fit", null => $"the host's part fits, and {plan.Device} is not in this machine" }}");
        if (proposals.Count > 0)
            report.Line("\nwhat would lower it");
        foreach (var p in proposals)
            report.Line($"{Sizes.Text(plan.TotalBytes - p.Plan.TotalBytes),12} less  {p.Settings} ({p.Effect}){(fit.Fits == false ? fit.FitsToo(p.Plan) switch { true => ": fits", false => ": still too much", null => ": fits the host" } : "")}");
        report.Result(
            ("total_bytes", plan.TotalBytes), ("device_peak_bytes", plan.DevicePeakBytes), ("trainable_parameters", plan.TrainableParameters),
            ("parts", new JsonObject(plan.Parts.Select(part => KeyValuePair.Create(part.Name.Replace(",", "").Replace(' ', '_').ToLowerInvariant(), (JsonNode?)JsonValue.Create(part.Bytes))))),
            ("paged_bytes", plan.PagedBytes), ("peak_at", plan.PeakAt), ("loading_bytes", plan.LoadingBytes), ("evaluation_bytes", plan.EvaluationBytes),
            ("batch_examples", plan.Batch.Examples), ("batch_tokens", plan.Batch.Tokens),
            ("available_bytes", fit.HostAvailable), ("device_available_bytes", fit.DeviceAvailable is { } device ? (object)device : null), ("fits", fit.Fits),
            ("proposals", new JsonArray([.. proposals.Select(p => (JsonNode)new JsonObject
            {
                ["settings"] = p.Settings,
                ["effect"] = p.Effect,
                ["total_bytes"] = p.Plan.TotalBytes,
                ["saved_bytes"] = plan.TotalBytes - p.Plan.TotalBytes,
                ["fits"] = fit.FitsToo(p.Plan),
            })])));

        void Row(string name, long bytes) => report.Line($"{name,-24}{bytes,20:N0}  {Sizes.Text(bytes),10}");
    }
}
