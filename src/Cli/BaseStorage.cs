namespace PureLora;

/// <summary>An adapter fits the base that it was trained over: quantized, that is another one.</summary>
static class BaseStorage
{
    /// <summary>Says so where the run that made the adapter held the base otherwise than <paramref name="model"/> is held.</summary>
    public static void Note(Report report, string adapter, Decoder model)
    {
        var path = Path.Combine(adapter, OutputFolder.Marker);
        if (!File.Exists(path))
            return;
        TrainConfig run;
        try
        {
            run = ConfigFile.Read(path);
        }
        catch (PureLoraException)
        {
            return; // a file that cannot be read tells nothing
        }
        var (trained, held) = (run.Over(null), model.Quantization);
        if (QuantizationConfig.AreSame(model, trained, held))
            return;
        var way = model.Config.Quantization is not null ? $"--model {TrainCommand.Word(run.Model)}{Flags(run)}"
            : trained is not null ? Flags(run).TrimStart()
            : $"no --load-in-{(held!.Storage.IsFourBit ? 4 : 8)}bit";
        report.Note($"note: {adapter} was trained over a base {In(trained)}, but here it is {In(held)}; {way} would give it the same one.");
    }

    static string In(QuantizationConfig? storage) => storage is null ? "as it is stored" : $"in {storage.InFull}";

    /// <summary>The flags, each with a space before it, that hold a base as <paramref name="settings"/> do; none for a base as it is stored.</summary>
    public static string Flags(StorageSettings settings) => !settings.Quantizes ? ""
        : (settings.LoadIn8bit ? " --load-in-8bit" : " --load-in-4bit")
            + (settings.Bnb4bitQuantType is null or "nf4" ? "" : $" --bnb-4bit-quant-type {settings.Bnb4bitQuantType}")
            + (settings.Bnb4bitUseDoubleQuant == true ? " --bnb-4bit-use-double-quant" : "")
            + (settings.LlmInt8SkipModules.Length == 0 ? "" : $" --llm-int8-skip-modules {TrainCommand.Word(settings.LlmInt8SkipModules)}");
}
