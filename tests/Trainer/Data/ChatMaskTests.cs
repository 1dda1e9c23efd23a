using System.Text.Json;

namespace PureLora.Tests;

/// <summary>Which tokens of a chat are trained, with a tokenizer of one token a character in which ¶ is EOS and ^ BOS.</summary>
public sealed class ChatMaskTests
{
    const string Marked = "{{- '^' }}{%- for m in messages %}{{- m.role[0] + ':' }}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{{- '¶\n' }}{%- endfor %}{%- if add_generation_prompt %}{{- 'a:' }}{%- endif %}";

    static readonly string plain = Marked.Replace("{% generation %}", "").Replace("{% endgeneration %}", "");

    /// <summary>Earlier answers lose all after a semicolon, as reasoning models lose their thoughts.</summary>
    static readonly string forgetful = plain.Replace("{{ m.content }}{% else %}", "{{ m.content if loop.last else m.content.split(';')[0] }}{% else %}");

    internal static Vocabulary Characters => new(text => [.. text.Select(Id)], Id('^'), Id('¶'), AddsBos: true)
    {
        EncodeWithOffsets = text => new TokenizedText([.. text.Select(Id)], [.. text.Select((_, i) => (i, i + 1))]),
        SpecialIds = new HashSet<int> { Id('^'), Id('¶') },
        SpecialTexts = System.Buffers.SearchValues.Create(["^", "¶"], StringComparison.Ordinal),
        Decode = id => ((char)id).ToString(),
    };

    static int Id(char c) => c;

    /// <summary>The text of a chat with what is trained in brackets.</summary>
    static (string Text, string? NotPrefix) Mask(string template, string messages, Func<TrainConfig, TrainConfig>? change = null, string key = "messages")
    {
        var config = (change ?? (c => c))(new TrainConfig { MaxSeqLength = 1000 });
        var encoder = new ExampleEncoder(Characters, config, ChatTemplate.Parse(template, "test"));
        using var record = JsonDocument.Parse($$"""{ {{(key == "messages" ? "\"messages\": " : "")}}{{messages}} }""");
        var made = encoder.Encode(Assert.Single(DataForm.Of(record.RootElement, "d:1").Drafts(record.RootElement, "d:1")), "d:1");
        var text = "";
        for (var t = 0; t < made.Ids.Length; t++)
        {
            var before = t > 0 && made.Trained[t - 1];
            text += (made.Trained[t], before) switch { (true, false) => "[", (false, true) => "]", _ => "" } + (char)made.Ids[t];
        }
        return (text + (made.Trained[^1] ? "]" : ""), made.NotPrefix);
    }

    const string Chat = """[{"role": "system", "content": "S"}, {"role": "user", "content": "Q1"}, {"role": "assistant", "content": "A1"}, {"role": "user", "content": "Q2"}, {"role": "assistant", "content": "A2"}]""";

    [Fact]
    public void Marks_and_prefixes_give_the_same_mask_with_the_end_of_turn_in_it()
    {
        const string expected = "^s:S¶\nu:Q1¶\na:[A1¶]\nu:Q2¶\na:[A2¶]\n";
        Assert.Equal((expected, null), Mask(Marked, Chat));
        Assert.Equal((expected, null), Mask(plain, Chat));
    }

    [Fact]
    public void The_last_turn_everything_and_no_end_can_be_asked_for()
    {
        foreach (var template in new[] { Marked, plain })
        {
            Assert.Equal("^s:S¶\nu:Q1¶\na:A1¶\nu:Q2¶\na:[A2¶]\n", Mask(template, Chat, c => c with { TrainOn = "last" }).Text);
            Assert.Equal("^s:S¶\nu:Q1¶\na:A1¶\nu:Q2¶\na:[A2¶]\n", Mask(template, Chat, c => c with { TrainOn = "completion" }).Text);
            Assert.Equal("[^s:S¶\nu:Q1¶\na:A1¶\nu:Q2¶\na:A2¶\n]", Mask(template, Chat, c => c with { TrainOn = "all" }).Text);
            Assert.Equal("^s:S¶\nu:Q1¶\na:[A1]¶\nu:Q2¶\na:[A2]¶\n", Mask(template, Chat, c => c with { TrainEos = false }).Text);
        }
    }

    [Fact]
    public void A_message_decides_for_itself()
    {
        const string flags = """[{"role": "user", "content": "Q1", "train": true}, {"role": "assistant", "content": "A1", "weight": 0}, {"role": "user", "content": "Q2"}, {"role": "assistant", "content": "A2"}]""";
        Assert.Equal("^u:Q1¶\na:A1¶\nu:Q2¶\na:[A2¶]\n", Mask(Marked, flags.Replace(", \"train\": true", "")).Text);
        Assert.Equal("[^u:Q1¶]\na:A1¶\nu:Q2¶\na:[A2¶]\n", Mask(plain, flags).Text);
    }

    [Fact]
    public void A_message_stays_out_where_all_else_is_trained()
    {
        const string flags = """[{"role": "user", "content": "Q1"}, {"role": "assistant", "content": "A1", "train": false}, {"role": "user", "content": "Q2"}, {"role": "assistant", "content": "A2"}]""";
        foreach (var template in new[] { Marked, plain })
            Assert.Equal("[^u:Q1¶\na:]A1¶[\nu:Q2¶\na:A2¶\n]", Mask(template, flags, c => c with { TrainOn = "all" }).Text);
    }

    [Fact]
    public void A_template_that_always_begins_another_answer_does_not_train_its_header()
    {
        // Llama 3's own template does; ^ stands for the special token that ends its header.
        const string always = "{%- for m in messages %}{{- m.role[0] + '^' + m.content + '¶' }}{%- endfor %}{{- 'a^' }}";
        const string chat = """[{"role": "user", "content": "Q1"}, {"role": "assistant", "content": "A1"}]""";
        Assert.Equal("u^Q1¶a^[A1¶]a^", Mask(always, chat, c => c with { TrainOn = "last" }).Text);
    }

    [Theory]
    [InlineData("[{\"type\": \"function\", \"function\": {\"name\": \"weather\", \"arguments\": \"{}\"}}]", "null", "messages[1] calls the tool \"weather\", but the chat template does not write it")]
    [InlineData("null", "[{\"type\": \"function\", \"function\": {\"name\": \"weather\"}}]", "the tool \"weather\" is offered, but the chat template does not write it")]
    public void Tools_that_a_template_drops_are_an_error(string calls, string tools, string message)
    {
        var record = $$""" "messages": [{"role": "user", "content": "Q1"}, {"role": "assistant", "content": "", "tool_calls": {{calls}}}], "tools": {{tools}} """;
        Assert.Contains(message, Assert.Throws<PureLoraException>(() => Mask(plain, record, key: "")).Message);
        Assert.Contains("[weather", Mask(plain.Replace("{{ m.content }}{% else %}", "{{ m.content }}{{ m.tool_calls[0].function.name if m.tool_calls else 'weather' }}{% else %}"), record, key: "").Text);
    }

    [Fact]
    public void A_completion_of_messages_trains_its_answers_alone()
    {
        const string record = """ "prompt": [{"role": "user", "content": "Q1"}, {"role": "assistant", "content": "A1"}, {"role": "user", "content": "Q2"}], "completion": [{"role": "assistant", "content": "A2"}, {"role": "tool", "content": "T"}, {"role": "assistant", "content": "A3"}]""";
        Assert.Equal("^u:Q1¶\na:A1¶\nu:Q2¶\na:[A2¶]\nt:T¶\na:[A3¶]\n", Mask(plain, record, key: "").Text);
    }

    [Fact]
    public void A_template_that_rewrites_earlier_turns_is_found_where_that_matters()
    {
        var chat = Chat.Replace("A1", "A1;t").Replace("A2", "A2;t");
        Assert.Null(Mask(forgetful, chat, c => c with { TrainOn = "last" }).NotPrefix);
        Assert.Equal("^s:S¶\nu:Q1¶\na:A1¶\nu:Q2¶\na:[A2;t¶]\n", Mask(forgetful, chat, c => c with { TrainOn = "last" }).Text);
        var (text, why) = Mask(forgetful, chat);
        Assert.Equal("^s:S¶\nu:Q1¶\na:A1¶\nu:Q2¶\na:[A2;t¶]\n", text);
        Assert.Equal("messages[2]: the first 3 messages render to a text that leaves the whole chat's at character 17 (\";t¶\\n\" for \"¶\\nu:Q2¶\\na:A2;t¶\\n\")", why);
    }

    [Fact]
    public void A_template_that_refuses_a_chat_is_named_with_the_record() =>
        Assert.StartsWith("d:1: the chat template refuses this chat: ", Assert.Throws<PureLoraException>(() => Mask("{{ raise_exception('no') }}", Chat)).Message);

    [SkippableFact]
    public void Marked_turns_are_those_of_Transformers()
    {
        var fixtures = Environment.GetEnvironmentVariable("PURELORA_FIXTURES");
        Skip.If(fixtures is null, "PURELORA_FIXTURES names no folder with golden/");
        using var folder = TokenizerFolder.Fixture("qwen3");
        var vocabulary = Vocabulary.Of(folder.Load(), []);
        using var golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(fixtures!, "golden", "chat", "assistant-mask.golden.json")));
        var conversations = golden.RootElement.GetProperty("conversations").EnumerateArray().ToDictionary(c => c.GetProperty("id").GetString()!);
        var compared = 0;
        foreach (var set in golden.RootElement.GetProperty("sets").EnumerateArray().Where(set => set.GetProperty("tokenizer").GetString() == "qwen3"))
        {
            var encoder = new ExampleEncoder(vocabulary, new TrainConfig { MaxSeqLength = 4096 }, ChatTemplate.Parse(set.GetProperty("chat_template").GetString()!, "golden"));
            foreach (var expected in set.GetProperty("cases").EnumerateArray())
            {
                var conversation = conversations[expected.GetProperty("conversation").GetString()!];
                if (conversation.GetProperty("add_generation_prompt").GetBoolean())
                    continue;
                var made = encoder.Encode(Assert.Single(DataForm.Of("messages").Drafts(conversation, "g:1")), "g:1");
                Assert.Equal(expected.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()), made.Ids);
                Assert.Equal(expected.GetProperty("assistant_mask").EnumerateArray().Select(m => m.GetInt32() == 1), made.Trained);
                compared++;
            }
        }
        Assert.InRange(compared, 6, 100);
    }

    [Fact]
    public void An_end_of_turn_outside_of_the_marks_is_trained_and_one_inside_brings_nothing_more()
    {
        const string inside = "{% for m in messages %}{{ '^' }}{% if m.role == 'assistant' %}{% generation %}{{ m.content + '¶-' }}{% endgeneration %}{% else %}{{ m.content + '¶-' }}{% endif %}{% endfor %}";
        const string chat = """[{"role": "assistant", "content": "A1"}, {"role": "user", "content": "Q2"}]""";
        Assert.Equal("^[A1¶ ]^Q2¶ ", Mask(inside.Replace('-', ' '), chat).Text);
        Assert.Equal("^[A1¶]-^Q2¶-", Mask(inside.Replace("{{ m.content + '¶-' }}{% endgeneration %}", "{{ m.content }}{% endgeneration %}{{ '¶-' }}"), chat).Text);
    }

    [Fact]
    public void The_built_in_template_ends_turns_with_a_token_that_ends_generation()
    {
        using var data = new TestData();
        data.Write("model/tokenizer_config.json", """{"eos_token": "¶"}""");
        var chatml = ChatTemplates.Of("chatml", data.File("model"), Characters);
        using var messages = JsonDocument.Parse("""[{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]""");
        var rendered = chatml.Render(new ChatInput(messages.RootElement));
        Assert.Equal("<|im_start|>user\nQ¶\n<|im_start|>assistant\nA¶\n", rendered.Text);
        Assert.Equal("A¶", rendered.Text[rendered.AssistantSpans[0].Start..rendered.AssistantSpans[0].End]);
    }
}
