namespace PureLora;

/// <summary>The model families that can be read: which settings each takes, and how it names its weights.</summary>
public static class Families
{
    static readonly SortedDictionary<string, Func<ConfigJson, ModelConfig>> readers = new(StringComparer.Ordinal)
    {
        [Llama.Architecture] = Llama.Read,
        [SmolLm3.Architecture] = SmolLm3.Read,
        [Mistral.Architecture] = Mistral.Read,
        [Mixtral.Architecture] = Mixtral.Read,
        [Qwen2.Architecture] = Qwen2.Read,
        [Qwen3.Architecture] = Qwen3.Read,
        [Qwen3Moe.Architecture] = Qwen3Moe.Read,
        [Gemma.First] = Gemma.ReadFirst,
        [Gemma.Second] = Gemma.ReadSecond,
        [Gemma.Third] = Gemma.ReadThird,
        [Gemma.ThirdWithImages] = Gemma.ReadText,
        [Phi3.Architecture] = Phi3.Read,
        [Olmo2.Architecture] = Olmo2.Read,
        [Granite.Architecture] = Granite.Read,
        [Gpt2.Architecture] = Gpt2.Read,
        [GptNeo.Architecture] = GptNeo.Read,
        [GptNeoX.Architecture] = GptNeoX.Read,
        [Phi.Architecture] = Phi.Read,
    };

    /// <summary>Architectures that <see cref="Read"/> understands, as <c>config.json</c> names them.</summary>
    public static IReadOnlyCollection<string> Supported => readers.Keys;

    /// <summary>Reads <c>config.json</c> of a model folder.</summary>
    public static ModelConfig Read(string folder)
    {
        var path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
            throw WrongFolder.NoModel(folder);
        using var json = ConfigJson.Parse(path, "a model's", "Download the file again.");
        var file = new ConfigJson(path, json.RootElement);
        var architecture = file.FirstString("architectures");
        if (!readers.TryGetValue(architecture, out var read))
            throw new PureLoraException($"{path}: architectures is {Quote.Name(architecture)}, but supported are {string.Join(", ", Supported)}. Use a model of a supported architecture.");
        var config = read(file);
        return config with { Settings = [.. file.Settings] };
    }
}
