namespace PureLora;

/// <summary>The model families that can be read: which file of settings each takes, and how it names its weights.</summary>
public static class Families
{
    /// <summary>Architectures that <see cref="Read"/> understands, as <c>config.json</c> names them.</summary>
    public static IReadOnlyList<string> Supported { get; } = [Llama.Architecture];

    /// <summary>Reads <c>config.json</c> of a model folder.</summary>
    public static ModelConfig Read(string folder)
    {
        var path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
            throw WrongFolder.NoModel(folder);
        using var json = ConfigJson.Parse(path, "a model's", "Download the file again.");
        var file = new ConfigJson(path, json.RootElement);
        var architecture = file.FirstString("architectures");
        return architecture switch
        {
            Llama.Architecture => Llama.Read(file),
            _ => throw new PureLoraException(
                $"{path}: architectures is {architecture}, but supported are {string.Join(", ", Supported)}. Use a model of a supported architecture."),
        };
    }
}
