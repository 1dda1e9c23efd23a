using System.Text;
using CsCheck;

namespace PureLora.Tests;

public sealed class JsonLinesTests
{
    const string Text = """{"text": "a"}""", Pair = """{"prompt": "p", "completion": "c"}""";

    static IReadOnlyList<TextRecord> Read(byte[] bytes, int longest = JsonLines.LongestLine) =>
        JsonLines.Read(new MemoryStream(bytes), "d.jsonl", longest);

    static IReadOnlyList<TextRecord> Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    static string Error(string text) => Assert.Throws<PureLoraException>(() => Read(text)).Message;

    [Fact]
    public void Both_forms_are_told_apart_by_their_keys()
    {
        Assert.Equal([new(1, null, "one"), new(2, null, "two")], Read("{\"text\": \"one\"}\n{\"id\": 7, \"text\": \"two\", \"meta\": {\"prompt\": []}}\n"));
        Assert.Equal([new(1, "p", "c"), new(2, "", "d")], Read("{\"completion\": \"c\", \"prompt\": \"p\"}\n{\"prompt\": \"\", \"completion\": \"d\", \"n\": null}"));
    }

    [Fact]
    public void A_byte_order_mark_blank_lines_and_CRLF_are_tolerated_and_lines_keep_their_numbers()
    {
        var records = Read("\uFEFF\r\n{\"text\": \"Grüße 🌍\\n\"}\r\n \t\r\n\n{\"text\": \"b\"}\r\n\r\n");
        Assert.Equal([new(2, null, "Grüße 🌍\n"), new(5, null, "b")], records);
        Assert.Equal([new(1, null, "a")], Read("\uFEFF" + Text));
    }

    [Theory]
    [InlineData("", "d.jsonl: the number of records is 0, but training needs at least 1. Write one JSON object a line, {\"text\": ...} or {\"prompt\": ..., \"completion\": ...}.")]
    [InlineData("\uFEFF\n  \r\n", "d.jsonl: the number of records is 0, but training needs at least 1. Write one JSON object a line, {\"text\": ...} or {\"prompt\": ..., \"completion\": ...}.")]
    [InlineData(Text + "\n{\"text\": \"b\"", "d.jsonl:2: the JSON is broken at byte 13, but a data file needs one whole JSON object a line. Correct this line or remove it.")]
    [InlineData(Text + Text, "d.jsonl:1: the JSON is broken at byte 14, but a data file needs one whole JSON object a line. Correct this line or remove it.")]
    [InlineData("[" + Text + "]", "d.jsonl:1: the line is an array, but a data file needs one JSON object a line. Convert it, for example with: jq -c '.[]' data.json > data.jsonl")]
    [InlineData("[\n" + Text + "\n]", "d.jsonl:1: the file is one JSON array, but a data file needs one JSON object a line. Convert it, for example with: jq -c '.[]' data.json > data.jsonl")]
    [InlineData("{\n  \"text\": \"a\"\n}", "d.jsonl:1: the file is one JSON object over several lines, but a data file needs one JSON object a line. Convert it, for example with: jq -c '.' data.json > data.jsonl")]
    [InlineData(Text + "\n{\"text\": \"a\", \"text\": \"b\"}", "d.jsonl:2: a key stands there twice, but a record needs each once. Remove one of the two.")]
    [InlineData("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}", "d.jsonl:1: the record is a chat (messages), which is not supported yet; training needs {\"text\": ...} or {\"prompt\": ..., \"completion\": ...}. Write the turns before the last answer into \"prompt\", with the model's own marks around them, and that answer into \"completion\".")]
    [InlineData("{\"instruction\": \"a\", \"input\": \"\", \"output\": \"b\"}", "d.jsonl:1: the record is an instruction with its output (Alpaca), which is not supported yet; training needs {\"text\": ...} or {\"prompt\": ..., \"completion\": ...}. Convert it, for example with: jq -c '{prompt: (.instruction + \"\\n\" + (.input // \"\")), completion: .output}' data.jsonl > new.jsonl")]
    [InlineData("\n{\"text\": 3}", "d.jsonl:2: \"text\" is a number, but training needs a string. Put the value in quotes.")]
    [InlineData("{\"prompt\": null, \"completion\": \"c\"}", "d.jsonl:1: \"prompt\" is null, but training needs a string. Put the value in quotes.")]
    [InlineData(Pair + "\n{\"prompt\": \"p\", \"completion\": \"\"}", "d.jsonl:2: \"completion\" is empty, but training needs at least one character of it. Fill it or remove the line.")]
    [InlineData("{\"text\": \"\"}", "d.jsonl:1: \"text\" is empty, but training needs at least one character of it. Fill it or remove the line.")]
    [InlineData("{\"prompt\": \"p\"}", "d.jsonl:1: the record's keys are \"prompt\", but training needs {\"text\": ...} or {\"prompt\": ..., \"completion\": ...}, and not both. Rename or add keys.")]
    [InlineData("{\"text\": \"t\", \"prompt\": \"p\", \"completion\": \"c\"}", "d.jsonl:1: the record's keys are \"text\", \"prompt\", \"completion\", but training needs {\"text\": ...} or {\"prompt\": ..., \"completion\": ...}, and not both. Rename or add keys.")]
    [InlineData("{\"a\\n\": 1, \"b\": 2, \"c\": 3, \"d\": 4, \"e\": 5, \"f\": 6}", "d.jsonl:1: the record's keys are \"a\\n\", \"b\", \"c\", \"d\", \"e\" and more, but training needs {\"text\": ...} or {\"prompt\": ..., \"completion\": ...}, and not both. Rename or add keys.")]
    [InlineData("{}", "d.jsonl:1: the record's keys are none, but training needs {\"text\": ...} or {\"prompt\": ..., \"completion\": ...}, and not both. Rename or add keys.")]
    [InlineData("\n" + Text + "\n" + Pair, "d.jsonl:3: the record is {\"prompt\": ..., \"completion\": ...}, but the first one, at line 2, is {\"text\": ...} and a file needs one form. Split the file in two.")]
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
            Assert.Throws<PureLoraException>(() => JsonLines.Read(endless, "d.jsonl", 100_000)).Message);
        Assert.InRange(endless.Given, 100_001, 400_000);

        byte[] exact = Encoding.UTF8.GetBytes(Text + "\n" + Text);
        Assert.Equal(2, Read(exact, Text.Length).Count);
        Assert.Contains("d.jsonl:1: the line is longer", Assert.Throws<PureLoraException>(() => Read(exact, Text.Length - 1)).Message);
    }

    [Fact]
    public void A_missing_file_or_a_folder_is_an_error()
    {
        string folder = Directory.CreateTempSubdirectory("purelora-jsonl").FullName;
        try
        {
            string missing = Path.Combine(folder, "none.jsonl"), there = Path.Combine(folder, "there.jsonl");
            Assert.StartsWith($"{missing}: the data file is missing, but training needs it. Check the path", Assert.Throws<PureLoraException>(() => JsonLines.Read(missing)).Message);
            Assert.Equal($"{folder}: the data file is a folder, but training needs a JSON Lines file. Name one file in it.", Assert.Throws<PureLoraException>(() => JsonLines.Read(folder)).Message);
            File.WriteAllText(there, Pair);
            Assert.Equal([new(1, "p", "c")], JsonLines.Read(there));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [SkippableTheory]
    [InlineData("e2e", true)]
    [InlineData("tinystories", false)]
    public void Real_data_sets_are_read_whole(string name, bool prompts)
    {
        string? fixtures = Environment.GetEnvironmentVariable("PURELORA_FIXTURES");
        Skip.If(fixtures is null, "PURELORA_FIXTURES names no folder with data/");
        string path = Path.Combine(fixtures!, "data", name, "train.jsonl");
        var records = JsonLines.Read(path);
        Assert.Equal(File.ReadLines(path).Count(line => line.Trim().Length > 0), records.Count);
        Assert.All(records, record => Assert.Equal(prompts, record.Prompt is not null));
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
                Assert.InRange(Read(bytes).Count, 1, 3 + edits.Length);
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
