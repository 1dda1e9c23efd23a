namespace PureLora;

/// <summary>
/// The settings that most families have under the same keys, with what the family's configuration class in Transformers
/// takes for a missing one. Sizes have no default: every writer puts them into the file.
/// </summary>
sealed record UsualSettings(string Architecture)
{
    public string NormKey { get; init; } = "rms_norm_eps";

    public double Epsilon { get; init; } = 1e-6;

    /// <summary>Whether norms are LayerNorms.</summary>
    public bool Centered { get; init; }

    public int Positions { get; init; } = 2048;

    public int? KeyHeads { get; init; }

    public int? HeadSize { get; init; }

    public double Theta { get; init; } = 10000;

    /// <summary>Null where the head is tied if the checkpoint holds none.</summary>
    public bool? TiedHead { get; init; }

    public string ActivationKey { get; init; } = "hidden_act";

    public string Activation { get; init; } = "silu";

    /// <summary>The decoder of a Llama-like file: what is special to a family is put beside it.</summary>
    public ModelConfig Read(ConfigJson file)
    {
        var activation = ActivationNames.Read(file, ActivationKey, Activation);
        var (hidden, heads) = (file.Positive("hidden_size"), file.Positive("num_attention_heads"));
        var headSize = HeadSizeOf(file, hidden, heads);
        var keyHeads = file.PositiveOrNone("num_key_value_heads", KeyHeads ?? heads) ?? heads;
        if (heads % keyHeads != 0)
            throw file.Wrong("num_key_value_heads", $"{keyHeads}", $"a divisor of num_attention_heads, {heads}");
        var positions = file.Positive("max_position_embeddings", Positions);
        return new ModelConfig
        {
            Architecture = Architecture,
            VocabularySize = file.Positive("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = file.Positive("intermediate_size"),
            Layers = file.Positive("num_hidden_layers"),
            Heads = heads,
            KeyHeads = keyHeads,
            HeadSize = headSize,
            MaxPositions = positions,
            Norm = new NormConfig(file.Double(NormKey, Epsilon), Centered: Centered),
            Activation = activation,
        }.WithRest(file, TiedHead);
    }

    /// <summary>The same with one kind of rotary positions and one kind of layer.</summary>
    public ModelConfig ReadUniform(ConfigJson file, int? window = null)
    {
        var config = Read(file);
        return config.With(Rope(config).Read(file), window);
    }

    public RopeSettings Rope(ModelConfig config) => new(config.HeadSize, config.MaxPositions) { Theta = Theta };

    int HeadSizeOf(ConfigJson file, int hidden, int heads)
    {
        if (!file.Has("head_dim") && HeadSize is null && hidden % heads != 0)
            throw file.Wrong("num_attention_heads", $"{heads}", $"a divisor of hidden_size, {hidden}, where head_dim is not given");
        return CheckedHeadSize(file, file.Positive("head_dim", HeadSize ?? hidden / heads), heads);
    }

    /// <summary>C / H of a family without head_dim; <paramref name="headsKey"/> and <paramref name="hiddenKey"/> are its names for both.</summary>
    internal static int HeadSizeOf(ConfigJson file, string hiddenKey, int hidden, string headsKey, int heads) =>
        hidden % heads == 0 ? CheckedHeadSize(file, hidden / heads, heads) : throw file.Wrong(headsKey, $"{heads}", $"a divisor of {hiddenKey}, {hidden}");

    static int CheckedHeadSize(ConfigJson file, int headSize, int heads)
    {
        // Query, key and value may be one product.
        if ((long)heads * headSize > int.MaxValue / 3)
            throw file.Wrong("head_dim", $"{headSize}", $"heads of at most {int.MaxValue / 3} numbers together");
        return headSize <= 1 << 16 ? headSize : throw file.Wrong("head_dim", $"{headSize}", $"at most {1 << 16}");
    }
}

/// <summary>What is put beside the sizes of a model.</summary>
static class ModelConfigs
{
    /// <summary>What every family reads in the same way.</summary>
    public static ModelConfig WithRest(this ModelConfig config, ConfigJson file, bool? tiedHead) => config with
    {
        TiedHead = file.OptionalBool("tie_word_embeddings") ?? (tiedHead is { } tied ? file.Default("tie_word_embeddings", tied) : null),
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

    /// <summary>All layers alike.</summary>
    public static ModelConfig With(this ModelConfig config, Rope? rope, int? window = null, bool experts = false)
    {
        var layer = new LayerConfig(rope, window, experts);
        return config with { Layer = _ => layer, MaxPositions = Longest(config.MaxPositions, rope) };
    }

    /// <summary>What the shortest of <paramref name="ropes"/> serves.</summary>
    public static int Longest(int positions, params Rope?[] ropes) =>
        ropes.OfType<Rope>().Select(rope => (int)Math.Min(rope.Longest(positions), int.MaxValue / 2)).DefaultIfEmpty(positions).Min();

    /// <summary>Biases of attention, all four or none.</summary>
    public static ModelConfig WithAttentionBias(this ModelConfig config, ConfigJson file, bool fallback = false)
    {
        var bias = file.Bool("attention_bias", fallback);
        return config with { QueryKeyValueBias = bias, OutputBias = bias };
    }
}
