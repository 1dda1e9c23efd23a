using System.Text.Json;

namespace PureLora;

/// <summary>Typed reading of a <c>config.json</c>, where every error names the file and the key.</summary>
sealed class ConfigJson
{
    readonly JsonElement root;

    public ConfigJson(string path, JsonElement root)
    {
        Path = path;
        this.root = root;
        if (root.ValueKind != JsonValueKind.Object)
            throw new PureLoraException($"{path}: the content is {Kind(root)}, but settings need an object. Download the file again.");
    }

    public string Path { get; }

    public int Int(string key) => OptionalInt(key) ?? throw Missing(key);

    public int? OptionalInt(string key) =>
        Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0 ? number
        : throw Wrong(key, value, "a whole number");

    public double Double(string key, double fallback) => OptionalDouble(key) ?? fallback;

    public double? OptionalDouble(string key) =>
        Find(key) is not { } value ? null : value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Wrong(key, value, "a number");

    public bool Bool(string key, bool fallback) => OptionalBool(key) ?? fallback;

    public bool? OptionalBool(string key) =>
        Find(key) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong(key, value, "true or false");

    public string? OptionalString(string key) =>
        Find(key) is not { } value ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(key, value, "a string");

    public string FirstString(string key)
    {
        var value = Find(key) ?? throw Missing(key);
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.String
            ? value[0].GetString()! : throw Wrong(key, value, "a list of names");
    }

    /// <summary>One id or a list of ids; none when the key is missing or null.</summary>
    public IReadOnlyList<int> Ids(string key) =>
        Find(key) is not { } value ? []
        : value.ValueKind == JsonValueKind.Number ? [OptionalInt(key)!.Value]
        : value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out _))
            ? [.. value.EnumerateArray().Select(id => id.GetInt32())]
        : throw Wrong(key, value, "an id or a list of ids");

    /// <summary>A list of strings; null when the key is missing or holds something else.</summary>
    public IReadOnlyList<string>? Strings(string key) =>
        Find(key) is { ValueKind: JsonValueKind.Array } value && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)] : null;

    /// <summary>Whether the key is missing, null, false, or an empty list or object.</summary>
    public bool IsEmpty(string key) =>
        Find(key) is not { } value || value.ValueKind switch
        {
            JsonValueKind.False => true,
            JsonValueKind.Array => value.GetArrayLength() == 0,
            JsonValueKind.Object => !value.EnumerateObject().Any(),
            _ => false,
        };

    /// <summary>A nested group of settings; null when the key is missing or null.</summary>
    public ConfigJson? Group(string key) => Find(key) is { } value ? new ConfigJson($"{Path}: {key}", value) : null;

    public PureLoraException Wrong(string key, string found, string needed) =>
        new($"{Path}: {key} is {found}, but the model needs {needed}. Correct the file, or use another model.");

    PureLoraException Wrong(string key, JsonElement value, string needed) => Wrong(key, Shorten(value.GetRawText()), needed);

    PureLoraException Missing(string key) =>
        new($"{Path}: {key} is missing, but the model needs it. Download the file again, or add the key.");

    JsonElement? Find(string key) =>
        root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    static string Kind(JsonElement value) => value.ValueKind.ToString().ToLowerInvariant();

    static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "...";
}
