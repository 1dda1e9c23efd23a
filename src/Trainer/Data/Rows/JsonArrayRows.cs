using System.Text.Json;
using System.Text.Unicode;

namespace PureLora;

/// <summary>
/// The objects of a JSON array, one after the other, with the line each begins on; the array may be the value of one
/// property of an outer object. The window over the file holds one object, and grows with the largest.
/// </summary>
sealed class JsonArrayRows(Stream stream, string path, int longest)
{
    byte[] window = new byte[1 << 16];
    int start, end, line = 1;
    Part part;
    int depth;
    bool whole, named;
    JsonReaderState state;

    public IEnumerable<DataRow> Rows()
    {
        Fill();
        if (window.AsSpan(start, end - start).StartsWith("\uFEFF"u8))
            start += 3;
        while (true)
        {
            var outcome = Next(out var row);
            if (outcome == Found.Row)
                yield return row;
            else if (outcome == Found.End)
                yield break;
            else
                Fill();
        }
    }

    enum Part { Before, Records, After }

    enum Found { Row, End, More }

    /// <summary>Reads on from <see cref="start"/> to the end of one record, of the file, or of what the window has.</summary>
    Found Next(out DataRow row)
    {
        row = default;
        try
        {
            var bytes = window.AsSpan(start, end - start);
            var reader = new Utf8JsonReader(bytes, whole, state);
            while (reader.Read())
            {
                if (part == Part.Records && !(reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == depth))
                {
                    var from = (int)reader.TokenStartIndex;
                    var first = line + bytes[..from].Count((byte)'\n');
                    if (reader.TokenType != JsonTokenType.StartObject)
                        throw new PureLoraException($"{path}:{first}: an entry of the array is {Named(reader.TokenType)}, but a data file needs JSON objects. Write {DataForm.Usual}.");
                    if (!reader.TrySkip())
                        return Found.More;
                    var to = (int)reader.BytesConsumed;
                    if (!Utf8.IsValid(bytes[from..to]))
                        throw JsonRows.NotUtf8($"{path}:{first}");
                    row = new DataRow(bytes[from..to].ToArray(), path, first);
                    Advance(ref reader);
                    return Found.Row;
                }
                var before = part;
                if (part == Part.Records)
                    part = Part.After;
                else if (part == Part.Before && reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                    named = JsonRows.IsArrayName(ref reader);
                else if (part == Part.Before && reader.TokenType == JsonTokenType.StartArray && (reader.CurrentDepth == 0 || reader.CurrentDepth == 1 && named))
                    (part, depth) = (Part.Records, reader.CurrentDepth);
                if (part != before)
                {
                    Advance(ref reader);
                    return Next(out row);
                }
            }
            Advance(ref reader);
            return whole ? Found.End : Found.More;
        }
        catch (JsonException cause)
        {
            throw new PureLoraException($"{path}:{(cause.LineNumber ?? 0) + 1}: the JSON is broken at byte {(cause.BytePositionInLine ?? 0) + 1} of the line, but a data file needs one whole array of objects. Correct it there.", cause);
        }
        catch (InvalidOperationException cause)
        {
            throw DataRow.HalfCharacter($"{path}:{line}", cause);
        }
    }

    void Advance(ref Utf8JsonReader reader)
    {
        var consumed = (int)reader.BytesConsumed;
        line += window.AsSpan(start, consumed).Count((byte)'\n');
        start += consumed;
        state = reader.CurrentState;
    }

    void Fill()
    {
        if (end - start > longest)
            throw new PureLoraException($"{path}:{line}: a record is longer than {longest} bytes, but that is the most one may have. Check the file's brackets.");
        if (start > 0)
        {
            System.Buffer.BlockCopy(window, start, window, 0, end - start);
            (start, end) = (0, end - start);
        }
        if (end == window.Length)
            Array.Resize(ref window, window.Length * 2);
        var read = stream.ReadAtLeast(window.AsSpan(end), window.Length - end, throwOnEndOfStream: false);
        whole = end + read < window.Length;
        end += read;
    }

    static string Named(JsonTokenType token) => token switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "true or false",
    };
}
