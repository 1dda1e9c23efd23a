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
        if (run.Quantization is { } trained && model.Quantization is null)
            report.Note($"note: {adapter} was trained over a base in {trained}; {Flags(run)} would give it the same one here.");
    }

    static string Flags(TrainConfig run) => run.LoadIn8bit ? "--load-in-8bit"
        : $"--load-in-4bit{(run.Bnb4bitQuantType == "nf4" ? "" : $" --bnb-4bit-quant-type {run.Bnb4bitQuantType}")}{(run.Bnb4bitUseDoubleQuant ? " --bnb-4bit-use-double-quant" : "")}";
}
