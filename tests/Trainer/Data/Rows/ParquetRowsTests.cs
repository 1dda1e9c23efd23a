using CsCheck;
using Parquet;
using Parquet.Schema;
using Parquet.Serialization;

namespace PureLora.Tests;

public sealed class ParquetRowsTests
{
    static readonly ParquetSchema schema = new(
        new DataField<string>("prompt"),
        new ListField("messages", new StructField("element", new DataField<string>("role"), new DataField<string>("content"), new DataField<double?>("weight"))),
        new ListField("input_ids", new DataField<long?>("element")),
        new DataField<bool?>("flag"));

    /// <summary>Five records in groups of two, as Hugging Face lays out chats; the third has no prompt, the fourth no messages.</summary>
    static byte[] File()
    {
        var rows = Enumerable.Range(0, 5).Select(i => (IDictionary<string, object?>)new Dictionary<string, object?>
        {
            ["prompt"] = i == 2 ? null : $"p{i}",
            ["messages"] = i == 3 ? null : new List<IDictionary<string, object?>>
            {
                new Dictionary<string, object?> { ["role"] = "user", ["content"] = $"é{i}", ["weight"] = null },
                new Dictionary<string, object?> { ["role"] = "assistant", ["content"] = "b", ["weight"] = 1.0 },
            },
            ["input_ids"] = new List<long?> { 1, i },
            ["flag"] = true,
        }).ToList();
        var stream = new MemoryStream();
        Task.Run(() => ParquetSerializer.SerializeUntypedAsync(rows, schema, stream, new ParquetOptions { RowGroupSize = 2 })).GetAwaiter().GetResult();
        return stream.ToArray();
    }

    static string[] Read(byte[] bytes) => [.. ParquetRows.Of(new MemoryStream(bytes), "d.parquet").Select(row => $"{row.Number} {row.Parse()}")];

    [Fact]
    public void Nested_columns_come_out_as_JSON_and_null_as_absent()
    {
        var rows = Read(File());
        Assert.Equal(5, rows.Length);
        Assert.Equal("""1 {"prompt":"p0","messages":[{"role":"user","content":"\u00E90"},{"role":"assistant","content":"b","weight":1}],"input_ids":[1,0],"flag":true}""", rows[0]);
        Assert.StartsWith("""3 {"messages":""", rows[2]);
        Assert.Equal("""4 {"prompt":"p3","input_ids":[1,3],"flag":true}""", rows[3]);
    }

    [Fact]
    public void A_damaged_file_gives_records_or_one_clear_error()
    {
        var whole = File();
        Gen.Select(Gen.Byte, Gen.Int[0, whole.Length - 1]).Array[1, 6].Sample(edits =>
        {
            byte[] bytes = [.. whole];
            foreach (var (value, place) in edits)
                bytes[place] = value;
            try
            {
                Assert.InRange(Read(bytes).Length, 0, 100);
            }
            catch (PureLoraException error)
            {
                Assert.StartsWith("d.parquet:", error.Message);
                Assert.DoesNotContain('\n', error.Message);
            }
        }, iter: 500, threads: 1);
        Assert.Equal("d.parquet", Assert.Throws<PureLoraException>(() => Read(whole[..(whole.Length / 2)])).Message.Split(':')[0]);
        Assert.Equal("d.parquet", Assert.Throws<PureLoraException>(() => Read([])).Message.Split(':')[0]);
    }
}
