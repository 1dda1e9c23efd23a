using System.Text.Json;

namespace PureLora;

/// <summary>GPT-Neo (EleutherAI, 2021): GPT-2 with plain linears, scores that nothing scales, and a window in every other layer.</summary>
static class GptNeo
{
    public const string Architecture = "GPTNeoForCausalLM";

    const string Global = "global", Local = "local";

    static readonly WeightNames names = Gpt2.Names with
    {
        QueryKeyValue = null,
        Query = "attn.attention.q_proj",
        Key = "attn.attention.k_proj",
        Value = "attn.attention.v_proj",
        Output = "attn.attention.out_proj",
    };

    public static ModelConfig Read(ConfigJson file)
    {
        var (hidden, heads, layers) = (file.Positive("hidden_size"), file.Positive("num_heads"), file.Positive("num_layers"));
        var window = file.Positive("window_size", 256);
        var slides = Slides(file, layers);
        return new ModelConfig
        {
            Architecture = Architecture,
            VocabularySize = file.Positive("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = file.Positive("intermediate_size", (int)Math.Min(4L * hidden, int.MaxValue)),
            Layers = layers,
            Heads = heads,
            KeyHeads = heads,
            HeadSize = UsualSettings.HeadSizeOf(file, "hidden_size", hidden, "num_heads", heads),
            MaxPositions = file.Positive("max_position_embeddings", 2048),
            Norm = new NormConfig(file.Double("layer_norm_epsilon", 1e-5), Centered: true),
            Activation = ActivationNames.Read(file, "activation_function", "gelu_new"),
            AttentionScale = 1,
            OutputBias = true,
            MlpBias = true,
            Layer = i => new LayerConfig(null, slides(i) ? window : null),
            Names = names,
        }.WithRest(file, tiedHead: true);
    }

    /// <summary>Which layers see a window: <c>[[["global", "local"], 12]]</c> is twelve times these two.</summary>
    static Func<int, bool> Slides(ConfigJson file, int layers)
    {
        if (file.Raw("attention_types") is not { } types)
            return file.Choices("attention_layers", layers, Global, Local) is { } listed ? i => listed[i] == Local : i => i % 2 == 1;
        List<string> all = [];
        try
        {
            foreach (var group in types.EnumerateArray())
                for (var times = group[1].GetInt32(); times > 0 && all.Count < layers; times--)
                    all.AddRange(group[0].EnumerateArray().Select(name => name.GetString() ?? ""));
        }
        catch (Exception e) when (e is InvalidOperationException or IndexOutOfRangeException or FormatException)
        {
            all.Clear();
        }
        return all.Count >= layers && all.All(name => name is Global or Local) ? i => all[i] == Local
            : throw file.Wrong("attention_types", $"{types.GetRawText().Length} characters long", $"lists of global and local, each with how often it stands, that make num_layers, {layers}");
    }
}
