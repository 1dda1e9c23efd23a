using System.Text.Json;

namespace PureLora.Tests;

public class TokenizeCommandTests
{
    static TokenizerFolder Folder() => new TokenizerFolder().With("tokenizer.json", TokenizerFolder.SmallByteLevel().ToJsonString())
        .With("tokenizer_config.json", """{"eos_token": "<end>", "add_eos_token": true}""");

    [Fact]
    public void A_list_of_texts_gives_a_list_of_ids()
    {
        using var folder = Folder();
        folder.With("texts.json", """["ab ab", "", "<end>é", "line\nbreak"]""");
        var (code, output, error) = ProgramTests.Run("tokenize", "--tokenizer", folder.Folder, "--input", Path.Combine(folder.Folder, "texts.json"), "--json");
        Assert.Equal((0, ""), (code, error));
        using var json = JsonDocument.Parse(output);
        Assert.Equal(
            ["[256,257] [256,257,258] ab ab", "[] [258] ", "[258,195,169] [258,195,169,258] <end>é", "[108,105,110,101,10,98,114,101,97,107] [108,105,110,101,10,98,114,101,97,107,258] line\nbreak"],
            json.RootElement.EnumerateArray().Select(item => $"{item.GetProperty("ids").GetRawText()} {item.GetProperty("ids_with_special").GetRawText()} {item.GetProperty("decoded").GetString()}"));
        folder.With("texts.json", "[]");
        Assert.Equal("[]\n", ProgramTests.Run("tokenize", "--tokenizer", folder.Folder, "--input", Path.Combine(folder.Folder, "texts.json"), "--json").Output);
    }

    [Fact]
    public void A_text_is_shown_token_by_token()
    {
        using var folder = Folder();
        var (code, output, _) = ProgramTests.Run("tokenize", "--tokenizer", folder.Folder, "--text", "ab é");
        Assert.Equal(0, code);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("5 tokens for 4 UTF-16 units", lines[0]);
        Assert.Equal(["256", "0-2", "\"ab\""], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("     195  3-4", lines[3]);
        Assert.EndsWith("special", lines[^1]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("[\"a\", null]")]
    [InlineData("[\"a\"")]
    [InlineData("")]
    public void What_is_no_list_of_texts_is_one_error(string input)
    {
        using var folder = Folder();
        string file = Path.Combine(folder.With("texts.json", input).Folder, "texts.json");
        var (code, _, error) = ProgramTests.Run("tokenize", "--tokenizer", folder.Folder, "--input", file, "--json");
        Assert.Equal(1, code);
        Assert.StartsWith($"error: {file}: it is no JSON list of texts (", error);
        Assert.EndsWith("but tokenize needs one. Write [\"...\", \"...\"].\n", error);
    }

    [Fact]
    public void A_long_list_is_read_and_written_as_it_comes()
    {
        using var folder = Folder();
        string file = Path.Combine(folder.Folder, "texts.json");
        File.WriteAllText(file, "[" + string.Join(",", Enumerable.Repeat("\"ab ab ab ab\"", 20_000)) + "]");
        string[] command = ["tokenize", "--tokenizer", folder.Folder, "--input", file, "--json"];
        var (_, output, _) = ProgramTests.Run(command);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(20_000, json.RootElement.GetArrayLength());
        Assert.Equal(20_000, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("--text and --input are both missing")]
    [InlineData("--text and --input are both given", "--text", "a", "--input", "b")]
    public void One_source_of_texts_is_needed(string message, params string[] arguments)
    {
        var (code, _, error) = ProgramTests.Run(["tokenize", "--tokenizer", ".", .. arguments]);
        Assert.Equal(2, code);
        Assert.Contains(message, error);
    }

    [Fact]
    public void Its_speed_is_measured()
    {
        using var folder = Folder();
        string file = Path.Combine(folder.With("text.txt", string.Concat(Enumerable.Repeat("ab ab abc\n", 2000))).Folder, "text.txt");
        var (code, output, _) = ProgramTests.Run("bench", "tokenize", "--tokenizer", folder.Folder, "--input", file, "--json");
        Assert.Equal(0, code);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(259, json.RootElement.GetProperty("vocabulary_size").GetInt32());
        Assert.True(json.RootElement.GetProperty("tokens_per_second").GetDouble() > 1000);
        Assert.Equal(new FileInfo(Path.Combine(folder.Folder, "tokenizer.json")).Length, json.RootElement.GetProperty("file_bytes").GetInt64());
    }
}
