namespace PureLora;

/// <summary>
/// The names of a decoder's modules, as Transformers has them, Llama's unless a family says otherwise. A part whose name
/// is null is not there: this is how a family says where its norms stand and what is fused.
/// </summary>
public sealed record WeightNames
{
    public string Embedding { get; init; } = "model.embed_tokens";

    /// <summary>A table of learned positions.</summary>
    public string? Positions { get; init; }

    /// <summary>What stands before a layer's number.</summary>
    public string Layers { get; init; } = "model.layers";

    public string FinalNorm { get; init; } = "model.norm";

    public string Head { get; init; } = "lm_head";

    /// <summary>Norms of a layer, each before or after what its name says.</summary>
    public string? BeforeAttention { get; init; } = "input_layernorm";

    public string? AfterAttention { get; init; }

    public string? BeforeMlp { get; init; } = "post_attention_layernorm";

    public string? AfterMlp { get; init; }

    public string Query { get; init; } = "self_attn.q_proj";

    public string Key { get; init; } = "self_attn.k_proj";

    public string Value { get; init; } = "self_attn.v_proj";

    /// <summary>One product for query, key and value.</summary>
    public string? QueryKeyValue { get; init; }

    public string Output { get; init; } = "self_attn.o_proj";

    /// <summary>Norms of queries and keys, before they turn; over each head, or over all where <see cref="NormsWholeQuery"/>.</summary>
    public string? QueryNorm { get; init; }

    public string? KeyNorm { get; init; }

    public bool NormsWholeQuery { get; init; }

    /// <summary>The product that the activation is for; null where it is <see cref="Up"/>, which nothing gates.</summary>
    public string? Gate { get; init; } = "mlp.gate_proj";

    public string Up { get; init; } = "mlp.up_proj";

    /// <summary>One product for gate and up.</summary>
    public string? GateUp { get; init; }

    public string Down { get; init; } = "mlp.down_proj";

    /// <summary>Which experts a token goes through.</summary>
    public string Router { get; init; } = "mlp.gate";

    /// <summary>What stands before an expert's number.</summary>
    public string Experts { get; init; } = "mlp.experts";

    public string ExpertGate { get; init; } = "gate_proj";

    public string ExpertUp { get; init; } = "up_proj";

    public string ExpertDown { get; init; } = "down_proj";

    /// <summary>Beginnings of names, and what some checkpoints have in their place.</summary>
    public IReadOnlyList<(string Module, string Stored)> Aliases { get; init; } = [];

    /// <summary>Beginnings of names of what a checkpoint may hold beside the decoder.</summary>
    public IReadOnlyList<string> Strangers { get; init; } = [];

    public string Layer(int index) => $"{Layers}.{index}";

    /// <summary>Whether the module is the head of one of the families.</summary>
    public static bool IsHead(string module) => module is "lm_head" or "embed_out";

    /// <summary>Buffers that old checkpoints carry and no model reads, and what is beside the decoder.</summary>
    internal bool IsLeftover(string name) =>
        name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
        || name.EndsWith(".masked_bias", StringComparison.Ordinal)
        || name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith(".attention.bias", StringComparison.Ordinal)
        || IsStranger(name);

    internal bool IsStranger(string name) => Strangers.Any(stranger => name.StartsWith(stranger, StringComparison.Ordinal));
}
