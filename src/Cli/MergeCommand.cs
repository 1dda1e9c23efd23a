namespace PureLora;

/// <summary>What <c>merge</c> is told.</summary>
sealed record MergeSettings
{
    [Setting("Folder of the model.", Required = true, Placeholder = "dir")]
    public string Model { get; init; } = "";

    [Setting("Folder of the adapter to merge into it.", Required = true, Placeholder = "dir")]
    public string Adapter { get; init; } = "";

    [Setting("Folder that receives the merged model.", Required = true, Placeholder = "dir")]
    public string Out { get; init; } = "";

    [Setting("Type of the weights written; auto keeps the model's own.", Choices = new[] { "auto", "float32", "bfloat16", "float16" })]
    public string Dtype { get; init; } = "auto";
}

/// <summary>Adds an adapter into the weights, for programs that know no adapters.</summary>
sealed class MergeCommand() : ToolCommand<MergeSettings>(
    "merge", "Write a plain model with an adapter added into its weights.",
    [
        "purelora merge --model ./base --adapter ./adapter --out ./merged",
        "purelora merge --model ./base --adapter ./adapter --out ./merged --dtype float32",
    ], Run)
{
    internal static void Run(MergeSettings settings, Report report, CancellationToken stop)
    {
        ModelFolder.RefuseOccupied(settings.Out);
        using var device = PureLora.Device.Open("cpu");
        using var model = Pretrained.Load(device, settings.Model);
        var adapter = PeftAdapter.Load(model, settings.Adapter);
        if (PeftAdapter.OtherBase(settings.Adapter, settings.Model) is { } other)
            report.Note($"note: {settings.Adapter} was trained on {other}, and is merged into {settings.Model}.");
        DType? type = settings.Dtype switch { "float32" => DType.F32, "bfloat16" => DType.BF16, "float16" => DType.F16, _ => null };
        ModelFolder.Save(model, settings.Model, settings.Out, type);
        report.Line($"merged     {Spelling.Count(adapter.Layers.Count, "linear")} of {settings.Adapter} into {settings.Model}");
        report.Line($"saved      {settings.Out}");
        report.Result(("merged_modules", adapter.Layers.Count), ("output", settings.Out));
    }
}
