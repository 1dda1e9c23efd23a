using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>What <c>quantize</c> is told.</summary>
sealed record QuantizeSettings : StorageSettings
{
    [Setting("Folder of the model.", Required = true, Positional = true)]
    public string Model { get; init; } = "";

    [Setting("Folder that receives the quantized model. With report it may be left out, and nothing is written.", Placeholder = "dir")]
    public string Out { get; init; } = "";

    [Setting("Show what each format would lose in each layer, and how often it uses each of its codes.")]
    public bool Report { get; init; }

    [Setting("CPU threads; 0 takes every core. The result does not depend on it.", AtLeast = 0, AtMost = 1024)]
    public int Threads { get; init; }
}

/// <summary>Writes a checkpoint with quantized linears, the same bytes that bitsandbytes writes through Transformers.</summary>
sealed class QuantizeCommand() : ToolCommand<QuantizeSettings>(
    "quantize", "Write a model with its linears in 4 or 8 bits, as bitsandbytes does; nf4 unless told otherwise.",
    [
        "purelora quantize ./base --out ./base-nf4 --bnb-4bit-use-double-quant",
        "purelora quantize ./base --out ./base-int8 --load-in-8bit",
        "purelora quantize ./base --report",
    ], Run)
{
    internal static void Run(QuantizeSettings settings, Report report, CancellationToken stop)
    {
        if (settings is { LoadIn4bit: false, LoadIn8bit: false })
            throw new UsageException("command line: --load-in-4bit is false, but quantize needs a format. Leave it out, or give --load-in-8bit.");
        settings = settings with { LoadIn4bit = settings.LoadIn4bit ?? !settings.LoadIn8bit };
        settings.ValidateStorage();
        if (settings.Out.Length == 0 && !settings.Report)
            throw new UsageException("command line: --out is missing, but quantize needs a folder to write. Give --out <dir>, or --report to look only.");
        if (settings.Out.Length > 0)
            ModelFolder.RefuseOccupied(settings.Out);
        if (Families.Read(settings.Model).Quantization is { } stored)
            throw new PureLoraException($"{settings.Model}: the weights are quantized already ({stored}), but quantize needs plain ones. Use the model that they were quantized from, or 'purelora merge' to write them plain.");
        var how = settings.Over(null)!;
        using var device = (CpuDevice)Device.Open("cpu", settings.Threads);
        var layers = settings.Report ? Look(device, settings.Model, how, report, stop) : null;
        if (settings.Out.Length > 0)
        {
            using var model = Pretrained.Load(device, settings.Model, quantization: how, stop: stop);
            ModelFolder.Save(model, settings.Model, settings.Out, quantization: how, stop: stop);
            var (before, after) = (Bytes(settings.Model), Bytes(settings.Out));
            report.Line($"quantized  {Spelling.Count(model.Linears.Count(l => how.Covers(l.Name)), "linear")} to {how}, {Sizes.Text(before)} to {Sizes.Text(after)}");
            report.Line($"saved      {settings.Out}");
            report.Result(("format", how.ToString()), ("bytes_before", before), ("bytes", after), ("output", settings.Out), ("layers", layers));
        }
        else
            report.Result(("layers", layers));
    }

    static long Bytes(string folder)
    {
        using var checkpoint = Checkpoint.Open(folder);
        return checkpoint.Tensors.Sum(t => t.Bytes);
    }

    static JsonArray Look(CpuDevice device, string folder, QuantizationConfig how, Report report, CancellationToken stop)
    {
        var rows = new JsonArray();
        var totals = new Dictionary<string, QuantizationError?>();
        report.Line($"{"linear",-40} {"format",-28} {"RMSE",10} {"max error",10} {"SNR",9}");
        foreach (var (layer, format, error, reason) in QuantizationReport.Of(device, folder, how))
        {
            stop.ThrowIfCancellationRequested();
            report.Line(Row(layer, format, error, reason));
            // One linear that a format cannot hold leaves it without a total.
            totals[format] = totals.TryGetValue(format, out var sum) && sum is null ? null : error?.Plus(sum);
            rows.Add(Json(layer, format, error, reason));
        }
        foreach (var (format, error) in totals.Where(t => t.Value is not null))
            report.Line(Row("all of them", format, error, null));
        foreach (var (format, error) in totals.Where(t => t.Value?.Codes.Count == 16 && !t.Key.Contains(',', StringComparison.Ordinal)))
        {
            report.Line();
            report.Line($"how often {format} uses each of its values");
            foreach (var (value, share) in QuantizationReport.Shares(format, error!))
                report.Line($"{value,8:F4}  {100 * share,5:F1} %  {new string('#', (int)Math.Round(200 * share))}");
        }
        report.Line();
        return rows;
    }

    static string Row(string layer, string format, QuantizationError? error, string? reason) =>
        $"{layer,-40} {format,-28} " + (error is null ? reason : $"{error.Rmse,10:E2} {error.Max,10:E2} {error.Decibels,6:F1} dB");

    static JsonNode Json(string layer, string format, QuantizationError? error, string? reason) => new JsonObject
    {
        ["linear"] = layer,
        ["format"] = format,
        ["rmse"] = error?.Rmse,
        ["max_error"] = error?.Max,
        ["snr_db"] = error is { Squared: > 0, SquaredError: > 0 } ? error.Decibels : null,
        ["codes"] = error is null ? null : new JsonArray([.. error.Codes.Select(count => (JsonNode)count)]),
        ["error"] = reason,
    };
}
