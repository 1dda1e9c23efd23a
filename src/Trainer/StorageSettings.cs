using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// How a frozen base is held in memory, in the words of Transformers' BitsAndBytesConfig: settings that every command
/// with a model shares.
/// </summary>
public abstract record StorageSettings
{
    [Setting("Quantize the linears of a frozen base to 4 bits while they are read (QLoRA). Head and embedding stay as they are.",
        WhenOpen = "false; in quantize true, unless load_in_8bit is")]
    public bool? LoadIn4bit { get; init; }

    [Setting("The same to 8 bits, with one scale a row.")]
    public bool LoadIn8bit { get; init; }

    [Setting("Format of load_in_4bit: nf4 has a level for each sixteenth of a normal distribution, fp4 is a small float. Transformers' default is fp4.",
        Choices = new[] { "nf4", "fp4" }, WhenOpen = "nf4; over a quantized base what it has")]
    public string? Bnb4bitQuantType { get; init; }

    [Setting("Quantize the scales of load_in_4bit too: 4.127 bits a parameter instead of 4.5.",
        WhenOpen = "false; over a quantized base what it has")]
    public bool? Bnb4bitUseDoubleQuant { get; init; }

    [Setting("Linears that are not quantized, besides lm_head: names with commas between them; in YAML also a list.", Placeholder = "names", IsList = true)]
    public string LlmInt8SkipModules { get; init; } = "";

    /// <summary>Whether a base is to be quantized at all.</summary>
    internal bool Quantizes => LoadIn8bit || LoadIn4bit == true;

    /// <summary>
    /// What these settings ask for; null for a base as it is stored. What they leave open is as in
    /// <paramref name="stored"/>, what the base's own config.json says.
    /// </summary>
    internal QuantizationConfig? Over(QuantizationConfig? stored)
    {
        if (!Quantizes)
            return null;
        string[] named = LlmInt8SkipModules.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var skip = named.Length > 0 ? named : stored?.SkipModules ?? [];
        if (LoadIn8bit)
            return new(new Quantization(WeightFormat.INT8), skip);
        var format = Bnb4bitQuantType is { } type ? type == "nf4" ? WeightFormat.NF4 : WeightFormat.FP4
            : stored is { Storage.IsFourBit: true } ? stored.Storage.Format : WeightFormat.NF4;
        return new(new Quantization(format, Bnb4bitUseDoubleQuant ?? stored?.Storage.DoubleQuant ?? false), skip);
    }

    /// <summary>Refuses settings that contradict each other or that nothing reads.</summary>
    internal void ValidateStorage()
    {
        if (LoadIn4bit == true && LoadIn8bit)
            throw TrainConfig.Refuse("load_in_4bit (--load-in-4bit) is true, but load_in_8bit is too. Set one of the two.");
        if (LoadIn4bit != true && (Bnb4bitUseDoubleQuant == true || Bnb4bitQuantType is not (null or "nf4")))
            throw TrainConfig.Refuse($"{(Bnb4bitUseDoubleQuant == true ? "bnb_4bit_use_double_quant" : "bnb_4bit_quant_type")} is set, but it needs load_in_4bit (--load-in-4bit) to be true. Set that, or leave it out.");
        if (!Quantizes && LlmInt8SkipModules.Length > 0)
            throw TrainConfig.Refuse("llm_int8_skip_modules (--llm-int8-skip-modules) is set, but it needs load_in_4bit or load_in_8bit to be true. Set one of them, or leave it out.");
    }
}
