using System.Text.Json;
using System.Text.Unicode;

namespace PureLora;

/// <summary>
/// Typed reading of a <c>config.json</c>, where every error names the file and the key. What was read, or taken in place
/// of a missing key, is remembered in <see cref="Settings"/>.
/// </summary>
sealed class ConfigJson
{
    const int MostBytes = 1 << 24;

    readonly JsonElement root;
    readonly string what, place;
    readonly List<ConfigSetting> settings;

    /// <param name="path">The file, for messages.</param>
    /// <param name="root">Its content.</param>
    /// <param name="what">What the settings are of, for messages.</param>
    public ConfigJson(string path, JsonElement root, string what = "model") : this(path, root, what, "", [])
    {
    }

    ConfigJson(string path, JsonElement root, string what, string place, List<ConfigSetting> settings)
    {
        Path = path;
        (this.root, this.what, this.place, this.settings) = (root, what, place, settings);
        if (root.ValueKind != JsonValueKind.Object)
            throw new PureLoraException($"{path}: the content is {Kind(root)}, but settings need an object. Download the file again.");
    }

    public string Path { get; }

    /// <summary>Each setting that was asked for, in that order, those of nested groups too.</summary>
    public IReadOnlyList<ConfigSetting> Settings => settings;

    /// <summary>The JSON in a file of settings; <paramref name="whose"/> and <paramref name="advice"/> go into its errors.</summary>
    public static JsonDocument Parse(string path, string whose, string advice)
    {
        try
        {
            if (new FileInfo(path).Length is > MostBytes and var length)
                throw new PureLoraException($"{path}: the file is {length} bytes, but settings need at most {MostBytes}. Check that it is the right file, or download it again.");
            var bytes = File.ReadAllBytes(path);
            return Utf8.IsValid(bytes) ? JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false })
                : throw new PureLoraException($"{path}: the text is not UTF-8, but {whose} settings need to be. {advice}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            var (found, needed) = e is not JsonException json ? ("a key holds half a character", "whole ones")
                : json.LineNumber is { } line ? ($"line {line + 1} is not JSON", "to be") : ("a key is given twice", "one value for each");
            throw new PureLoraException($"{path}: {found}, but {whose} settings need {needed}. {advice}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{path}: the file cannot be read ({e.Message.TrimEnd('.')}). Check that you may read it.", e);
        }
    }

    public int Int(string key) => OptionalInt(key) ?? throw Missing(key);

    /// <summary>A size: a whole number of 1 or more.</summary>
    public int Positive(string key) => Int(key) is > 0 and var value ? value : throw Wrong(key, "0", "at least 1");

    /// <summary>The same with what stands for a missing key.</summary>
    public int Positive(string key, int fallback) => Has(key) ? Positive(key) : Default(key, fallback);

    public int? OptionalInt(string key) =>
        Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0 ? number
        : throw Wrong(key, value, "a whole number");

    public int Int(string key, int fallback) => OptionalInt(key) ?? Default(key, fallback);

    /// <summary>A whole number of 1 or more that null switches off, or that is off by itself where the key is missing.</summary>
    public int? PositiveOrNone(string key, int? fallback) => Has(key) ? Positive(key) : Names(key) ? null : Default(key, fallback);

    public double Double(string key, double fallback) => OptionalDouble(key) ?? Default(key, fallback);

    public double? OptionalDouble(string key) =>
        Find(key) is not { } value ? null : value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw Wrong(key, value, "a number");

    /// <summary>A number that can be a base or a scale; null when the key is missing or null.</summary>
    public double? OptionalPositive(string key) =>
        OptionalDouble(key) is not { } value ? null : value > 0 && double.IsFinite(value) ? value : throw Wrong(key, Find(key)!.Value, "a finite number above 0");

    public double PositiveNumber(string key) => OptionalPositive(key) ?? throw Missing(key);

    public double PositiveNumber(string key, double fallback) => OptionalPositive(key) ?? Default(key, fallback);

    /// <summary>A finite number above 0 that null switches off.</summary>
    public double? PositiveNumberOrNone(string key, double? fallback) => Has(key) ? OptionalPositive(key) : Names(key) ? null : Default(key, fallback);

    public bool Bool(string key, bool fallback) => OptionalBool(key) ?? Default(key, fallback);

    public bool? OptionalBool(string key) =>
        Find(key) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong(key, value, "true or false");

    public string? OptionalString(string key) =>
        Find(key) is not { } value ? null : Text(value) ?? throw Wrong(key, value, "a string");

    public string String(string key, string fallback) => OptionalString(key) ?? Default(key, fallback);

    public string FirstString(string key)
    {
        var value = Find(key) ?? throw Missing(key);
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && Text(value[0]) is { } first
            ? first : throw Wrong(key, value, "a list of names");
    }

    /// <summary>One id or a list of ids; none when the key is missing or null.</summary>
    public IReadOnlyList<int> Ids(string key) =>
        Find(key) is not { } value ? []
        : value.ValueKind == JsonValueKind.Number ? [OptionalInt(key)!.Value]
        : Whole(value) ?? throw Wrong(key, value, "an id or a list of ids");

    /// <summary>A list of whole numbers; null when the key is missing or null.</summary>
    public IReadOnlyList<int>? Ints(string key) =>
        Find(key) is not { } value ? null : Whole(value) ?? throw Wrong(key, value, "a list of whole numbers");

    static int[]? Whole(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out _))
            ? [.. value.EnumerateArray().Select(id => id.GetInt32())] : null;

    /// <summary>So many finite numbers above 0.</summary>
    public double[] PositiveNumbers(string key, int count)
    {
        var value = Find(key) ?? throw Missing(key);
        return value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == count
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.GetDouble() is > 0 and < double.PositiveInfinity)
            ? [.. value.EnumerateArray().Select(item => item.GetDouble())] : throw Wrong(key, value, $"a list of {count} numbers above 0");
    }

    /// <summary>A list of strings; null when the key is missing or holds something else.</summary>
    public IReadOnlyList<string>? Strings(string key) =>
        Find(key) is { ValueKind: JsonValueKind.Array } value && value.EnumerateArray().All(item => Text(item) is not null)
            ? [.. value.EnumerateArray().Select(item => Text(item)!)] : null;

    /// <summary>A list of so many of <paramref name="known"/>, which may be longer; null when the key is missing or null.</summary>
    public IReadOnlyList<string>? Choices(string key, int count, params string[] known)
    {
        if (!Has(key))
            return null;
        var values = Strings(key);
        if (values is null || values.Count < count)
            throw Wrong(key, values is null ? Find(key)!.Value.GetRawText() : $"a list of {values.Count}", $"a list of {count} names, one for each layer");
        return values.FirstOrDefault(value => !known.Contains(value)) is { } stranger ? throw Unsupported(key, stranger, string.Join(", ", known)) : values;
    }

    /// <summary>The value as it is; null when the key is missing or null.</summary>
    public JsonElement? Raw(string key) => Find(key);

    /// <summary>Whether the key is missing, null, false, or an empty list or object.</summary>
    public bool IsEmpty(string key) =>
        Look(key) is not { } value || value.ValueKind switch
        {
            JsonValueKind.False => true,
            JsonValueKind.Array => value.GetArrayLength() == 0,
            JsonValueKind.Object => !value.EnumerateObject().Any(),
            _ => false,
        };

    /// <summary>Whether the key is there and not null.</summary>
    public bool Has(string key) => Look(key) is not null;

    /// <summary>Whether the key is there, null or not.</summary>
    bool Names(string key) => root.TryGetProperty(key, out _);

    /// <summary>A nested group of settings; null when the key is missing or null.</summary>
    public ConfigJson? Group(string key) => Look(key) is { } value ? new ConfigJson($"{Path}: {key}", value, what, $"{place}{key}.", settings) : null;

    /// <summary>Refuses what would change the result: <paramref name="key"/> given and true.</summary>
    public void RefuseTrue(string key)
    {
        if (Bool(key, false))
            throw Unsupported(key, "true", "false");
    }

    /// <summary>Remembers that <paramref name="value"/> stands for a missing key.</summary>
    public T Default<T>(string key, T value)
    {
        Remember(key, value switch
        {
            null => "null",
            bool truth => truth ? "true" : "false",
            IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        }, ConfigSetting.FamilyDefault);
        return value;
    }

    void Remember(string key, string value, string source)
    {
        var setting = new ConfigSetting(place + key, value, source);
        var at = settings.FindIndex(known => known.Name == setting.Name);
        if (at < 0)
            settings.Add(setting);
        else
            settings[at] = setting;
    }

    public PureLoraException Wrong(string key, string found, string needed) =>
        new($"{Path}: {key} is {Shorten(found)}, but the {what} needs {needed}. Correct the file, or use another {what}.");

    /// <summary>For what is right and not supported: nothing in the file is to be corrected.</summary>
    public PureLoraException Unsupported(string key, string found, string supported) =>
        new($"{Path}: {key} is {Shorten(found)}, which is not supported yet; supported: {supported}. Use another {what}.");

    PureLoraException Wrong(string key, JsonElement value, string needed) => Wrong(key, value.GetRawText(), needed);

    PureLoraException Missing(string key) =>
        new($"{Path}: {key} is missing, but the {what} needs it. Download the file again, or add the key.");

    JsonElement? Look(string key) =>
        root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>The value, which is remembered.</summary>
    JsonElement? Find(string key)
    {
        if (Look(key) is not { } value)
        {
            if (Names(key))
                Remember(key, "null", ConfigSetting.File);
            return null;
        }
        Remember(key, Shorten(Text(value) ?? value.GetRawText()), ConfigSetting.File);
        return value;
    }

    /// <summary>The string, or null where it is none or an escape in it is half a character.</summary>
    internal static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    static string Kind(JsonElement value) => value.ValueKind.ToString().ToLowerInvariant();

    /// <summary>On one line, and not longer than one: a hostile file can hold line breaks, terminal codes or a million letters.</summary>
    static string Shorten(string text)
    {
        var shown = new System.Text.StringBuilder();
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, 400)))
            if (!char.IsWhiteSpace(c))
                shown.Append(char.IsControl(c) || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : $"{c}");
            else if (shown.Length > 0 && shown[^1] != ' ')
                shown.Append(' ');
        return shown.Length <= 60 && text.Length <= 400 ? shown.ToString() : shown.ToString(0, Math.Min(shown.Length, 60)) + "...";
    }
}
