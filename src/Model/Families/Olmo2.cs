namespace PureLora;

/// <summary>OLMo 2 (arXiv 2501.00656): Llama with its norms after attention and MLP, and norms over all queries and all keys.</summary>
static class Olmo2
{
    public const string Architecture = "Olmo2ForCausalLM";

    public static ModelConfig Read(ConfigJson file) =>
        new UsualSettings(Architecture) { Epsilon = 1e-5 }.ReadUniform(file).WithAttentionBias(file) with
        {
            Names = new()
            {
                BeforeAttention = null,
                AfterAttention = "post_attention_layernorm",
                BeforeMlp = null,
                AfterMlp = "post_feedforward_layernorm",
                QueryNorm = "self_attn.q_norm",
                KeyNorm = "self_attn.k_norm",
                NormsWholeQuery = true,
            },
        };
}
