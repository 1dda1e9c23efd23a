using System.Text.Json.Nodes;
using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// How the linears of a frozen base are quantized, in the words of Transformers' <c>BitsAndBytesConfig</c>. The head and
/// the embedding are never quantized, nor are the modules to skip.
/// </summary>
/// <param name="Storage">NF4, FP4 or INT8, with or without quantized scales.</param>
/// <param name="SkipModules">Linears that stay as they are: names of modules anywhere on the path (<c>llm_int8_skip_modules</c>).</param>
public sealed record QuantizationConfig(Quantization Storage, IReadOnlyList<string> SkipModules)
{
    internal const string Key = "quantization_config";

    /// <summary>Whether the linear <paramref name="module"/> is quantized.</summary>
    public bool Covers(string module) =>
        !WeightNames.IsHead(module) && !SkipModules.Any(skip => $".{module}.".Contains($".{skip}.", StringComparison.Ordinal));

    /// <summary>What the linear <paramref name="module"/> is stored as; null where it is not quantized.</summary>
    internal Quantization? StorageOf(string module) => Covers(module) ? Storage : null;

    /// <summary>Whether both give each linear of <paramref name="model"/> the same numbers; null is the plain base.</summary>
    public static bool AreSame(Decoder model, QuantizationConfig? one, QuantizationConfig? other) =>
        model.Linears.All(linear => one?.StorageOf(linear.Name) == other?.StorageOf(linear.Name));

    /// <summary>The modules to skip that <paramref name="model"/> does not have, or that it does not quantize anyway.</summary>
    internal IEnumerable<string> Strangers(Decoder model) =>
        SkipModules.Where(skip => AreSame(model, this with { SkipModules = [] }, this with { SkipModules = [skip] }));

    /// <summary>Refuses a module to skip that <paramref name="model"/> does not have, and a list of all that it has.</summary>
    internal void RefuseStrangers(Decoder model)
    {
        if (Strangers(model).FirstOrDefault(skip => !WeightNames.IsHead(skip) && skip != model.Config.Names.Embedding) is { } stranger)
            throw new UsageException($"llm_int8_skip_modules: {stranger} is no linear of the model, but each name needs to be one, such as {model.Linears[0].Name}. Correct the name.");
        if (AreSame(model, this, null))
            throw new UsageException($"llm_int8_skip_modules: every linear of the model is in it, but {this} needs one to quantize. Name fewer, or leave load_in_4bit and load_in_8bit out.");
    }

    /// <summary>What <c>config.json</c> says of its checkpoint; null when the weights are plain.</summary>
    internal static QuantizationConfig? Read(ConfigJson file)
    {
        if (file.IsEmpty(Key))
            return null;
        var group = file.Group(Key)!;
        if (group.OptionalString("quant_method") is var method and not "bitsandbytes")
            throw group.Unsupported("quant_method", method ?? "missing", "bitsandbytes");
        var (four, eight) = (group.Bool("load_in_4bit", false), group.Bool("load_in_8bit", false));
        if (four == eight)
            throw group.Wrong("load_in_4bit", four ? "true, as load_in_8bit is" : "false, as load_in_8bit is", "one of the two to be true");
        var skip = group.Strings("llm_int8_skip_modules") ?? [];
        if (eight)
            return new(new Quantization(WeightFormat.INT8), skip);
        return new(new Quantization(group.OptionalString("bnb_4bit_quant_type") switch
        {
            "nf4" => WeightFormat.NF4,
            null or "fp4" => WeightFormat.FP4, // Transformers' default
            var other => throw group.Wrong("bnb_4bit_quant_type", other, "nf4 or fp4"),
        }, group.Bool("bnb_4bit_use_double_quant", false)), skip);
    }

    /// <summary>The group for <c>config.json</c> as Transformers writes it.</summary>
    /// <param name="computeType">What the weights were before, such as <c>bfloat16</c>.</param>
    /// <param name="head">The name of the model's head.</param>
    internal JsonObject ToJson(string computeType, string head = "lm_head")
    {
        var four = Storage.IsFourBit;
        return new JsonObject
        {
            ["_load_in_4bit"] = four,
            ["_load_in_8bit"] = !four,
            ["bnb_4bit_compute_dtype"] = computeType,
            ["bnb_4bit_quant_storage"] = "uint8",
            ["bnb_4bit_quant_type"] = Storage.Format == WeightFormat.NF4 ? "nf4" : "fp4",
            ["bnb_4bit_use_double_quant"] = Storage.DoubleQuant,
            ["llm_int8_enable_fp32_cpu_offload"] = false,
            ["llm_int8_has_fp16_weight"] = false,
            // A list takes the place of Transformers' own, so the head is named too.
            ["llm_int8_skip_modules"] = SkipModules.Count == 0 ? null : new JsonArray([.. SkipModules.Append(head).Distinct().Select(name => (JsonNode)name)]),
            ["llm_int8_threshold"] = JsonNode.Parse("6.0"), // a double is written as 6, which Transformers refuses
            ["load_in_4bit"] = four,
            ["load_in_8bit"] = !four,
            ["quant_method"] = "bitsandbytes",
        };
    }

    /// <summary>One line for a person: <c>NF4, double quantization</c>.</summary>
    public override string ToString() => $"{Storage.Format}{(Storage.DoubleQuant ? ", double quantization" : "")}";

    /// <summary>The same with the modules to skip: <c>NF4 without v_proj</c>.</summary>
    public string InFull => SkipModules.Where(skip => !WeightNames.IsHead(skip)).ToArray() is { Length: > 0 } skips ? $"{this} without {string.Join(", ", skips)}" : ToString();
}
