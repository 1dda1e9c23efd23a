using System.Text.Json;
using System.Text.Unicode;

namespace PureLora;

/// <summary>
/// Reads a data set: one JSON object a line, <c>{"text": ...}</c> or <c>{"prompt": ..., "completion": ...}</c>, the
/// same form in the whole file; other keys are left alone. UTF-8, with or without a byte order mark; blank lines are
/// skipped. Every error names the file and the line.
/// </summary>
public static class JsonLines
{
    /// <summary>The longest line read, in bytes: room for a context of millions of tokens, and a bound on memory.</summary>
    public const int LongestLine = 16 << 20;

    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The records of <paramref name="path"/> in file order, at least one.</summary>
    /// <exception cref="PureLoraException">The file is missing, empty or unreadable, or a line is not a record.</exception>
    public static IReadOnlyList<TextRecord> Read(string path)
    {
        if (Directory.Exists(path))
            throw new PureLoraException($"{path}: the data file is a folder, but training needs a JSON Lines file. Name one file in it.");
        if (!File.Exists(path))
            throw new PureLoraException($"{path}: the data file is missing, but training needs it. Check the path, which starts at {Directory.GetCurrentDirectory()}.");
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return Read(file, path);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{path}: the data file is unreadable ({cause.Message}), but training needs it. Check its permissions and the disk.", cause);
        }
    }

    internal static IReadOnlyList<TextRecord> Read(Stream stream, string path, int longestLine = LongestLine)
    {
        var records = new List<TextRecord>();
        foreach (var (number, bytes) in ByteLines.Of(stream, path, longestLine))
        {
            var line = bytes.Span;
            string where = $"{path}:{number}";
            if (!Utf8.IsValid(line))
                throw new PureLoraException($"{where}: the text is not UTF-8, but a data file needs UTF-8. Save the file again in that encoding.");
            if (line.IndexOfAnyExcept(" \t\r"u8) < 0)
                continue;

            var record = Parse(bytes, number, where);
            if (records.Count > 0 && (record.Prompt is null) != (records[0].Prompt is null))
                throw new PureLoraException($"{where}: the record is {Form(record)}, but the first one, at line {records[0].Line}, is {Form(records[0])} and a file needs one form. Split the file in two.");
            records.Add(record);
        }
        if (records.Count == 0)
            throw new PureLoraException($"{path}: the number of records is 0, but training needs at least 1. Write one JSON object a line, {TextForm} or {PairForm}.");
        return records;
    }

    const string TextForm = """{"text": ...}""";
    const string PairForm = """{"prompt": ..., "completion": ...}""";

    static string Form(TextRecord record) => record.Prompt is null ? TextForm : PairForm;

    static TextRecord Parse(ReadOnlyMemory<byte> line, int number, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Strict);
            return Parse(document.RootElement, number, where);
        }
        catch (JsonException cause) when (IsRepeatedKey(line))
        {
            throw new PureLoraException($"{where}: a key stands there twice, but a record needs each once. Remove one of the two.", cause);
        }
        catch (JsonException cause) when (number == 1 && line.Span.TrimStart(" \t"u8) is [(byte)'[' or (byte)'{', ..] start && start[1..].IndexOfAnyExcept(" \t\r"u8) < 0)
        {
            throw new PureLoraException($"{where}: the file is one JSON {(start[0] == '[' ? "array" : "object over several lines")}, but a data file needs one JSON object a line. {(start[0] == '[' ? ToLines : ToLines.Replace(".[]", "."))}", cause);
        }
        catch (JsonException cause)
        {
            string at = cause.BytePositionInLine is long position ? $"broken at byte {position + 1}" : "broken";
            throw new PureLoraException($"{where}: the JSON is {at}, but a data file needs one whole JSON object a line. Correct this line or remove it.", cause);
        }
        catch (InvalidOperationException cause)
        {
            // What the JSON reader throws on decoding such an escape, in a name or in a value.
            throw new PureLoraException($"{where}: an escape is half of a surrogate pair, but training needs whole characters. Correct the \\u escapes of this line.", cause);
        }
    }

    const string ToLines = "Convert it, for example with: jq -c '.[]' data.json > data.jsonl";

    static bool IsRepeatedKey(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    static TextRecord Parse(JsonElement record, int number, string where)
    {
        if (record.ValueKind == JsonValueKind.Array)
            throw new PureLoraException($"{where}: the line is an array, but a data file needs one JSON object a line. {ToLines}");
        if (record.ValueKind != JsonValueKind.Object)
            throw new PureLoraException($"{where}: the line is {Named(record)}, but a data file needs one JSON object a line. Write {TextForm} or {PairForm}.");

        bool text = record.TryGetProperty("text", out _);
        bool prompt = record.TryGetProperty("prompt", out _), completion = record.TryGetProperty("completion", out _);
        if (text && !prompt && !completion)
            return new TextRecord(number, null, Filled(record, "text", where));
        if (!text && prompt && completion)
            return new TextRecord(number, String(record, "prompt", where), Filled(record, "completion", where));
        if (OtherForm(record) is { } form)
            throw new PureLoraException($"{where}: the record is {form}");
        throw new PureLoraException($"{where}: the record's keys are {Keys(record)}, but training needs {TextForm} or {PairForm}, and not both. Rename or add keys.");
    }

    /// <summary>A form that other programs train on: what it is, and how to turn it into one of ours.</summary>
    static string? OtherForm(JsonElement record)
    {
        bool Has(string key) => record.TryGetProperty(key, out _);
        const string needs = $"which is not supported yet; training needs {TextForm} or {PairForm}";
        if (Has("messages") || Has("conversations"))
            return $"a chat ({(Has("messages") ? "messages" : "conversations")}), {needs}. Write the turns before the last answer into \"prompt\", with the model's own marks around them, and that answer into \"completion\".";
        if (Has("instruction") && Has("output"))
            return $"an instruction with its output (Alpaca), {needs}. Convert it, for example with: jq -c '{{prompt: (.instruction + \"\\n\" + (.input // \"\")), completion: .output}}' data.jsonl > new.jsonl";
        return null;
    }

    static string Filled(JsonElement record, string key, string where) =>
        String(record, key, where) is { Length: > 0 } value ? value
            : throw new PureLoraException($"{where}: \"{key}\" is empty, but training needs at least one character of it. Fill it or remove the line.");

    static string String(JsonElement record, string key, string where)
    {
        var value = record.GetProperty(key);
        if (value.ValueKind != JsonValueKind.String)
            throw new PureLoraException($"{where}: \"{key}\" is {Named(value)}, but training needs a string. Put the value in quotes.");
        return value.GetString()!;
    }

    static string Named(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    static string Keys(JsonElement record)
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
