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
        var settings = new UsualSettings(Architecture) { NormKey = "layer_norm_eps", Epsilon = 1e-5, Centered = true, Activation = "gelu" };
        var config = settings.Read(file).WithAttentionBias(file, fallback: true);
        var rope = settings.Rope(config) with
        {
            ThetaKey = file.Has("rope_theta") ? "rope_theta" : "rotary_emb_base",
            Part = 0.25,
            PartKey = file.Has("partial_rotary_factor") ? "partial_rotary_factor" : "rotary_pct",
        };
        return config.With(rope.Read(file)) with
        {
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
        };
    }
}
