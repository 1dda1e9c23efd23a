namespace PureLora;

/// <summary>
/// Gemma (arXiv 2403.08295): Llama with embeddings scaled by √C, norms that store w - 1, and GeGLU; and what its
/// successors added.
/// </summary>
static class Gemma
{
    public const string First = "GemmaForCausalLM", Second = "Gemma2ForCausalLM", Third = "Gemma3ForCausalLM", ThirdWithImages = "Gemma3ForConditionalGeneration";

    const string Tanh = "gelu_pytorch_tanh";

    static readonly WeightNames normedOnBothSides = new()
    {
        AfterAttention = "post_attention_layernorm",
        BeforeMlp = "pre_feedforward_layernorm",
        AfterMlp = "post_feedforward_layernorm",
    };

    public static ModelConfig ReadFirst(ConfigJson file)
    {
        var settings = new UsualSettings(First) { Positions = 8192, KeyHeads = 16, HeadSize = 256, TiedHead = true, Activation = Tanh };
        // The first release said gelu and meant its approximation, which a second key then said.
        settings = settings with { ActivationKey = file.Has("hidden_activation") ? "hidden_activation" : "hidden_act" };
        var config = Read(file, settings);
        return config.With(settings.Rope(config).Read(file)) with { Activation = settings.ActivationKey == "hidden_act" && config.Activation == Activation.Gelu ? Activation.GeluTanh : config.Activation };
    }

    /// <summary>Gemma 2 (arXiv 2408.00118): soft-caps, a window in every other layer, norms on both sides.</summary>
    public static ModelConfig ReadSecond(ConfigJson file)
    {
        var settings = Later(Second) with { Positions = 8192 };
        var config = Read(file, settings);
        var rope = settings.Rope(config).Read(file);
        var window = file.PositiveOrNone("sliding_window", 4096);
        var slides = LayerTypes.Slides(file, config.Layers, i => i % 2 == 0);
        return config.With(rope) with
        {
            Names = normedOnBothSides,
            AttentionScale = 1 / Math.Sqrt(file.PositiveNumber("query_pre_attn_scalar", 256)),
            AttentionSoftCap = file.PositiveNumberOrNone("attn_logit_softcapping", 50),
            LogitSoftCap = file.PositiveNumberOrNone("final_logit_softcapping", 30),
            Layer = i => new LayerConfig(rope, slides(i) ? window : null),
        };
    }

    /// <summary>Gemma 3 (arXiv 2503.19786): norms of queries and keys, five layers with a window and a base of their own to one without.</summary>
    public static ModelConfig ReadThird(ConfigJson file)
    {
        var settings = Later(Third) with { Positions = 131072 };
        var config = Read(file, settings);
        var (full, local) = Ropes(file, settings.Rope(config));
        var window = file.PositiveOrNone("sliding_window", 4096);
        var slides = Slides(file, config.Layers);
        return config with
        {
            MaxPositions = ModelConfigs.Longest(config.MaxPositions, full, local),
            Names = normedOnBothSides with { QueryNorm = "self_attn.q_norm", KeyNorm = "self_attn.k_norm" },
            AttentionScale = 1 / Math.Sqrt(file.PositiveNumber("query_pre_attn_scalar", 256)),
            LogitSoftCap = file.PositiveNumberOrNone("final_logit_softcapping", null),
            Layer = i => slides(i) ? new LayerConfig(local, window) : new LayerConfig(full),
        };
    }

    /// <summary>The text part of a Gemma 3 that also takes images.</summary>
    public static ModelConfig ReadText(ConfigJson file)
    {
        var text = file.Group("text_config") ?? throw file.Wrong("text_config", "missing", "the settings of its text part");
        var config = ReadThird(text);
        return config with
        {
            Architecture = ThirdWithImages,
            Names = config.Names with
            {
                Embedding = "model.language_model.embed_tokens",
                Layers = "model.language_model.layers",
                FinalNorm = "model.language_model.norm",
                Aliases = [("model.language_model.", "language_model.model."), ("lm_head.", "language_model.lm_head.")],
                Strangers = ["vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."],
            },
            EosIds = file.Has("eos_token_id") ? file.Ids("eos_token_id") : config.EosIds,
            Quantization = QuantizationConfig.Read(file) ?? config.Quantization,
            Format = file.Has("dtype") || file.Has("torch_dtype") ? config.WithRest(file, config.TiedHead).Format : config.Format,
        };
    }

    static UsualSettings Later(string architecture) =>
        new(architecture) { KeyHeads = 4, HeadSize = 256, TiedHead = true, ActivationKey = "hidden_activation", Activation = Tanh };

    static ModelConfig Read(ConfigJson file, UsualSettings settings)
    {
        var config = settings.Read(file).WithAttentionBias(file);
        file.RefuseTrue("use_bidirectional_attention");
        return config with { Norm = config.Norm with { Offset = 1 }, EmbeddingScale = Math.Sqrt(config.HiddenSize) };
    }

    /// <summary>Transformers 5 has a group for each type of layer; 4 a base for each, of which the scaling is that of full layers.</summary>
    static (Rope Full, Rope Local) Ropes(ConfigJson file, RopeSettings rope)
    {
        var (full, local) = (rope with { Theta = 1e6 }, rope with { ThetaKey = "rope_local_base_freq" });
        if (!file.IsEmpty("rope_parameters") && file.Group("rope_parameters") is { } groups && groups.Has(LayerTypes.Full))
            return (full.Read(file, groups.Group(LayerTypes.Full)), local.Read(file, groups.Group(LayerTypes.Sliding)));
        return (full.Read(file), local.Read(file, null));
    }

    static Func<int, bool> Slides(ConfigJson file, int layers)
    {
        if (LayerTypes.Listed(file, layers) is { } types)
            return i => types[i] == LayerTypes.Sliding;
        var pattern = file.Positive(file.Has("_sliding_window_pattern") ? "_sliding_window_pattern" : "sliding_window_pattern", 6);
        return i => (i + 1) % pattern != 0;
    }
}
