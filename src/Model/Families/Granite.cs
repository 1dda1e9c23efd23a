namespace PureLora;

/// <summary>Granite 3: Llama with a multiplier each for embeddings, scores, residual branches and logits.</summary>
static class Granite
{
    public const string Architecture = "GraniteForCausalLM";

    public static ModelConfig Read(ConfigJson file) => new UsualSettings(Architecture).ReadUniform(file).WithAttentionBias(file) with
    {
        MlpBias = file.Bool("mlp_bias", false),
        EmbeddingScale = file.PositiveNumber("embedding_multiplier", 1),
        AttentionScale = file.PositiveNumber("attention_multiplier", 1),
        ResidualScale = file.PositiveNumber("residual_multiplier", 1),
        LogitScale = 1 / file.PositiveNumber("logits_scaling", 1),
    };
}
