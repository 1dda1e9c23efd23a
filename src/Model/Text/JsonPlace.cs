using System.Text.Json;

namespace PureLora;

/// <summary>A value in a JSON file together with where it stands, so that every complaint names file and key.</summary>
internal readonly record struct JsonPlace(string File, string Path, JsonElement Value)
{
    /// <summary>No tokenizer file in use is larger than some 40 MB; above this the file is not one.</summary>
    internal const long LargestFile = 256L << 20;

    string Where => Path.Length == 0 ? File : $"{File}: {Path}";

    /// <summary>Reads a whole file. The caller disposes the document after its last look at the places in it.</summary>
    public static JsonDocument Parse(string file)
    {
        try
        {
            long length = new FileInfo(file).Length;
            if (length > LargestFile)
                throw new PureLoraException($"{file}: the file is {length} bytes, but a tokenizer file needs at most {LargestFile}. Check that it is the right file.");
            var bytes = new ReadOnlyMemory<byte>(System.IO.File.ReadAllBytes(file));
            if (bytes.Span.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException e)
        {
            throw new PureLoraException($"{file}: line {e.LineNumber + 1} is not valid JSON, byte {e.BytePositionInLine} of the line. Download the file again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{file}: cannot be read ({e.Message}). Check that the folder is a Hugging Face model folder with its tokenizer.", e);
        }
    }

    public PureLoraException Wrong(string actual, string needed, string advice = "Download the file again.") =>
        new(OneLine($"{Where} is {actual}, but a tokenizer needs {needed}. {advice}"));

    /// <summary>The refusal for a kind that exists in the wild and not here: it names the kind and what there is.</summary>
    public PureLoraException Unsupported(string kind, string supported) =>
        new(OneLine($"{Where} is {kind}, which is not supported; supported: {supported}. Use a model with another tokenizer."));

    // Tokens may be line breaks; an error is one line.
    static string OneLine(string message) => message.Replace("\r", "\\r").Replace("\n", "\\n");

    /// <summary>The value under a key; null where the key is missing or its value is JSON null.</summary>
    public JsonPlace? Find(string key)
    {
        if (Value.ValueKind != JsonValueKind.Object) throw Wrong(Shown(), "an object");
        JsonElement found;
        try
        {
            if (!Value.TryGetProperty(key, out found) || found.ValueKind == JsonValueKind.Null) return null;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("an object with a key of broken Unicode", "valid UTF-8");
        }
        return new JsonPlace(File, Path.Length == 0 ? key : $"{Path}.{key}", found);
    }

    public JsonPlace Need(string key) => Find(key) ?? throw Wrong($"without \"{key}\"", $"\"{key}\" there");

    public string Text(string key) => Need(key).Text();

    /// <summary>The string, null where it is none or broken.</summary>
    public string? TryText()
    {
        try
        {
            return Value.ValueKind == JsonValueKind.String ? Value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public string Text()
    {
        if (Value.ValueKind != JsonValueKind.String) throw Wrong(Shown(), "a string");
        try
        {
            return Value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("a string of broken Unicode", "valid UTF-8");
        }
    }

    public bool Flag(string key, bool otherwise)
    {
        if (Find(key) is not { } place) return otherwise;
        return place.Value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw place.Wrong(place.Shown(), "true or false"),
        };
    }

    public int Integer(int smallest, int largest)
    {
        if (Value.ValueKind != JsonValueKind.Number || !Value.TryGetInt32(out int number) || number < smallest || number > largest)
            throw Wrong(Shown(), $"a whole number from {smallest} to {largest}");
        return number;
    }

    /// <summary>A whole number from 0 to <paramref name="largest"/>, without a word where it is none.</summary>
    public bool TryInteger(int largest, out int number)
    {
        number = 0;
        return Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out number) && number >= 0 && number <= largest;
    }

    /// <summary>How many items or entries there are.</summary>
    public int Count => Value.ValueKind switch
    {
        JsonValueKind.Array => Value.GetArrayLength(),
        JsonValueKind.Object => Value.GetPropertyCount(),
        _ => 0,
    };

    /// <summary>The items without their places, for long lists; <see cref="At"/> gives a place to complain about.</summary>
    public JsonElement.ArrayEnumerator Elements() => Value.ValueKind == JsonValueKind.Array ? Value.EnumerateArray() : throw Wrong(Shown(), "a list");

    public JsonPlace At(int index, JsonElement item) => new(File, $"{Path}[{index}]", item);

    public IEnumerable<JsonPlace> Items()
    {
        if (Value.ValueKind != JsonValueKind.Array) throw Wrong(Shown(), "a list");
        int index = 0;
        foreach (var item in Value.EnumerateArray()) yield return new JsonPlace(File, $"{Path}[{index++}]", item);
    }

    public IEnumerable<(string Key, JsonPlace Place)> Entries()
    {
        if (Value.ValueKind != JsonValueKind.Object) throw Wrong(Shown(), "an object");
        foreach (var entry in Value.EnumerateObject()) yield return (NameOf(entry), new JsonPlace(File, Path, entry.Value));
    }

    string NameOf(JsonProperty entry)
    {
        try
        {
            return entry.Name;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("an object with a key of broken Unicode", "valid UTF-8");
        }
    }

    string Shown()
    {
        if (Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array) return Value.ValueKind == JsonValueKind.Array ? "a list" : "an object";
        string raw = Value.GetRawText();
        return raw.Length > 60 ? raw[..60] + "..." : raw;
    }
}
