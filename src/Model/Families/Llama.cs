namespace PureLora;

/// <summary>
/// Llama (arXiv 2302.13971): RMSNorm before attention and MLP, rotary positions, grouped-query attention, SwiGLU.
/// SmolLM, TinyLlama and many others are saved under the same architecture.
/// </summary>
static class Llama
{
    public const string Architecture = "LlamaForCausalLM";

    public static ModelConfig Read(ConfigJson file)
    {
        var rope = file.Group("rope_parameters");
        RefuseScaling(file.Group("rope_scaling"));
        RefuseScaling(rope);
        if (file.OptionalString("hidden_act") is { } activation and not ("silu" or "swish"))
            throw file.Unsupported("hidden_act", activation, "silu");
        var (hidden, heads) = (Positive(file, "hidden_size"), Positive(file, "num_attention_heads"));
        var headSize = file.OptionalInt("head_dim");
        if (headSize is null && hidden % heads != 0)
            throw file.Wrong("num_attention_heads", $"{heads}", $"a divisor of hidden_size, {hidden}, where head_dim is not given");
        var config = new ModelConfig
        {
            Architecture = Architecture,
            VocabularySize = Positive(file, "vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = Positive(file, "intermediate_size"),
            Layers = Positive(file, "num_hidden_layers"),
            Heads = heads,
            KeyHeads = file.OptionalInt("num_key_value_heads") ?? heads,
            HeadSize = headSize ?? hidden / heads,
            MaxPositions = file.OptionalInt("max_position_embeddings") is null ? 2048 : Positive(file, "max_position_embeddings"),
            NormEpsilon = file.Double("rms_norm_eps", 1e-6),
            RopeTheta = file.OptionalPositive("rope_theta") ?? rope?.OptionalPositive("rope_theta") ?? 10000,
            TiedHead = file.OptionalBool("tie_word_embeddings"),
            AttentionBias = file.Bool("attention_bias", false),
            MlpBias = file.Bool("mlp_bias", false),
            InitializerRange = file.Double("initializer_range", 0.02),
            Format = (file.OptionalString("dtype") ?? file.OptionalString("torch_dtype")) switch
            {
                "bfloat16" => WeightFormat.BF16,
                "float16" => WeightFormat.F16,
                _ => WeightFormat.F32,
            },
            EosIds = file.Ids("eos_token_id"),
            Quantization = QuantizationConfig.Read(file),
        };
        if (config.KeyHeads == 0 || heads % config.KeyHeads != 0)
            throw file.Wrong("num_key_value_heads", $"{config.KeyHeads}", $"a divisor of num_attention_heads, {heads}");
        if (config.HeadSize == 0 || config.HeadSize % 2 != 0)
            throw file.Wrong("head_dim", $"{config.HeadSize}", "an even number, since rotary positions turn pairs");
        if ((long)heads * config.HeadSize > int.MaxValue)
            throw file.Wrong("head_dim", $"{config.HeadSize}", $"heads of fewer than {1L << 31} numbers together");
        return config;
    }

    static int Positive(ConfigJson file, string key) => file.Int(key) is > 0 and var value ? value : throw file.Wrong(key, "0", "at least 1");

    static void RefuseScaling(ConfigJson? rope)
    {
        var kind = rope?.OptionalString("rope_type") ?? rope?.OptionalString("type");
        if (kind is not (null or "default"))
            throw rope!.Unsupported("rope_type", kind, "default, the rotary positions of Llama 1 and 2, TinyLlama and SmolLM");
    }
}

/// <summary>The names of a decoder's weights in its checkpoint.</summary>
static class WeightNames
{
    public const string Embedding = "model.embed_tokens", FinalNorm = "model.norm", Head = "lm_head";

    public static string Layer(int index) => $"model.layers.{index}";

    /// <summary>Buffers that old checkpoints carry and no model reads.</summary>
    public static bool IsLeftover(string name) => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal);
}
