namespace PureLora;

/// <summary>
/// The sizes of well-known models, for planning and measuring without a file of theirs: as their <c>config.json</c> gives
/// them, and three small ones for benchmarks.
/// </summary>
public static class Shapes
{
    static readonly SortedDictionary<string, ModelConfig> known = new(StringComparer.Ordinal)
    {
        // The three that benchmarks of other libraries use; their heads are tied.
        ["tiny"] = Of(256, 688, 4, 4, 2, 4096, 2048, 1e-5, 1e4, WeightFormat.F32, tied: true),
        ["smol135m"] = Of(576, 1536, 30, 9, 3, 49152, 2048, 1e-5, 1e4, WeightFormat.F32, tied: true),
        ["llama1b-4l"] = Of(2048, 8192, 4, 32, 8, 32000, 2048, 1e-5, 1e4, WeightFormat.F32, tied: true),
        ["tinyllama-1.1b"] = Of(2048, 5632, 22, 32, 4, 32000, 2048, 1e-5, 1e4, WeightFormat.BF16),
        ["llama-65b"] = Of(8192, 22016, 80, 64, 64, 32000, 2048, 1e-5, 1e4, WeightFormat.F16),
        ["llama2-7b"] = Of(4096, 11008, 32, 32, 32, 32000, 4096, 1e-5, 1e4, WeightFormat.F16),
        ["llama2-13b"] = Of(5120, 13824, 40, 40, 40, 32000, 4096, 1e-5, 1e4, WeightFormat.F16),
        ["llama3-8b"] = Of(4096, 14336, 32, 32, 8, 128256, 8192, 1e-5, 5e5, WeightFormat.BF16),
        ["qwen3-8b"] = Of(4096, 12288, 36, 32, 8, 151936, 40960, 1e-6, 1e6, WeightFormat.BF16) with { Architecture = Qwen3.Architecture, Names = Qwen3.Names },
        ["llama3-70b"] = Of(8192, 28672, 80, 64, 8, 128256, 8192, 1e-5, 5e5, WeightFormat.BF16),
    };

    /// <summary>Every name that <see cref="Find"/> knows.</summary>
    public static IReadOnlyCollection<string> Names => known.Keys;

    /// <summary>The shape of that name.</summary>
    /// <exception cref="UsageException">Nothing has this name.</exception>
    public static ModelConfig Find(string name) =>
        known.TryGetValue(name, out var config) ? config
        : throw new UsageException($"shape: '{name}' is not a known shape; known are {string.Join(", ", known.Keys)}. Use one of these, or give --model a folder with a config.json.");

    static ModelConfig Of(int hidden, int inner, int layers, int heads, int keyHeads, int vocabulary, int positions, double epsilon, double theta, WeightFormat format, bool tied = false) => new ModelConfig
    {
        Architecture = Llama.Architecture,
        VocabularySize = vocabulary,
        HiddenSize = hidden,
        IntermediateSize = inner,
        Layers = layers,
        Heads = heads,
        KeyHeads = keyHeads,
        HeadSize = hidden / heads,
        MaxPositions = positions,
        Norm = new NormConfig(epsilon),
        TiedHead = tied,
        Format = format,
    }.With(new Rope(theta, hidden / heads));
}
