using System.Text.Json;

namespace PureLora;

/// <summary>Values of a record, of the kind that a form needs or refused with the record's place.</summary>
static class Fields
{
    /// <summary>A text, which may be empty.</summary>
    internal static string Text(JsonElement record, string key, string place)
    {
        var value = record.GetProperty(key);
        if (value.ValueKind != JsonValueKind.String)
            throw new PureLoraException($"{place}: \"{key}\" is {Named(value)}, but training needs a string. Put the value in quotes.");
        return Decoded(value, place);
    }

    /// <summary>A text of at least one character.</summary>
    internal static string Filled(JsonElement record, string key, string place) =>
        Text(record, key, place) is { Length: > 0 } value ? value
            : throw new PureLoraException($"{place}: \"{key}\" is empty, but training needs at least one character of it. Fill it or remove the record.");

    /// <summary>A text; empty where there is none.</summary>
    internal static string Optional(JsonElement record, string key, string place) => Has(record, key) ? Text(record, key, place) : "";

    internal static bool Has(JsonElement record, string key) => record.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    internal static string Decoded(JsonElement text, string place)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException cause)
        {
            throw DataRow.HalfCharacter(place, cause);
        }
    }

    /// <summary>An array, entry by entry; a text that is JSON of one counts as that, since CSV and Parquet often hold them so.</summary>
    internal static JsonElement Array(JsonElement record, string key, string place, bool mayBeEmpty = false)
    {
        var value = Unpacked(record.GetProperty(key), place);
        if (value.ValueKind != JsonValueKind.Array)
            throw new PureLoraException($"{place}: \"{key}\" is {Named(value)}, but training needs an array. Write it as [...].");
        if (value.GetArrayLength() == 0 && !mayBeEmpty)
            throw new PureLoraException($"{place}: \"{key}\" is an empty array, but training needs at least one entry. Fill it or remove the record.");
        return value;
    }

    /// <summary>The JSON that a text holds, or the value itself.</summary>
    internal static JsonElement Unpacked(JsonElement value, string place)
    {
        if (value.ValueKind != JsonValueKind.String || Decoded(value, place).AsSpan().TrimStart() is not (['[', ..] or ['{', ..]))
            return value;
        try
        {
            return JsonDocument.Parse(value.GetString()!, new JsonDocumentOptions { AllowDuplicateProperties = false }).RootElement;
        }
        catch (JsonException)
        {
            return value;
        }
    }

    internal static string Named(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    internal static string Keys(JsonElement record)
    {
        var names = record.EnumerateObject().Take(6).Select(property => Quoted.Of(property.Name)).ToList();
        return names.Count switch
        {
            0 => "none",
            > 5 => string.Join(", ", names.Take(5)) + " and more",
            _ => string.Join(", ", names),
        };
    }
}
