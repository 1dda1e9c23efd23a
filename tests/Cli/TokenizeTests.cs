using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary><c>tokenize</c> and <c>template</c>, for people who compare with other programs.</summary>
public sealed class TokenizeTests(TinyFolder tiny) : IClassFixture<TinyFolder>, IDisposable
{
    readonly ScratchFolder scratch = new();

    string Write(string name, string content)
    {
        File.WriteAllText(scratch.File(name), content);
        return scratch.File(name);
    }

    static JsonNode Json(params string[] args)
    {
        var (code, output, error) = ProgramTests.Run([.. args, "--json"]);
        Assert.True(code == 0, error);
        return JsonNode.Parse(output)!;
    }

    static int[] Ids(JsonNode? list) => [.. list!.AsArray().Select(id => (int)id!)];

    [Fact]
    public void Each_text_of_a_list_gives_its_ids_and_what_they_decode_to()
    {
        var tokenizer = TextTokenizer.Load(tiny.Base);
        var results = Json("tokenize", "--tokenizer", tiny.Base, "--input", Write("texts.json", """["The cat</s> is é", "", "\ud83d\ude00"]""")).AsArray();
        string[] texts = ["The cat</s> is é", "", "\U0001F600"];
        Assert.Equal(texts, results.Select(r => (string)r!["decoded"]!));
        Assert.Equal(texts.Select(text => string.Join(' ', tokenizer.Encode(text, false))), results.Select(r => string.Join(' ', Ids(r!["ids"]))));
        Assert.Equal(texts.Select(text => string.Join(' ', tokenizer.Encode(text, true))), results.Select(r => string.Join(' ', Ids(r!["ids_with_special"]))));
        var (_, shown, _) = ProgramTests.Run("tokenize", "--tokenizer", tiny.Base, "--text", "The</s>");
        Assert.Matches(@"3-7 +""</s>"" +special", shown);
    }

    [Theory]
    [InlineData("{\"a\": 1}")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    [InlineData("null")]
    public void What_is_no_list_of_texts_is_refused(string json)
    {
        var (code, _, error) = ProgramTests.Run("tokenize", "--tokenizer", tiny.Base, "--input", Write("wrong.json", json));
        Assert.Equal(1, code);
        Assert.Contains("it is no JSON list of texts", error);
    }

    [Fact]
    public void A_template_writes_a_conversation_and_its_ids()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(scratch.File("only")).FullName, "chat_template.jinja"), "{{ messages[0].content }}{{ x }}{% if add_generation_prompt %}!{% endif %}");
        var messages = Write("messages.json", """[{"role": "user", "content": "The cat"}]""");
        string[] flags = ["template", "--tokenizer", scratch.File("only"), "--messages", messages, "--set", "x=[1, \"a\"]", "--add-generation-prompt"];
        var bare = Json(flags);
        Assert.Equal("The cat[1, 'a']!", (string)bare["text"]!);
        Assert.Null(bare["ids"]);
        foreach (var name in (string[])["tokenizer.json", "tokenizer_config.json"])
            File.Copy(Path.Combine(tiny.Base, name), Path.Combine(scratch.File("only"), name));
        Assert.Equal(TextTokenizer.Load(tiny.Base).Encode("The cat[1, 'a']!", false), Ids(Json(flags)["ids"]));
    }

    [Fact]
    public void What_a_template_raises_is_the_result_and_the_run_fails()
    {
        var messages = Write("messages.json", """{"messages": [{"role": "user", "content": "The cat"}]}""");
        var (code, output, error) = ProgramTests.Run("template", "--tokenizer", tiny.Base, "--messages", messages, "--chat-template", "\n{{ raise_exception('No ' + messages[0].role) }}", "--json");
        Assert.Equal(1, code);
        Assert.Equal("""{"error":"TemplateError: No user","line":2}""", output.Trim());
        Assert.StartsWith("error: chat_template: line 2: TemplateError: No user. ", error);
        Assert.Equal(2, ProgramTests.Run("template", "--tokenizer", tiny.Base, "--messages", messages, "--set", "x=").Code);
        Assert.Equal(2, ProgramTests.Run("template", "--tokenizer", tiny.Base, "--messages", messages, "--set", "x").Code);
    }

    public void Dispose() => scratch.Dispose();
}
