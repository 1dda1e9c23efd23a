namespace PureLora;

/// <summary>Qwen 2 and 2.5 (arXiv 2407.10671): Llama with biases on q, k and v, and a window in the upper layers where it is switched on.</summary>
static class Qwen2
{
    public const string Architecture = "Qwen2ForCausalLM";

    public static ModelConfig Read(ConfigJson file)
    {
        var settings = new UsualSettings(Architecture) { Positions = 32768, KeyHeads = 32 };
        return WithWindows(file, settings, settings.Read(file)) with { QueryKeyValueBias = true };
    }

    internal static ModelConfig WithWindows(ConfigJson file, UsualSettings settings, ModelConfig config)
    {
        var rope = settings.Rope(config).Read(file);
        if (!file.Bool("use_sliding_window", false) || file.PositiveOrNone("sliding_window", 4096) is not { } window)
            return config.With(rope);
        var below = file.Int("max_window_layers", 28);
        var slides = LayerTypes.Slides(file, config.Layers, i => i >= below);
        return config.With(rope) with { Layer = i => new LayerConfig(rope, slides(i) ? window : null) };
    }
}

/// <summary>Qwen 3 (arXiv 2505.09388): no biases, a head size of its own, and a norm over each query's and key's head.</summary>
static class Qwen3
{
    public const string Architecture = "Qwen3ForCausalLM";

    internal static WeightNames Names { get; } = new() { QueryNorm = "self_attn.q_norm", KeyNorm = "self_attn.k_norm" };

    public static ModelConfig Read(ConfigJson file)
    {
        var settings = new UsualSettings(Architecture) { Positions = 32768, KeyHeads = 32, HeadSize = 128 };
        return Qwen2.WithWindows(file, settings, settings.Read(file)).WithAttentionBias(file) with { Names = Names };
    }
}

/// <summary>Qwen 3 with experts in place of the MLP of most layers; a window is that of all layers.</summary>
static class Qwen3Moe
{
    public const string Architecture = "Qwen3MoeForCausalLM";

    public static ModelConfig Read(ConfigJson file)
    {
        var settings = new UsualSettings(Architecture) { Positions = 32768, KeyHeads = 4 };
        var config = settings.Read(file).WithAttentionBias(file);
        file.RefuseTrue("output_router_logits");
        var rope = settings.Rope(config).Read(file);
        var window = file.Bool("use_sliding_window", false) ? file.PositiveOrNone("sliding_window", 4096) : null;
        var step = file.Positive("decoder_sparse_step", 1);
        var dense = file.Ints("mlp_only_layers") is { } listed ? listed.ToHashSet() : [];
        return config.With(rope) with
        {
            Names = Qwen3.Names,
            Experts = ExpertSettings.Read(file, "num_experts", 128, 8, file.Positive("moe_intermediate_size", 768), file.Bool("norm_topk_prob", false)),
            Layer = i => new LayerConfig(rope, window, HasExperts: !dense.Contains(i) && (i + 1) % step == 0),
        };
    }
}
