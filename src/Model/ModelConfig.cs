namespace PureLora;

/// <summary>
/// The shape of a decoder, whatever family it came from. A family (<see cref="Families"/>) reads it from a
/// <c>config.json</c>; the names in brackets are that file's.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>The architecture as the file names it, such as <c>LlamaForCausalLM</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>V, the number of token ids (<c>vocab_size</c>).</summary>
    public required int VocabularySize { get; init; }

    /// <summary>C, the width of the residual stream (<c>hidden_size</c>).</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The width inside the MLP (<c>intermediate_size</c>).</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>L (<c>num_hidden_layers</c>).</summary>
    public required int Layers { get; init; }

    /// <summary>H, query heads (<c>num_attention_heads</c>).</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads (<c>num_key_value_heads</c>); each serves H / KeyHeads query heads.</summary>
    public required int KeyHeads { get; init; }

    /// <summary>D (<c>head_dim</c>, else C / H).</summary>
    public required int HeadSize { get; init; }

    /// <summary>The longest sequence the model was made for (<c>max_position_embeddings</c>).</summary>
    public required int MaxPositions { get; init; }

    /// <summary><c>rms_norm_eps</c>.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>The base of the rotary frequencies (<c>rope_theta</c>).</summary>
    public required double RopeTheta { get; init; }

    /// <summary>Whether the head is the embedding table (<c>tie_word_embeddings</c>); null when the file does not say.</summary>
    public bool? TiedHead { get; init; }

    /// <summary>Biases on q, k, v and o (<c>attention_bias</c>).</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Biases on gate, up and down (<c>mlp_bias</c>).</summary>
    public bool MlpBias { get; init; }

    /// <summary>The standard deviation of random initial weights (<c>initializer_range</c>).</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>What the weights are stored as (<c>dtype</c>, or <c>torch_dtype</c>) where there is no file that says it.</summary>
    public WeightFormat Format { get; init; }

    /// <summary>How the checkpoint's linears are quantized (<c>quantization_config</c>); null when they are not.</summary>
    public QuantizationConfig? Quantization { get; init; }

    /// <summary>Ids that end a generation (<c>eos_token_id</c>, one or a list).</summary>
    public IReadOnlyList<int> EosIds { get; init; } = [];
}
