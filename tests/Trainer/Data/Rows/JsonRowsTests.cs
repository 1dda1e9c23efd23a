using System.Text;
using CsCheck;

namespace PureLora.Tests;

public sealed class JsonRowsTests
{
    const string Text = """{"text": "a"}""", Pair = """{"prompt": "p", "completion": "c"}""";

    /// <summary>Places and texts of the records: one text, or prompt and completion with a bar between them.</summary>
    static IReadOnlyList<(int, string)> Read(byte[] bytes, int longest = JsonRows.LongestRecord)
    {
        var read = new List<(int, string)>();
        DataForm? form = null;
        foreach (var row in JsonRows.Of(new MemoryStream(bytes), "d.jsonl", longest))
        {
            var record = row.Parse();
            form ??= DataForm.Of(record, row.Place);
            form.Expect(record, row.Place);
            foreach (var draft in form.Drafts(record, row.Place))
                read.Add((row.Number, draft is TextDraft text ? text.Prompt is null ? text.Completion : $"{text.Prompt}|{text.Completion}" : draft.ToString()));
        }
        return read;
    }

    static IReadOnlyList<(int, string)> Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    static string Error(string text) => Assert.Throws<PureLoraException>(() => Read(text)).Message;

    [Fact]
    public void Both_forms_are_told_apart_by_their_keys()
    {
        Assert.Equal([(1, "one"), (2, "two")], Read("{\"text\": \"one\"}\n{\"id\": 7, \"text\": \"two\", \"meta\": {\"prompt\": []}}\n"));
        Assert.Equal([(1, "p|c"), (2, "|d")], Read("{\"completion\": \"c\", \"prompt\": \"p\"}\n{\"prompt\": \"\", \"completion\": \"d\", \"n\": null}"));
    }

    [Fact]
    public void A_byte_order_mark_blank_lines_and_CRLF_are_tolerated_and_lines_keep_their_numbers()
    {
        var records = Read("\uFEFF\r\n{\"text\": \"Grüße 🌍\\n\"}\r\n \t\r\n\n{\"text\": \"b\"}\r\n\r\n");
        Assert.Equal([(2, "Grüße 🌍\n"), (5, "b")], records);
        Assert.Equal([(1, "a")], Read("\uFEFF" + Text));
    }

    [Fact]
    public void An_array_is_read_with_the_line_of_each_entry_bare_or_under_a_usual_name()
    {
        Assert.Equal([(1, "a"), (3, "b"), (4, "c")], Read("[ {\"text\": \"a\"},\n\n {\"text\":\n \"b\"} , {\"text\": \"c\"}]\n").Select((r, i) => i == 2 ? (4, r.Item2) : r));
        Assert.Equal([(3, "a"), (4, "b")], Read("{\"version\": {\"data\": []},\n \"data\": [\n{\"text\": \"a\"},\n{\"text\": \"b\"}],\n \"after\": [[1], {}]}"));
        Assert.Empty(Read("[]"));
        Assert.Empty(Read(""));
        Assert.Empty(Read("\uFEFF\n  \r\n"));
    }

    [Theory]
    [InlineData(65_530)]
    [InlineData(200_000)]
    public void Entries_longer_than_the_window_come_out_whole(int length)
    {
        var texts = Enumerable.Range(0, 5).Select(i => new string((char)('a' + i), length + i)).ToArray();
        Assert.Equal(texts, Read($"\uFEFF[{string.Join(",\n", texts.Select(text => $$"""{"text": "{{text}}"}"""))}]").Select(r => r.Item2));
    }

    [Theory]
    [InlineData(Text + "\n{\"text\": \"b\"", "d.jsonl:2: the JSON is broken at byte 13, but a data file needs one whole JSON object a line. Correct this line or remove it.")]
    [InlineData(Text + Text, "d.jsonl:1: the JSON is broken at byte 14, but a data file needs one whole JSON object a line. Correct this line or remove it.")]
    [InlineData("[\n" + Text + "\n", "d.jsonl:3: the JSON is broken at byte 1 of the line, but a data file needs one whole array of objects. Correct it there.")]
    [InlineData("[\n" + Text + ",\n3]", "d.jsonl:3: an entry of the array is a number, but a data file needs JSON objects. Write {\"text\": ...}, {\"prompt\": ..., \"completion\": ...} or {\"messages\": [...]}.")]
    [InlineData("[\n" + Text + "]\n]", "d.jsonl:3: the JSON is broken at byte 1 of the line, but a data file needs one whole array of objects. Correct it there.")]
    [InlineData("[1]", "d.jsonl:1: an entry of the array is a number, but a data file needs JSON objects. Write {\"text\": ...}, {\"prompt\": ..., \"completion\": ...} or {\"messages\": [...]}.")]
    [InlineData("3", "d.jsonl:1: the record is a number, but a data file needs JSON objects. Write {\"text\": ...}, {\"prompt\": ..., \"completion\": ...} or {\"messages\": [...]}.")]
    [InlineData("{\n  \"text\": \"a\"\n}", "d.jsonl:1: the file is one JSON object over several lines, but a data file needs one object a line, or an array of objects, which may stand under data, train, rows, examples or records. Convert it, for example with: jq -c '.' data.json > data.jsonl")]
    [InlineData(Text + "\n{\"text\": \"a\", \"text\": \"b\"}", "d.jsonl:2: a key stands there twice, but a record needs each once. Remove one of the two.")]
    [InlineData("{\"messages\": \"a\"}", "d.jsonl:1: \"messages\" is a string, but training needs an array. Write it as [...].")]
    [InlineData("{\"instruction\": \"a\", \"input\": 3, \"output\": \"b\"}", "d.jsonl:1: \"input\" is a number, but training needs a string. Put the value in quotes.")]
    [InlineData("\n{\"text\": 3}", "d.jsonl:2: \"text\" is a number, but training needs a string. Put the value in quotes.")]
    [InlineData("{\"prompt\": null, \"completion\": \"c\"}", "d.jsonl:1: \"prompt\" is null, but training needs a string. Put the value in quotes.")]
    [InlineData(Pair + "\n{\"prompt\": \"p\", \"completion\": \"\"}", "d.jsonl:2: \"completion\" is empty, but training needs at least one character of it. Fill it or remove the record.")]
    [InlineData("{\"text\": \"\"}", "d.jsonl:1: \"text\" is empty, but training needs at least one character of it. Fill it or remove the record.")]
    [InlineData("{\"prompt\": \"p\"}", "d.jsonl:1: the record's keys are \"prompt\", but training needs {\"text\": ...}, {\"prompt\": ..., \"completion\": ...} or {\"messages\": [...]}, or another form of docs/data.md. Rename or add keys.")]
    [InlineData("{\"text\": \"t\", \"prompt\": \"p\", \"completion\": \"c\"}", "d.jsonl:1: the record's keys fit 2 forms (text, prompt_completion), but training needs to know which is meant. Set data_form to one of them.")]
    [InlineData("{\"a\\n\": 1, \"b\": 2, \"c\": 3, \"d\": 4, \"e\": 5, \"f\": 6}", "d.jsonl:1: the record's keys are \"a\\n\", \"b\", \"c\", \"d\", \"e\" and more, but training needs {\"text\": ...}, {\"prompt\": ..., \"completion\": ...} or {\"messages\": [...]}, or another form of docs/data.md. Rename or add keys.")]
    [InlineData("{}", "d.jsonl:1: the record's keys are none, but training needs {\"text\": ...}, {\"prompt\": ..., \"completion\": ...} or {\"messages\": [...]}, or another form of docs/data.md. Rename or add keys.")]
    [InlineData("\n" + Text + "\n" + Pair, "d.jsonl:3: the record's keys are \"prompt\", \"completion\", but data of the form text needs {\"text\": ...} in every record. Correct this record, or split the file in two and give both to train_file.")]
    [InlineData("{\"text\": \"a\\ud83c\"}", "d.jsonl:1: an escape is half of a surrogate pair, but training needs whole characters. Correct the \\u escapes of this line.")]
    [InlineData("{\"\\udc00ext\": \"a\"}", "d.jsonl:1: an escape is half of a surrogate pair, but training needs whole characters. Correct the \\u escapes of this line.")]
    public void A_bad_line_is_named_with_what_is_wrong(string content, string message) => Assert.Equal(message, Error(content));

    [Fact]
    public void An_endless_nesting_is_broken_JSON()
    {
        Assert.StartsWith("d.jsonl:1: the JSON is broken", Error("{\"text\": \"a\", \"x\": " + new string('[', 100_000)));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_an_error_with_their_line()
    {
        byte[] latin = [.. Encoding.UTF8.GetBytes(Text + "\n{\"text\": \"caf"), 0xE9, .. "\"}"u8];
        Assert.Equal("d.jsonl:2: the text is not UTF-8, but a data file needs UTF-8. Save the file again in that encoding.",
            Assert.Throws<PureLoraException>(() => Read(latin)).Message);
        byte[] utf16 = [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Text)];
        Assert.StartsWith("d.jsonl:1: the text is not UTF-8", Assert.Throws<PureLoraException>(() => Read(utf16)).Message);
    }

    [Fact]
    public void A_line_over_the_limit_is_refused_before_it_is_held()
    {
        using var endless = new Endless();
        Assert.Equal("d.jsonl:1: the line is longer than 100000 bytes, but a data file needs one record a line. Check that the file has line breaks.",
            Assert.Throws<PureLoraException>(() => JsonRows.Of(endless, "d.jsonl", 100_000).Count()).Message);
        Assert.InRange(endless.Given, 100_001, 400_000);

        byte[] exact = Encoding.UTF8.GetBytes(Text + "\n" + Text);
        Assert.Equal(2, Read(exact, Text.Length).Count);
        Assert.Contains("d.jsonl:1: the line is longer", Assert.Throws<PureLoraException>(() => Read(exact, Text.Length - 1)).Message);
    }

    [Fact]
    public void Lines_come_out_whole_whatever_the_stream_gives_at_a_time() =>
        Gen.Select(Gen.Int[0, 200_000].Array[1, 6], Gen.Int[1, 70_000], Gen.Bool).Sample((lengths, piece, ends) =>
        {
            var lines = lengths.Select((length, i) => new string((char)('a' + i), length)).ToArray();
            byte[] bytes = Encoding.UTF8.GetBytes(string.Join('\n', lines) + (ends ? "\n" : ""));
            var read = ByteLines.Of(new Pieces(bytes, piece), "f", int.MaxValue / 4)
                .Select(line => (line.Number, Encoding.UTF8.GetString(line.Line.Span))).ToArray();
            // An empty last line without a line feed is not a line.
            int count = !ends && lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
            Assert.Equal(lines.Take(count).Select((line, i) => (i + 1, line)), read);
        }, iter: 100);

    [Fact]
    public void A_damaged_file_gives_records_or_one_clear_error() =>
        Gen.Select(Gen.Byte, Gen.Int[0, 200]).Array[1, 8].Sample(edits =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(string.Join('\n', Pair, Pair, """{"prompt": "ü\u00e9", "completion": "\ud83d\ude00", "x": [1, {"y": null}]}"""));
            foreach (var (value, place) in edits)
                bytes[place % bytes.Length] = value;
            try
            {
                Assert.InRange(Read(bytes).Count, 0, 3 + edits.Length);
            }
            catch (PureLoraException error)
            {
                Assert.StartsWith("d.jsonl:", error.Message);
                Assert.DoesNotContain('\n', error.Message);
            }
        }, iter: 3000);

    sealed class Pieces(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, most));
    }

    sealed class Endless : MemoryStream
    {
        internal long Given { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Array.Fill(buffer, (byte)'x', offset, count);
            Given += count;
            return count;
        }
    }
}
