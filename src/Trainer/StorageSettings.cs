using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// How a frozen base is held in memory, in the words of Transformers' BitsAndBytesConfig: settings that every command
/// with a model shares.
/// </summary>
public abstract record StorageSettings
{
    [Setting("Quantize the linears of a frozen base to 4 bits while they are read (QLoRA). Head and embedding stay as they are.")]
    public bool LoadIn4bit { get; init; }

    [Setting("The same to 8 bits, with one scale a row.")]
    public bool LoadIn8bit { get; init; }

    [Setting("Format of load_in_4bit: nf4 has a level for each sixteenth of a normal distribution, fp4 is a small float. Transformers' default is fp4.",
        Choices = new[] { "nf4", "fp4" })]
    public string Bnb4bitQuantType { get; init; } = "nf4";

    [Setting("Quantize the scales of load_in_4bit too: 4.127 bits a parameter instead of 4.5.")]
    public bool Bnb4bitUseDoubleQuant { get; init; }

    [Setting("Linears that are not quantized, besides lm_head: names with commas between them.", Placeholder = "names")]
    public string LlmInt8SkipModules { get; init; } = "";

    /// <summary>What these settings ask for; null for a base as it is stored.</summary>
    internal QuantizationConfig? Quantization => LoadIn8bit ? Eight : LoadIn4bit ? Four : null;

    internal QuantizationConfig Four =>
        new(new Quantization(Bnb4bitQuantType == "nf4" ? WeightFormat.NF4 : WeightFormat.FP4, Bnb4bitUseDoubleQuant), Skipped);

    QuantizationConfig Eight => new(new Quantization(WeightFormat.INT8), Skipped);

    string[] Skipped => LlmInt8SkipModules.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Refuses settings that contradict each other or that nothing reads.</summary>
    /// <param name="implied">Whether 4 bits are meant where nothing is said.</param>
    internal void ValidateStorage(bool implied = false)
    {
        if (LoadIn4bit && LoadIn8bit)
            throw TrainConfig.Refuse("load_in_4bit (--load-in-4bit) is true, but load_in_8bit is too. Set one of the two.");
        if (!LoadIn4bit && (LoadIn8bit || !implied) && (Bnb4bitUseDoubleQuant || Bnb4bitQuantType != "nf4"))
            throw TrainConfig.Refuse($"{(Bnb4bitUseDoubleQuant ? "bnb_4bit_use_double_quant" : "bnb_4bit_quant_type")} is set, but it needs load_in_4bit (--load-in-4bit) to be true. Set that, or leave it out.");
    }
}
