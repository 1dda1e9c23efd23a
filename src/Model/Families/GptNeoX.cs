namespace PureLora;

/// <summary>
/// GPT-NeoX (arXiv 2204.06745), and Pythia: LayerNorm, biases, attention and MLP beside each other, a part of each head
/// that turns, query, key and value of each head in one product.
/// </summary>
static class GptNeoX
{
    public const string Architecture = "GPTNeoXForCausalLM";

    public static ModelConfig Read(ConfigJson file)
    {
        var (hidden, heads) = (file.Positive("hidden_size"), file.Positive("num_attention_heads"));
        if (hidden % heads != 0)
            throw file.Wrong("num_attention_heads", $"{heads}", $"a divisor of hidden_size, {hidden}");
        var (size, positions) = (UsualSettings.CheckedHeadSize(file, hidden / heads, heads), file.Positive("max_position_embeddings", 2048));
        var rope = new RopeSettings(size, positions) { ThetaKey = file.Has("rope_theta") ? "rope_theta" : "rotary_emb_base", Part = 0.25, PartKey = file.Has("partial_rotary_factor") ? "partial_rotary_factor" : "rotary_pct" }.Read(file);
        return new ModelConfig
        {
            Architecture = Architecture,
            VocabularySize = file.Positive("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = file.Positive("intermediate_size"),
            Layers = file.Positive("num_hidden_layers"),
            Heads = heads,
            KeyHeads = heads,
            HeadSize = size,
            MaxPositions = positions,
            Norm = new NormConfig(file.Double("layer_norm_eps", 1e-5), Centered: true),
            Activation = ActivationNames.Read(file, "hidden_act", "gelu"),
            MlpBias = true,
            FusedByHead = true,
            ParallelResidual = file.Bool("use_parallel_residual", true),
            Names = new()
            {
                Embedding = "gpt_neox.embed_in",
                Layers = "gpt_neox.layers",
                FinalNorm = "gpt_neox.final_layer_norm",
                Head = "embed_out",
                QueryKeyValue = "attention.query_key_value",
                Output = "attention.dense",
                Gate = null,
                Up = "mlp.dense_h_to_4h",
                Down = "mlp.dense_4h_to_h",
            },
        }.WithAttentionBias(file, fallback: true).WithRest(file, tiedHead: null).With(rope);
    }
}
