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
    /// <summary>A file smaller than this may still declare as many values as one of this size.</summary>
    const long Smallest = 1 << 20;

    public static IEnumerable<DataRow> Of(Stream stream, string path)
    {
        var most = TimeSpan.FromSeconds(5 + stream.Length / 100_000);
        var groups = Guarded(path, most, async () =>
        {
            await using var reader = await ParquetReader.CreateAsync(stream, leaveStreamOpen: true);
            foreach (var group in reader.Metadata!.RowGroups)
                foreach (var column in group.Columns)
                    if (column.MetaData is { } values && (values.NumValues < 0 || 2 * values.NumValues > Math.Max(stream.Length, Smallest)))
                        throw new PureLoraException($"{path}: a column says that it has {values.NumValues} values, but the file has only {stream.Length} bytes. Download the file again.");
            return reader.RowGroupCount;
        });
        var number = 0;
        for (var i = 0; i < groups; i++)
        {
            var rows = Guarded(path, most, async () => (await ParquetSerializer.DeserializeUntypedAsync(stream, rowGroupIndex: i)).Data);
            foreach (var row in rows)
                yield return DataRow.Of((JsonObject)Node(row)!, path, ++number);
        }
    }

    /// <summary>The library meets a damaged file with many kinds of exceptions.</summary>
    static T Guarded<T>(string path, TimeSpan most, Func<Task<T>> read)
    {
        try
        {
            // The library never ends on some damaged pages; its thread is then left to itself.
            var result = Task.Factory.StartNew(read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
            if (Task.WaitAny([result], most) < 0)
                throw new PureLoraException($"{path}: the Parquet file cannot be read in {most.TotalSeconds:F0} s, which its size should take less of. Download it again, or convert it to JSON Lines.");
            return result.GetAwaiter().GetResult();
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
