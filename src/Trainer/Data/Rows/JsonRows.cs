using System.Text.Json;
using System.Text.Unicode;

namespace PureLora;

/// <summary>
/// The records of a JSON file, told apart by how it begins: one object a line (JSON Lines); an array of objects; or one
/// object that holds such an array under <c>data</c>, <c>train</c>, <c>rows</c>, <c>examples</c> or <c>records</c>. UTF-8, with or
/// without a byte order mark; blank lines are skipped. Holds one record at a time, whatever the file's size.
/// </summary>
static class JsonRows
{
    /// <summary>The longest record read, in bytes: room for a context of millions of tokens, and a bound on memory.</summary>
    public const int LongestRecord = 16 << 20;

    static readonly string[] arrays = ["data", "train", "rows", "examples", "records"];

    public static IEnumerable<DataRow> Of(Stream stream, string path, int longest = LongestRecord)
    {
        var start = new byte[1 << 16];
        var held = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        var again = new Preceded(start.AsMemory(0, held), stream);
        return IsArray(start.AsSpan(0, held)) ? new JsonArrayRows(again, path, longest).Rows() : Lines(again, path, longest);
    }

    static IEnumerable<DataRow> Lines(Stream stream, string path, int longest)
    {
        foreach (var (number, line) in ByteLines.Of(stream, path, longest))
        {
            if (!Utf8.IsValid(line.Span))
                throw NotUtf8($"{path}:{number}");
            if (line.Span.IndexOfAnyExcept(" \t\r"u8) < 0)
                continue;
            if (number == 1 && line.Span.TrimStart(" \t"u8) is [(byte)'{', .. var rest] && rest.IndexOfAnyExcept(" \t\r"u8) < 0)
                throw new PureLoraException($"{path}:1: the file is one JSON object over several lines, but a data file needs one object a line, or an array of objects, which may stand under {Spelling.AnyOf(arrays)}. Convert it, for example with: jq -c '.' data.json > data.jsonl");
            yield return new DataRow(line.ToArray(), path, number);
        }
    }

    internal static PureLoraException NotUtf8(string place) => new($"{place}: the text is not UTF-8, but a data file needs UTF-8. Save the file again in that encoding.");

    /// <summary>Whether the records are an array's, as far as the first bytes tell.</summary>
    static bool IsArray(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("\uFEFF"u8))
            start = start[3..];
        start = start.TrimStart(" \t\r\n"u8);
        if (start is [(byte)'[', ..])
            return true;
        if (start is not [(byte)'{', ..])
            return false;
        try
        {
            var reader = new Utf8JsonReader(start, isFinalBlock: false, default);
            while (reader.Read())
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName)
                {
                    if (IsArrayName(ref reader))
                        return reader.Read() && reader.TokenType == JsonTokenType.StartArray && reader.Read() && reader.TokenType == JsonTokenType.StartObject;
                    if (!reader.TrySkip())
                        return false;
                }
                else if (reader.TokenType == JsonTokenType.EndObject)
                    return false;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Broken JSON, or half of a character in a name: reading it line by line says where.
        }
        return false;
    }

    internal static bool IsArrayName(ref Utf8JsonReader reader)
    {
        foreach (var name in arrays)
            if (reader.ValueTextEquals(name))
                return true;
        return false;
    }

    /// <summary>A stream whose first bytes were read already.</summary>
    sealed class Preceded(ReadOnlyMemory<byte> first, Stream rest) : Stream
    {
        ReadOnlyMemory<byte> first = first;

        public override int Read(Span<byte> buffer)
        {
            if (first.IsEmpty)
                return rest.Read(buffer);
            var count = Math.Min(first.Length, buffer.Length);
            first.Span[..count].CopyTo(buffer);
            first = first[count..];
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
