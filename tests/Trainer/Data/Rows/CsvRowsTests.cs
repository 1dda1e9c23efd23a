using System.Text;
using CsCheck;

namespace PureLora.Tests;

public sealed class CsvRowsTests
{
    static string[] Read(string text) => [.. CsvRows.Of(new MemoryStream(Encoding.UTF8.GetBytes(text)), "d.csv").Select(row => $"{row.Number} {row.Parse()}")];

    static string Error(string text) => Assert.Throws<PureLoraException>(() => Read(text)).Message;

    [Theory]
    [InlineData(',')]
    [InlineData(';')]
    [InlineData('\t')]
    public void Quoted_fields_hold_delimiters_quotes_and_line_breaks(char delimiter)
    {
        var rows = Read($"\uFEFFprompt{delimiter}\"the, completion; a\tb\"\r\nx{delimiter}\"say \"\"hi\"\"{delimiter}\ntwice\"\r\n\r\n{delimiter}y");
        Assert.Equal(2, rows.Length);
        Assert.Equal($$"""2 {"prompt":"x","the, completion; a\tb":"say \u0022hi\u0022{{(delimiter == '\t' ? "\\t" : delimiter)}}\ntwice"}""", rows[0]);
        Assert.Equal("""5 {"prompt":"","the, completion; a\tb":"y"}""", rows[1]);
    }

    [Fact]
    public void A_first_line_of_a_million_other_delimiters_is_read_in_time()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Contains("stands there twice", Error(new string(';', 1 << 20) + new string(',', (1 << 20) + 1) + "\n"));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
    }

    [Fact]
    public void A_column_of_JSON_counts_as_that_JSON()
    {
        Assert.Equal("""2 {"messages":[{"role":"user"}],"n":"[1"}""", Assert.Single(Read("messages,n\n\"[{\"\"role\"\": \"\"user\"\"}]\",[1")));
        Assert.Equal("""2 {"completion":"[1, 2]","text":"{}"}""", Assert.Single(Read("completion,text\n\"[1, 2]\",{}")));
        Assert.Empty(Read(""));
        Assert.Empty(Read("text\n"));
    }

    [Theory]
    [InlineData("text,n\na", "d.csv:2: the number of fields is 1, but the first line names 2 columns. Put a field that has a delimiter or a line break in it into double quotes.")]
    [InlineData("text\n\"a", "d.csv:2: a quoted field is open at the end of the file, but it needs its closing quote. Check the quotes of this record.")]
    [InlineData("text\n\"a\"b", "d.csv:2: text follows the closing quote of a field, but a delimiter needs to. Double the quotes that belong to the text.")]
    [InlineData("a,a\n1,2", "d.csv:1: the column \"a\" stands there twice, but a column needs its own name. Rename one of the two.")]
    [InlineData("0.0,5\n1,2", "d.csv:1: the first line is 2 numbers, but a CSV file needs the names of its columns there, such as text, or prompt and completion. A table of numbers is no text to train on; add a line of names if a column of this one is.")]
    public void A_bad_file_is_named_with_what_is_wrong(string text, string message) => Assert.Equal(message, Error(text));

    [Fact]
    public void What_is_not_UTF8_is_refused() =>
        Assert.StartsWith("d.csv:", Assert.Throws<PureLoraException>(() => CsvRows.Of(new MemoryStream([.. "text\ncaf"u8, 0xE9]), "d.csv").Count()).Message);

    [Fact]
    public void Any_table_comes_back_as_it_was_written() =>
        Gen.Select(Gen.Int[1, 4], Gen.Char["ab,;\t\"\n é"].Array[0, 8].Select(c => new string(c)).Array[4, 20], Gen.Char[",;\t"]).Sample((columns, values, delimiter) =>
        {
            string Quote(string field) => $"\"{field.Replace("\"", "\"\"")}\"";
            var table = values.Where(value => value is not ['[' or '{', ..]).Chunk(columns).Where(row => row.Length == columns).ToArray();
            var text = string.Join("\r\n", new[] { string.Join(delimiter, Enumerable.Range(0, columns).Select(i => $"c{i}")) }.Concat(table.Select(row => string.Join(delimiter, row.Select(Quote)))));
            var read = CsvRows.Of(new MemoryStream(Encoding.UTF8.GetBytes(text)), "d.csv").Select(row => row.Parse().EnumerateObject().Select(member => member.Value.GetString()!).ToArray()).ToArray();
            // A record of one empty field is a blank line.
            Assert.Equal(table.Where(row => row is not [""]), read);
        });

    [Fact]
    public void A_damaged_file_gives_records_or_one_clear_error() =>
        Gen.Select(Gen.Byte, Gen.Int[0, 60]).Array[1, 6].Sample(edits =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes("prompt,completion\n\"a, b\",\"c\"\"d\"\ne,f\n\"é\",\"[1, 2]\"\n");
            foreach (var (value, place) in edits)
                bytes[place % bytes.Length] = value;
            try
            {
                Assert.InRange(CsvRows.Of(new MemoryStream(bytes), "d.csv").Count(row => row.Parse().ValueKind > 0), 0, 9);
            }
            catch (PureLoraException error)
            {
                Assert.StartsWith("d.csv:", error.Message);
            }
        }, iter: 3000);
}
