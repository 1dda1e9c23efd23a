namespace PureLora;

/// <summary>
/// Phi-1, 1.5 and 2 (arXiv 2309.05463): LayerNorm, biases, the head's among them, attention and MLP beside each other behind one
/// norm, a part of each head that turns.
/// </summary>
static class Phi
{
    public const string Architecture = "PhiForCausalLM";

    static readonly WeightNames names = new()
    {
        FinalNorm = "model.final_layernorm",
        BeforeMlp = null,
        Output = "self_attn.dense",
        Gate = null,
        Up = "mlp.fc1",
        Down = "mlp.fc2",
    };

    public static ModelConfig Read(ConfigJson file)
    {
        var settings = new UsualSettings(Architecture) { NormKey = "layer_norm_eps", Epsilon = 1e-5, Centered = true, Activation = "gelu_new" };
        var config = settings.Read(file);
        file.RefuseTrue("qk_layernorm");
        return config.With((settings.Rope(config) with { Part = 0.5 }).Read(file)) with
        {
            Names = names,
            QueryKeyValueBias = true,
            OutputBias = true,
            MlpBias = true,
            HeadBias = true,
            ParallelResidual = true,
        };
    }
}
