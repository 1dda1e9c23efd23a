namespace PureLora;

/// <summary>SmolLM 3: Llama in which every fourth layer has no rotary positions (NoPE, arXiv 2501.18795).</summary>
static class SmolLm3
{
    public const string Architecture = "SmolLM3ForCausalLM";

    public static ModelConfig Read(ConfigJson file)
    {
        var settings = new UsualSettings(Architecture) { Positions = 32768, KeyHeads = 4, Theta = 2e6, TiedHead = true };
        var config = settings.Read(file).WithAttentionBias(file) with { MlpBias = file.Bool("mlp_bias", false) };
        var turning = Turning(file, config.Layers);
        int? window = file.Bool("use_sliding_window", false) ? file.PositiveOrNone("sliding_window", null) : null;
        var types = window is null ? null : LayerTypes.Listed(file, config.Layers);
        var rope = settings.Rope(config).Read(file);
        return config.With(rope) with
        {
            Layer = i => new LayerConfig(turning(i) ? rope : null, window is not null && (types is null ? !turning(i) : types[i] == LayerTypes.Sliding) ? window : null),
        };
    }

    /// <summary>Which layers have rotary positions: those with a 1 in the list, else all but every so manieth.</summary>
    static Func<int, bool> Turning(ConfigJson file, int layers)
    {
        if (file.Ints("no_rope_layers") is not { } listed)
        {
            var interval = file.Positive("no_rope_layer_interval", 4);
            return i => (i + 1) % interval != 0;
        }
        if (listed.Count < layers)
            throw file.Wrong("no_rope_layers", $"a list of {listed.Count}", $"a 1 or a 0 for each of num_hidden_layers, {layers}");
        return i => listed[i] != 0;
    }
}
