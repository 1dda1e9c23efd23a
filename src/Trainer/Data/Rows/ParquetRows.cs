using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;
using Parquet;
using Parquet.Serialization;

namespace PureLora;

/// <summary>
/// The records of a Parquet file, nested columns with them: a list of structs becomes an array of objects. Parquet cannot say
/// whether a value is absent or null, so null is absent. One row group is held at a time.
/// </summary>
static class ParquetRows
{
    public static IEnumerable<DataRow> Of(Stream stream, string path)
    {
        var groups = Guarded(path, async () =>
        {
            ParquetCheck.Footer(stream);
            await using var reader = await ParquetReader.CreateAsync(stream, leaveStreamOpen: true);
            foreach (var column in reader.Metadata!.RowGroups.SelectMany(group => group.Columns))
                if (column.MetaData is { } pages)
                    ParquetCheck.Pages(stream, pages);
            return reader.RowGroupCount;
        });
        var number = 0;
        for (var i = 0; i < groups; i++)
        {
            var rows = Guarded(path, async () => (await ParquetSerializer.DeserializeUntypedAsync(stream, rowGroupIndex: i)).Data);
            foreach (var row in rows)
                yield return DataRow.Of((JsonObject)Node(row)!, path, ++number);
        }
    }

    /// <summary>The library meets a damaged file with many kinds of exceptions.</summary>
    static T Guarded<T>(string path, Func<Task<T>> read)
    {
        try
        {
            return Task.Run(read).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not (PureLoraException or OutOfMemoryException))
        {
            throw new PureLoraException($"{path}: the Parquet file cannot be read ({e.Message.Split('\n')[0].TrimEnd('.')}). Download it again, or convert it to JSON Lines.", e);
        }
    }

    static JsonNode? Node(object? value)
    {
        switch (value)
        {
            case IDictionary members:
                var record = new JsonObject();
                foreach (DictionaryEntry member in members)
                    if (Node(member.Value) is { } inner)
                        record.Add((string)member.Key, inner);
                return record;
            case null: return null;
            case string text: return JsonValue.Create(text);
            case ReadOnlyMemory<char> text: return JsonValue.Create(text.ToString());
            case bool truth: return JsonValue.Create(truth);
            case double number: return double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(number.ToString(CultureInfo.InvariantCulture));
            case float number: return double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(number.ToString(CultureInfo.InvariantCulture));
            case byte[] bytes: return JsonValue.Create($"{bytes.Length} bytes");
            case sbyte or byte or short or ushort or int or uint or long: return JsonValue.Create(Convert.ToInt64(value, CultureInfo.InvariantCulture));
            case IEnumerable list: return new JsonArray([.. list.Cast<object?>().Select(item => Node(item))]);
            default: return JsonValue.Create(Convert.ToString(value, CultureInfo.InvariantCulture));
        }
    }
}
