namespace PureLora;

/// <summary>What <c>merge</c> is told.</summary>
sealed record MergeSettings : StorageSettings
{
    [Setting("Folder of the model.", Required = true, Placeholder = "dir")]
    public string Model { get; init; } = "";

    [Setting("Folder of the adapter to merge into it. Without one the model is written plain, in another type.", Placeholder = "dir")]
    public string Adapter { get; init; } = "";

    [Setting("Folder that receives the merged model.", Required = true, Placeholder = "dir")]
    public string Out { get; init; } = "";

    [Setting("Type of the weights written; auto keeps the model's own.", Choices = new[] { "auto", "float32", "bfloat16", "float16" })]
    public string Dtype { get; init; } = "auto";

    [Setting("Quantize the merged linears again, as the base is, and say what that costs.")]
    public bool Requantize { get; init; }
}

/// <summary>Adds an adapter into the weights, for programs that know no adapters.</summary>
sealed class MergeCommand() : ToolCommand<MergeSettings>(
    "merge", "Write a plain model with an adapter added into its weights.",
    [
        "purelora merge --model ./base --adapter ./adapter --out ./merged",
        "purelora merge --model ./base --adapter ./adapter --out ./merged --dtype float32",
        "purelora merge --model ./base --adapter ./qlora-adapter --load-in-4bit --out ./merged",
        "purelora merge --model ./base-nf4 --dtype bfloat16 --out ./plain",
    ], Run)
{
    internal static void Run(MergeSettings settings, Report report, CancellationToken stop)
    {
        settings.ValidateStorage();
        ModelFolder.RefuseOccupied(settings.Out);
        using var device = PureLora.Device.Open("cpu");
        using var model = Pretrained.Load(device, settings.Model, quantization: settings.Over(Families.Read(settings.Model).Quantization), stop: stop);
        if (settings.Requantize && model.Quantization is null)
            throw new UsageException($"command line: --requantize is true, but {settings.Model} is not quantized. Add --load-in-4bit or --load-in-8bit, or leave it out.");
        var template = settings.Adapter.Length > 0 ? TemplateRecord.Of(settings.Model, settings.Adapter) : null;
        var adapter = settings.Adapter.Length > 0 ? PeftAdapter.Load(model, settings.Adapter) : null;
        if (adapter is not null && PeftAdapter.OtherBase(settings.Adapter, settings.Model) is { } other)
            report.Note($"note: {settings.Adapter} was trained on {other}, and is merged into {settings.Model}.");
        DType? type = settings.Dtype switch { "float32" => DType.F32, "bfloat16" => DType.BF16, "float16" => DType.F16, _ => null };
        if (adapter is not null)
            BaseStorage.Note(report, settings.Adapter, model);
        var lost = ModelFolder.Save(model, settings.Model, settings.Out, type, settings.Requantize ? model.Quantization : null, stop);
        if (template is not null && File.Exists(Path.Combine(settings.Adapter, TemplateRecord.Name)))
            File.Copy(Path.Combine(settings.Adapter, TemplateRecord.Name), Path.Combine(settings.Out, TemplateRecord.Name), overwrite: true);
        if (adapter is not null)
            report.Line($"merged     {Spelling.Count(adapter.Layers.Count, "linear")} of {settings.Adapter} into {settings.Model}{(model.Quantization is { } storage ? $" in {storage}" : "")}");
        if (lost is not null)
            report.Line($"requantized in {model.Quantization}: RMSE {lost.Rmse:E2}, largest error {lost.Max:E2}, {lost.Decibels:F1} dB below the merged weights");
        report.Line($"saved      {settings.Out}");
        report.Result(("merged_modules", adapter?.Layers.Count ?? 0), ("output", settings.Out), ("requantized_rmse", lost?.Rmse), ("requantized_snr_db", lost?.Decibels));
    }
}
