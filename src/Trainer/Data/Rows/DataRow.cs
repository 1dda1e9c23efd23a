using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>
/// One record of a data file as it was found: UTF-8 bytes that should be one JSON object, whatever the file's format, and
/// the place it stands, its line (from 1) or, in Parquet, its row. Parsing is left to whoever uses it, on any thread.
/// </summary>
public readonly record struct DataRow(ReadOnlyMemory<byte> Json, string File, int Number)
{
    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>What a message calls this record: <c>train.jsonl:12</c>.</summary>
    public string Place => PlaceOf(File, Number);

    internal static string PlaceOf(string file, int number) => $"{file}:{number}";

    /// <summary>The record's object.</summary>
    /// <exception cref="PureLoraException">It is no JSON, no object, or has half of a character in it.</exception>
    public JsonElement Parse()
    {
        try
        {
            var record = JsonDocument.Parse(Json, Strict).RootElement;
            if (record.ValueKind != JsonValueKind.Object)
                throw new PureLoraException($"{Place}: the record is {Fields.Named(record)}, but a data file needs JSON objects. Write {DataForm.Usual}.");
            // The names are decoded once here, so that what is no name is refused before anyone looks for one.
            foreach (var member in record.EnumerateObject())
                _ = member.Name;
            return record;
        }
        catch (JsonException cause) when (IsRepeatedKey())
        {
            throw new PureLoraException($"{Place}: a key stands there twice, but a record needs each once. Remove one of the two.", cause);
        }
        catch (JsonException cause)
        {
            string at = cause.BytePositionInLine is long position ? $"broken at byte {position + 1}" : "broken";
            throw new PureLoraException($"{Place}: the JSON is {at}, but a data file needs one whole JSON object a line. Correct this line or remove it.", cause);
        }
        catch (InvalidOperationException cause)
        {
            throw HalfCharacter(Place, cause);
        }
    }

    /// <summary>What the JSON reader's InvalidOperationException means, on decoding an escape in a name or in a value.</summary>
    internal static PureLoraException HalfCharacter(string place, Exception cause) =>
        new($"{place}: an escape is half of a surrogate pair, but training needs whole characters. Correct the \\u escapes of this line.", cause);

    bool IsRepeatedKey()
    {
        try
        {
            using var document = JsonDocument.Parse(Json);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A record of a file that is not JSON.</summary>
    internal static DataRow Of(JsonObject record, string file, int number) =>
        new(JsonSerializer.SerializeToUtf8Bytes(record), file, number);
}
