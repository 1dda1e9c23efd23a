using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary><c>chat</c> and <c>generate --messages</c>: one template, one conversation.</summary>
public sealed class ChatTests(TinyFolder tiny) : IClassFixture<TinyFolder>, IDisposable
{
    readonly ScratchFolder scratch = new();

    const string Template = "{% for m in messages %}{{ m.role[0] }}:{{ m.content }};{% endfor %}{% if add_generation_prompt %}a:{% endif %}";

    ChatSettings Settings => new() { Model = tiny.Base, ChatTemplate = Template, MaxNewTokens = 4, Threads = 1 };

    static (JsonArray Messages, string Said) Chat(ChatSettings settings, bool scripted, params string[] lines)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        ChatCommand.Run(settings, new Report(output, error, json: true, terminal: false), new StringReader(string.Join('\n', lines)), scripted, default);
        return (JsonNode.Parse(output.ToString())!["messages"]!.AsArray(), error.ToString());
    }

    static string[] Texts(JsonArray messages, string role) => [.. messages.Where(m => (string)m!["role"]! == role).Select(m => (string)m!["content"]!)];

    string Generate(JsonArray messages)
    {
        File.WriteAllText(scratch.File("messages.json"), messages.ToJsonString());
        var (code, output, error) = ProgramTests.Run("generate", "--model", tiny.Base, "--messages", scratch.File("messages.json"), "--chat-template", Template, "--max-new-tokens", "4", "--threads", "1", "--json");
        Assert.True(code == 0, error);
        return (string)JsonNode.Parse(output)!["text"]!;
    }

    [Fact]
    public void An_answer_goes_on_from_all_that_was_said()
    {
        var messages = Chat(Settings with { System = "Be" }, true, "The cat", "", "The dog").Messages;
        Assert.Equal(["Be"], Texts(messages, "system"));
        Assert.Equal(["The cat", "The dog"], Texts(messages, "user"));
        var answers = Texts(messages, "assistant");
        Assert.Equal(answers[0], Generate([.. messages.Take(2).Select(m => m!.DeepClone())]));
        Assert.Equal(answers[1], Generate([.. messages.Take(4).Select(m => m!.DeepClone())]));
        Assert.NotEqual(answers[1], Texts(Chat(Settings, true, "The dog").Messages, "assistant")[0]);
    }

    [Fact]
    public void What_is_cleared_or_undone_was_never_said()
    {
        var alone = Chat(Settings with { System = "Be" }, true, "The cat").Messages.ToJsonString();
        Assert.Equal(alone, Chat(Settings with { System = "Be" }, true, "The dog", "/clear", "The cat").Messages.ToJsonString());
        Assert.Equal(alone, Chat(Settings with { System = "Be" }, true, "The dog", "/undo", "The cat", "/exit", "The bird").Messages.ToJsonString());
        var (messages, said) = Chat(Settings, true, "/undo", "/what", "/exit");
        Assert.Empty(messages);
        Assert.Contains("/what is no word that chat knows", said);
    }

    [Fact]
    public void What_does_not_fit_is_told_to_a_person_and_ends_a_script()
    {
        var (messages, said) = Chat(Settings, false, new string('x', 80), "The cat");
        Assert.Equal(["The cat"], Texts(messages, "user"));
        Assert.Contains("positions and needs one for the answer", said);
        Assert.Throws<PureLoraException>(() => Chat(Settings, true, new string('x', 80)));
        // What was said before it is not lost.
        var output = new StringWriter();
        Assert.Throws<PureLoraException>(() => ChatCommand.Run(Settings, new Report(output, TextWriter.Null, json: true, terminal: false), new StringReader($"The cat\n{new string('x', 80)}"), true, default));
        Assert.Equal(["The cat"], Texts(JsonNode.Parse(output.ToString())!["messages"]!.AsArray(), "user"));
    }

    [Fact]
    public void Messages_are_read_as_training_reads_them()
    {
        var parts = JsonNode.Parse("""[{"role": "user", "content": [{"type": "text", "text": "The "}, {"type": "text", "text": "cat"}], "weight": 0}]""")!.AsArray();
        Assert.Equal(Generate([new JsonObject { ["role"] = "user", ["content"] = "The cat" }]), Generate(parts));
    }

    [Theory]
    [InlineData(true, "{{- bos_token }}")]
    [InlineData(false, "{%- for")]
    public void Chatml_begins_with_BOS_where_the_tokenizer_does(bool addsBos, string start)
    {
        Assert.StartsWith(start, ChatTemplates.Of("chatml", tiny.Base, new Vocabulary(_ => [], 1, 2, addsBos)).Source);
        Assert.Contains("has no EOS token, but chatml ends a turn with it", Assert.Throws<PureLoraException>(() => ChatTemplates.Of("chatml", tiny.Base, new Vocabulary(_ => [], 1, null, addsBos))).Message);
    }

    [Fact]
    public void A_model_without_a_template_says_how_to_give_one()
    {
        var error = Assert.Throws<UsageException>(() => Chat(Settings with { ChatTemplate = "" }, true, "The cat"));
        Assert.Equal($"{tiny.Base}: it has no chat template, but messages need one. Give --chat-template <file>, or --chat-template chatml for a base model that was trained with it.", error.Message);
    }

    [Theory]
    [InlineData("--prompt and --messages are both missing", new string[0])]
    [InlineData("--prompt and --messages are both given", new[] { "--prompt", "a", "--messages", "b" })]
    [InlineData("--chat-template is given, but it needs --messages", new[] { "--prompt", "a", "--chat-template", "chatml" })]
    [InlineData("--prompt-template and --messages are both given", new[] { "--messages", "b", "--prompt-template", "{prompt}" })]
    public void Flags_that_do_not_go_together_are_refused(string message, string[] flags)
    {
        var (code, _, error) = ProgramTests.Run(["generate", "--model", tiny.Base, .. flags]);
        Assert.Equal(2, code);
        Assert.Contains(message, error);
    }

    [Theory]
    [InlineData("{}", "it is an object without messages")]
    [InlineData("[1]", "it is a list with something else in it")]
    [InlineData("7", "it is no list")]
    [InlineData("[", "line 1 is not JSON")]
    [InlineData("[{\"role\": \"user\", \"role\": \"user\"}]", "a key is given twice")]
    public void A_file_that_is_no_conversation_is_refused(string content, string message)
    {
        File.WriteAllText(scratch.File("wrong.json"), content);
        Assert.Contains(message, Assert.Throws<PureLoraException>(() => MessageFile.Read(scratch.File("wrong.json"))).Message);
    }

    [Fact]
    public void Recommended_draws_need_do_sample()
    {
        void Write(string json) => File.WriteAllText(scratch.File("generation_config.json"), json);
        Write("""{"temperature": 0.6, "top_p": 0.9, "eos_token_id": [3, 4]}""");
        var greedy = GenerationConfig.Read(scratch.Path);
        Assert.Equal((0, 0, 1), (greedy.Temperature, greedy.TopK, greedy.TopP));
        Assert.Equal([3, 4], greedy.EosIds);
        Write("""{"do_sample": true, "temperature": 0.6, "top_p": 0.9}""");
        var drawn = GenerationConfig.Read(scratch.Path);
        Assert.Equal((0.6, 50, 0.9), (drawn.Temperature, drawn.TopK, drawn.TopP));
    }

    public void Dispose() => scratch.Dispose();
}
