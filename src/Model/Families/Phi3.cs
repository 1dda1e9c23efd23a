namespace PureLora;

/// <summary>
/// Phi-3 and Phi-4 (arXiv 2404.14219): Llama with query, key and value in one product, gate and up in another, LongRoPE,
/// and in some a part of each head that turns.
/// </summary>
static class Phi3
{
    public const string Architecture = "Phi3ForCausalLM";

    public static ModelConfig Read(ConfigJson file)
    {
        var settings = new UsualSettings(Architecture) { Positions = 4096, Epsilon = 1e-5 };
        var config = settings.Read(file);
        if (config.IntermediateSize > int.MaxValue / 2)
            throw file.Wrong("intermediate_size", $"{config.IntermediateSize}", $"at most {int.MaxValue / 2}, since gate and up are one product");
        // Before longrope had its name, files called it su, or yarn.
        var rope = settings.Rope(config) with { Rename = type => type is "su" or "yarn" ? "longrope" : type, Original = 4096 };
        return config.With(rope.Read(file), file.PositiveOrNone("sliding_window", null)) with
        {
            Names = new() { QueryKeyValue = "self_attn.qkv_proj", GateUp = "mlp.gate_up_proj" },
        };
    }
}
