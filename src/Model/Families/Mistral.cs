namespace PureLora;

/// <summary>Mistral (arXiv 2310.06825): Llama whose queries see a window of keys, where the file gives one.</summary>
static class Mistral
{
    public const string Architecture = "MistralForCausalLM";

    public static ModelConfig Read(ConfigJson file) =>
        new UsualSettings(Architecture) { Positions = 131072, KeyHeads = 8 }.ReadUniform(file, file.PositiveOrNone("sliding_window", 4096));
}

/// <summary>Mixtral (arXiv 2401.04088): Mistral with experts in place of the MLP, whose weights are normalised over the chosen.</summary>
static class Mixtral
{
    public const string Architecture = "MixtralForCausalLM";

    public static ModelConfig Read(ConfigJson file)
    {
        var settings = new UsualSettings(Architecture) { Positions = 131072, KeyHeads = 8, Theta = 1e6, Epsilon = 1e-5 };
        var config = settings.Read(file);
        file.RefuseTrue("output_router_logits");
        if (file.Double("router_jitter_noise", 0) is not 0 and var noise)
            throw file.Unsupported("router_jitter_noise", $"{noise}", "0");
        return config.With(settings.Rope(config).Read(file), file.PositiveOrNone("sliding_window", null), experts: true) with
        {
            Experts = ExpertSettings.Read(file, "num_local_experts", 8, 2, config.IntermediateSize, normalizes: true),
            Names = new()
            {
                Router = "block_sparse_moe.gate",
                Experts = "block_sparse_moe.experts",
                ExpertGate = "w1",
                ExpertUp = "w3",
                ExpertDown = "w2",
            },
        };
    }
}

/// <summary>How many experts there are, and how many a token goes through.</summary>
static class ExpertSettings
{
    public static ExpertsConfig Read(ConfigJson file, string countKey, int count, int perToken, int intermediateSize, bool normalizes)
    {
        count = file.Positive(countKey, count);
        perToken = file.Positive("num_experts_per_tok", perToken);
        return perToken <= count ? new(count, perToken, intermediateSize, normalizes)
            : throw file.Wrong("num_experts_per_tok", $"{perToken}", $"at most {countKey}, {count}");
    }
}
