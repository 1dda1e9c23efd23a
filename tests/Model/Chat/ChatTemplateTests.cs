using System.Text.Json;

namespace PureLora.Tests;

public class ChatTemplateTests
{
    static ChatInput Input(string messages = """[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello! "}]""") => new(JsonDocument.Parse(messages).RootElement);

    static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    [Fact]
    public void A_folder_without_a_template_has_none()
    {
        using var folder = new ScratchFolder();
        Assert.Null(ChatTemplate.Load(folder.Path));
        File.WriteAllText(folder.File("tokenizer_config.json"), """{"bos_token": "<s>"}""");
        Assert.Null(ChatTemplate.Load(folder.Path));
        var e = Assert.Throws<PureLoraException>(() => ChatTemplate.Load(folder.Path, "rag"));
        Assert.Equal($"{folder.Path}: the chat template 'rag' is missing, but there is none at all. Name one of those.", e.Message);
    }

    [Fact]
    public void The_file_of_its_own_comes_first_then_the_processors_then_the_tokenizers()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), """{"chat_template": "config"}""");
        Assert.Equal("config", ChatTemplate.Load(folder.Path)!.Source);
        File.WriteAllText(folder.File("chat_template.json"), """{"chat_template": "json"}""");
        Assert.Equal("json", ChatTemplate.Load(folder.Path)!.Source);
        File.WriteAllText(folder.File("chat_template.jinja"), "jinja");
        Directory.CreateDirectory(folder.File("additional_chat_templates"));
        File.WriteAllText(folder.File(Path.Combine("additional_chat_templates", "rag.jinja")), "rag");
        Assert.Equal("jinja", ChatTemplate.Load(folder.Path)!.Source);
        Assert.Equal("rag", ChatTemplate.Load(folder.Path, "rag")!.Source);
        Assert.Contains("but there is 'default', 'rag'. Name", Assert.Throws<PureLoraException>(() => ChatTemplate.Load(folder.Path, "x")).Message);
    }

    [Fact]
    public void With_tools_the_template_for_tools_renders()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), """{"chat_template": [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "{{ tools | length }} tools"}]}""");
        var template = ChatTemplate.Load(folder.Path)!;
        Assert.Equal("plain", template.Render(Input()).Text);
        Assert.Equal("2 tools", template.Render(Input() with { Tools = Json("[1, 2]") }).Text);
        Assert.Equal("plain", ChatTemplate.Load(folder.Path, "default")!.Render(Input() with { Tools = Json("[1]") }).Text);
    }

    [Fact]
    public void Special_tokens_are_variables_and_the_callers_own_stand_over_them()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder.File("chat_template.jinja"), "{{ bos_token }}{{ eos_token }}{{ pad_token is defined }}{{ image_token }}{{ additional_special_tokens }}{{ cls_token }}");
        File.WriteAllText(folder.File("tokenizer_config.json"), """
            {"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>", "pad_token": null, "added_tokens_decoder": {},
             "extra_special_tokens": {"image_token": "<img>"}, "additional_special_tokens": ["<x>", {"content": "<y>"}]}
            """);
        File.WriteAllText(folder.File("special_tokens_map.json"), """{"eos_token": "<other>", "cls_token": {"content": "<cls>"}}""");
        Assert.Equal("<s></s>False<img>['<x>', '<y>']<cls>", ChatTemplate.Load(folder.Path)!.Render(Input()).Text);
        var own = Input() with { Variables = new Dictionary<string, JsonElement> { ["bos_token"] = Json("\"<own>\"") } };
        Assert.StartsWith("<own></s>", ChatTemplate.Load(folder.Path)!.Render(own).Text);
    }

    [Theory]
    [InlineData("chat_template.jinja", new byte[] { 0xFF, 0x41 }, "cannot be read")]
    [InlineData("tokenizer_config.json", new byte[] { (byte)'{' }, "is not valid JSON")]
    public void Broken_files_are_refused_by_name(string name, byte[] content, string reason)
    {
        using var folder = new ScratchFolder();
        File.WriteAllBytes(folder.File(name), content);
        var e = Assert.Throws<PureLoraException>(() => ChatTemplate.Load(folder.Path));
        Assert.Contains(name, e.Message);
        Assert.Contains(reason, e.Message);
    }

    [Theory]
    [InlineData("""{"chat_template": 3}""", "chat_template is 3")]
    [InlineData("""{"chat_template": [{"name": "default"}]}""", "without \"template\"")]
    [InlineData("""{"chat_template": "", "bos_token": [1]}""", "bos_token is a list")]
    public void Wrong_types_are_refused_by_key(string config, string reason)
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), config);
        Assert.Contains(reason, Assert.Throws<PureLoraException>(() => ChatTemplate.Load(folder.Path)).Message);
    }

    [Fact]
    public void What_the_template_raises_is_told_with_its_line()
    {
        var e = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{% if messages|length % 2 == 0 %}\n{{ raise_exception('Roles must\nalternate') }}{% endif %}", "chat.jinja").Render(Input()));
        Assert.Equal(("TemplateError", "Roles must\nalternate", 2), (e.Kind, e.Raised, e.Line));
        Assert.Equal("chat.jinja: line 2: TemplateError: Roles must\\nalternate. Check the conversation, or the template.", e.Message);
    }

    [Fact]
    public void The_hash_is_the_templates_alone() =>
        Assert.Equal("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", ChatTemplate.Parse("a", "anywhere").Hash);

    [Fact]
    public void Assistant_spans_count_as_dotnet_counts()
    {
        var template = ChatTemplate.Parse("\U0001F469{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}\U0001F469</s>{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}!", "t");
        Assert.True(template.MarksAssistant);
        var chat = template.Render(Input());
        Assert.Equal(["Hello! \U0001F469</s>"], chat.AssistantSpans.Select(s => chat.Text[s.Start..s.End]));
        Assert.False(chat.SpansMisplaced);
        Assert.False(ChatTemplate.Parse("{% if false %}generation{% endif %}", "t").MarksAssistant);
    }

    [Fact]
    public void Spans_that_Transformers_would_misplace_are_told()
    {
        var chat = ChatTemplate.Parse("{% macro say(m) %}<{{ m.role }}>{% generation %}{{ m.content }}{% endgeneration %}{% endmacro %}{% for m in messages %}{{ say(m) }}{% endfor %}", "t").Render(Input());
        Assert.True(chat.SpansMisplaced);
        Assert.Equal((0, 2), chat.AssistantSpans[0]);
    }

    [Theory]
    [InlineData("{% for m in messages %}[{{ m.role }}]{{ m.content }}</s>{% endfor %}", "[user]Hi</s>[assistant]Hello! ")]
    [InlineData("{% for m in messages %}[{{ m.role }}]{{ m.content | trim }}</s>{% endfor %}", "[user]Hi</s>[assistant]Hello!")]
    public void Continuing_the_last_message_ends_where_its_text_ends(string template, string expected) =>
        Assert.Equal(expected, ChatTemplate.Parse(template, "t").Render(Input() with { ContinueFinalMessage = true }).Text);

    [Fact]
    public void Continuing_needs_the_text_as_it_is()
    {
        var template = ChatTemplate.Parse("{% for m in messages %}{{ m.content | upper }}{% endfor %}", "t");
        Assert.StartsWith("t: the text of the last message is not in", Assert.Throws<PureLoraException>(() => template.Render(Input() with { ContinueFinalMessage = true })).Message);
        Assert.StartsWith("t: the last message has no text", Assert.Throws<PureLoraException>(() => template.Render(Input("""[{"role": "user"}]""") with { ContinueFinalMessage = true })).Message);
    }

    [Theory]
    [InlineData(true, "True")]
    [InlineData(false, "False")]
    [InlineData(null, "")]
    public void The_generation_prompt_is_a_variable(bool? asked, string shown) =>
        Assert.Equal(shown, ChatTemplate.Parse("{{ add_generation_prompt }}", "t").Render(Input() with { AddGenerationPrompt = asked }).Text);

    [Fact]
    public void Documents_and_tools_are_none_where_there_are_none() =>
        Assert.Equal("TrueTrue", ChatTemplate.Parse("{{ tools is none }}{{ documents is none }}", "t").Render(Input()).Text);

    [Fact]
    public void The_hash_covers_the_template_for_tools_too()
    {
        using var scratch = new ScratchFolder();
        string Hash(string tools)
        {
            File.WriteAllText(scratch.File("tokenizer_config.json"), $$"""{"chat_template": [{"name": "default", "template": "a"}{{tools}}]}""");
            return ChatTemplate.Load(scratch.Path)!.Hash;
        }
        var hashes = new[] { Hash(""), Hash(""", {"name": "tool_use", "template": "b"}"""), Hash(""", {"name": "tool_use", "template": "c"}""") };
        Assert.Equal(3, hashes.Distinct().Count());
        Assert.Equal(ChatTemplate.Parse("a", "t").Hash, hashes[0]);
    }
}
