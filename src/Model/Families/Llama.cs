namespace PureLora;

/// <summary>
/// Llama (arXiv 2302.13971): RMSNorm before attention and MLP, rotary positions, grouped-query attention, SwiGLU.
/// SmolLM 1 and 2, TinyLlama and many others are saved under the same architecture.
/// </summary>
static class Llama
{
    public const string Architecture = "LlamaForCausalLM";

    public static ModelConfig Read(ConfigJson file) =>
        new UsualSettings(Architecture).ReadUniform(file).WithAttentionBias(file) with { MlpBias = file.Bool("mlp_bias", false) };
}
