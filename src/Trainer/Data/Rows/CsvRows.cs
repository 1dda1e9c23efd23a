using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>
/// The records of a CSV file: the first line names the columns, and every value is a text. Fields may stand in double
/// quotes, with line breaks in them and quotes doubled (RFC 4180). The delimiter is the comma, semicolon or tab of which the
/// first line has most. A list of messages in JSON counts as one in any column, and so does JSON in those that need a list or an object.
/// </summary>
static class CsvRows
{
    public static IEnumerable<DataRow> Of(Stream stream, string path, int longest = JsonRows.LongestRecord)
    {
        using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false, 1 << 16);
        var text = new CsvText(reader, path, longest);
        if (text.Record() is not { } names)
            yield break;
        names[0] = names[0].TrimStart('\uFEFF');
        if (names.All(name => double.TryParse(name, CultureInfo.InvariantCulture, out _)))
            throw new PureLoraException($"{path}:1: the first line is {names.Count} numbers, but a CSV file needs the names of its columns there, such as text, or prompt and completion. A table of numbers is no text to train on; add a line of names if a column of this one is.");
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new PureLoraException($"{path}:1: the column {Quoted.Of(twice.Key)} stands there twice, but a column needs its own name. Rename one of the two.");
        while (text.Record() is { } fields)
        {
            if (fields is [""])
                continue;
            if (fields.Count != names.Count)
                throw new PureLoraException($"{path}:{text.FirstLine}: the number of fields is {fields.Count}, but the first line names {names.Count} columns. Put a field that has a delimiter or a line break in it into double quotes.");
            var record = new JsonObject();
            foreach (var (name, value) in names.Zip(fields))
                record.Add(name, Value(name, value));
            yield return DataRow.Of(record, path, text.FirstLine);
        }
    }

    /// <summary>Columns that hold a list or an object; in others an answer may be JSON and is a text.</summary>
    static readonly string[] structured = ["messages", "conversations", "tools", "instances", "input_ids", "labels", "attention_mask", "chat_template_kwargs"];

    static JsonNode? Value(string name, string text)
    {
        if (text is not ['[' or '{', ..])
            return JsonValue.Create(text);
        try
        {
            var json = JsonNode.Parse(text, documentOptions: new() { AllowDuplicateProperties = false });
            var isChat = json is JsonArray { Count: > 0 } list && list.All(item => item is JsonObject message && message.ContainsKey("role"));
            return isChat || structured.Contains(name) ? json : JsonValue.Create(text);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or ArgumentException)
        {
            return JsonValue.Create(text);
        }
    }
}

/// <summary>CSV text, record by record.</summary>
sealed class CsvText(StreamReader reader, string path, int longest)
{
    readonly StringBuilder field = new();
    char delimiter = '\0';
    int line = 1;

    /// <summary>The line on which the last record began, from 1.</summary>
    public int FirstLine { get; private set; }

    /// <summary>The fields of the next record; null at the end.</summary>
    public List<string>? Record()
    {
        try
        {
            return Read();
        }
        catch (DecoderFallbackException e)
        {
            throw new PureLoraException(JsonRows.NotUtf8($"{path}:{line}").Message, e);
        }
    }

    List<string>? Read()
    {
        if (reader.Peek() < 0)
            return null;
        FirstLine = line;
        var fields = new List<string>();
        var first = delimiter == '\0' ? new StringBuilder() : null;
        bool quoted = false, closed = false;
        var length = 0;
        for (int next; ;)
        {
            next = reader.Read();
            if (next >= 0 && ++length > longest)
                throw new PureLoraException($"{path}:{FirstLine}: the record is longer than {longest} characters, but that is the most one may have. Check its quotes.");
            if (quoted && next < 0)
                throw new PureLoraException($"{path}:{FirstLine}: a quoted field is open at the end of the file, but it needs its closing quote. Check the quotes of this record.");
            if (next == '\n')
                line++;
            if (quoted && next == '"' && reader.Peek() == '"')
                field.Append((char)reader.Read());
            else if (quoted && next == '"')
                (quoted, closed) = (false, true);
            else if (quoted)
                field.Append((char)next);
            else if (next == '"' && field.Length == 0 && !closed)
                quoted = true;
            else if (next < 0 || next == '\n')
                break;
            else if (next == '\r' && reader.Peek() is '\n' or < 0)
                continue;
            else if (first is not null ? next is ',' or ';' or '\t' : next == delimiter)
            {
                first?.Append((char)next);
                End();
            }
            else if (first is not null || !closed)
                field.Append((char)next);
            else
                throw new PureLoraException($"{path}:{FirstLine}: text follows the closing quote of a field, but a delimiter needs to. Double the quotes that belong to the text.");
        }
        End();
        if (first is null)
            return fields;

        // Only now is the delimiter known: what was cut at another one is put together again.
        delimiter = new[] { ',', ';', '\t' }.MaxBy(d => first.ToString().Count(c => c == d));
        var joined = new List<string>();
        field.Append(fields[0]);
        for (var i = 0; i < first.Length; i++)
        {
            if (first[i] != delimiter)
                field.Append(first[i]);
            else
                Join();
            field.Append(fields[i + 1]);
        }
        Join();
        return joined;

        void Join()
        {
            joined.Add(field.ToString());
            field.Clear();
        }

        void End()
        {
            fields.Add(field.ToString());
            field.Clear();
            closed = false;
        }
    }
}
