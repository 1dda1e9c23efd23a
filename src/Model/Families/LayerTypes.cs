namespace PureLora;

/// <summary>Which layers see a window of keys only (<c>layer_types</c>).</summary>
static class LayerTypes
{
    public const string Sliding = "sliding_attention", Full = "full_attention";

    /// <summary>The type of each layer; null where the file has no list.</summary>
    public static IReadOnlyList<string>? Listed(ConfigJson file, int layers) => file.Choices("layer_types", layers, Full, Sliding);

    /// <summary>Whether a layer slides: by the list, or else by <paramref name="pattern"/>.</summary>
    public static Func<int, bool> Slides(ConfigJson file, int layers, Func<int, bool> pattern) =>
        Listed(file, layers) is { } types ? i => types[i] == Sliding : pattern;
}
