namespace PureLora;

/// <summary>
/// GPT-2 (Radford et al., 2019): LayerNorm, learned positions, biases, weights stored [in, out], query, key and value in
/// one product.
/// </summary>
static class Gpt2
{
    public const string Architecture = "GPT2LMHeadModel";

    internal static WeightNames Names { get; } = new()
    {
        Embedding = "transformer.wte",
        Positions = "transformer.wpe",
        Layers = "transformer.h",
        FinalNorm = "transformer.ln_f",
        BeforeAttention = "ln_1",
        BeforeMlp = "ln_2",
        QueryKeyValue = "attn.c_attn",
        Output = "attn.c_proj",
        Gate = null,
        Up = "mlp.c_fc",
        Down = "mlp.c_proj",
        Aliases = [("transformer.", "")],
    };

    public static ModelConfig Read(ConfigJson file)
    {
        var (hidden, heads) = (file.Positive("n_embd"), file.Positive("n_head"));
        var inner = file.Positive("n_inner", (int)Math.Min(4L * hidden, int.MaxValue));
        file.RefuseTrue("add_cross_attention");
        var (scales, byLayer) = (file.Bool("scale_attn_weights", true), file.Bool("scale_attn_by_inverse_layer_idx", false));
        return new ModelConfig
        {
            Architecture = Architecture,
            VocabularySize = file.Positive("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = inner,
            Layers = file.Positive("n_layer"),
            Heads = heads,
            KeyHeads = heads,
            HeadSize = UsualSettings.HeadSizeOf(file, "n_embd", hidden, "n_head", heads),
            MaxPositions = file.Positive("n_positions", 1024),
            Norm = new NormConfig(file.Double("layer_norm_epsilon", 1e-5), Centered: true),
            Activation = ActivationNames.Read(file, "activation_function", "gelu_new"),
            AttentionScale = scales ? null : 1,
            QueryKeyValueBias = true,
            OutputBias = true,
            MlpBias = true,
            StoredTransposed = true,
            Layer = i => new LayerConfig(null, ScoreScale: byLayer ? 1.0 / (i + 1) : 1),
            Names = Names,
        }.WithRest(file, tiedHead: true);
    }
}
