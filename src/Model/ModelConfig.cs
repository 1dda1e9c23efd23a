namespace PureLora;

/// <summary>
/// The shape of a decoder, whatever family it came from. A family (<see cref="Families"/>) reads it from a
/// <c>config.json</c>; the names in brackets are that file's usual ones.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>The architecture as the file names it, such as <c>LlamaForCausalLM</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>V, the number of token ids (<c>vocab_size</c>).</summary>
    public required int VocabularySize { get; init; }

    /// <summary>C, the width of the residual stream (<c>hidden_size</c>).</summary>
    public required int HiddenSize { get; init; }

    /// <summary>F, the width inside the MLP (<c>intermediate_size</c>).</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>L (<c>num_hidden_layers</c>).</summary>
    public required int Layers { get; init; }

    /// <summary>H, query heads (<c>num_attention_heads</c>).</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads (<c>num_key_value_heads</c>); each serves H / KeyHeads query heads.</summary>
    public required int KeyHeads { get; init; }

    /// <summary>D (<c>head_dim</c>, else C / H).</summary>
    public required int HeadSize { get; init; }

    /// <summary>The longest sequence the model serves (<c>max_position_embeddings</c>, times what its rotary positions are scaled by).</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Every norm of the residual stream, and of queries and keys where they have one.</summary>
    public required NormConfig Norm { get; init; }

    /// <summary>What is named, is there: projections of their own or fused, norms before or after, positions.</summary>
    public WeightNames Names { get; init; } = new();

    /// <summary>What differs between layers.</summary>
    public Func<int, LayerConfig> Layer { get; init; } = _ => new LayerConfig(null);

    /// <summary>Whether the head is the embedding table (<c>tie_word_embeddings</c>); null when neither the file nor the family says.</summary>
    public bool? TiedHead { get; init; }

    /// <summary>Biases on q, k and v (<c>attention_bias</c>).</summary>
    public bool QueryKeyValueBias { get; init; }

    /// <summary>A bias on the product that ends attention (<c>attention_bias</c>).</summary>
    public bool OutputBias { get; init; }

    /// <summary>Biases on the MLP's products (<c>mlp_bias</c>).</summary>
    public bool MlpBias { get; init; }

    /// <summary>A bias on the logits.</summary>
    public bool HeadBias { get; init; }

    /// <summary>Whether queries and keys are fused head by head, [q, k, v] of each, and not one after the other.</summary>
    public bool FusedByHead { get; init; }

    /// <summary>Whether linears are stored [in, out] (Conv1D), embedding and head not.</summary>
    public bool StoredTransposed { get; init; }

    /// <summary>Whether attention and MLP both read the layer's input.</summary>
    public bool ParallelResidual { get; init; }

    /// <summary>What the MLP applies (<c>hidden_act</c>).</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>What scores are multiplied by; null for 1/√D.</summary>
    public double? AttentionScale { get; init; }

    /// <summary>c of c·tanh(score/c) (<c>attn_logit_softcapping</c>).</summary>
    public double? AttentionSoftCap { get; init; }

    /// <summary>c of c·tanh(logit/c) (<c>final_logit_softcapping</c>).</summary>
    public double? LogitSoftCap { get; init; }

    /// <summary>What embeddings are multiplied by.</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>What attention and MLP are multiplied by as they join the residual stream.</summary>
    public double ResidualScale { get; init; } = 1;

    /// <summary>What logits are multiplied by.</summary>
    public double LogitScale { get; init; } = 1;

    /// <summary>The experts of layers that have some; null where none has.</summary>
    public ExpertsConfig? Experts { get; init; }

    /// <summary>The standard deviation of random initial weights (<c>initializer_range</c>).</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>What the weights are stored as (<c>dtype</c>, or <c>torch_dtype</c>) where there is no file that says it.</summary>
    public WeightFormat Format { get; init; }

    /// <summary>How the checkpoint's linears are quantized (<c>quantization_config</c>); null when they are not.</summary>
    public QuantizationConfig? Quantization { get; init; }

    /// <summary>Ids that end a generation (<c>eos_token_id</c>, one or a list).</summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];

    /// <summary>Each setting, its value and where that came from; none for a shape without a file.</summary>
    public IReadOnlyList<ConfigSetting> Settings { get; init; } = [];
}

/// <summary>x·w / rms(x), or (x - mean)·w / deviation + b where <paramref name="Centered"/> (LayerNorm).</summary>
/// <param name="Epsilon">Added to the mean square (<c>rms_norm_eps</c>, <c>layer_norm_eps</c>).</param>
/// <param name="Offset">Added to w: Gemma stores w - 1.</param>
/// <param name="Centered">Whether the mean is taken off and a bias added.</param>
public sealed record NormConfig(double Epsilon, double Offset = 0, bool Centered = false);

/// <summary>What differs between the layers of a model.</summary>
/// <param name="Rope">How its queries and keys turn; null where they do not.</param>
/// <param name="Window">How many keys a query sees, its own with them; null for all.</param>
/// <param name="HasExperts">Whether experts take the place of its MLP.</param>
/// <param name="ScoreScale">A factor of the scores beside the model's own.</param>
public sealed record LayerConfig(Rope? Rope, int? Window = null, bool HasExperts = false, double ScoreScale = 1);

/// <summary>A mixture of experts in place of an MLP.</summary>
/// <param name="Count">Experts of a layer.</param>
/// <param name="PerToken">How many of them a token goes through, those that the router finds likeliest.</param>
/// <param name="IntermediateSize">The width inside each.</param>
/// <param name="Normalizes">Whether the weights of the chosen are divided by their sum.</param>
public sealed record ExpertsConfig(int Count, int PerToken, int IntermediateSize, bool Normalizes);
