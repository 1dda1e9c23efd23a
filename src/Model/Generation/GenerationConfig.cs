namespace PureLora;

/// <summary>
/// What <c>generation_config.json</c> recommends, as Transformers takes it: without <c>do_sample</c> the likeliest token,
/// whatever else stands there; with it, <c>temperature</c> 1, <c>top_k</c> 50 and <c>top_p</c> 1 where the file names none.
/// </summary>
public sealed record GenerationConfig
{
    public const string FileName = "generation_config.json";

    /// <summary>Ids that end a text (<c>eos_token_id</c>, one or a list).</summary>
    public IReadOnlyList<int> EosIds { get; private init; } = [];

    public double Temperature { get; private init; }

    public int TopK { get; private init; }

    public double TopP { get; private init; } = 1;

    /// <summary>Reads the file of a model folder, which may be missing.</summary>
    public static GenerationConfig Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return new();
        using var json = ConfigJson.Parse(path, "a model's", "Download the file again.");
        var file = new ConfigJson(path, json.RootElement);
        var ends = new GenerationConfig { EosIds = file.Ids("eos_token_id") };
        return !file.Bool("do_sample", false) ? ends : ends with
        {
            Temperature = file.Double("temperature", 1),
            TopK = file.OptionalInt("top_k") ?? 50,
            TopP = file.Double("top_p", 1),
        };
    }
}
