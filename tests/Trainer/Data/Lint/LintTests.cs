using System.Globalization;

namespace PureLora.Tests;

/// <summary>A planted case for each check, and the same data without the fault.</summary>
public sealed class LintTests
{
    static readonly string[] clean = ["""{"prompt": "What is it?", "completion": "A cat."}""", """{"prompt": "And this?", "completion": "Café Zoë."}""", """{"prompt": "That?", "completion": "Nothing."}"""];

    static (ExampleSet Examples, DataReport Report) Read(TrainConfig config, params string[] lines) => TestData.Read(config, ChatMaskTests.Characters with { Stops = new HashSet<int> { '¶' }, PadId = '¶' }, lines);

    static TrainConfig Config => new() { MaxSeqLength = 200 };

    /// <summary>The one finding, without the path before the line.</summary>
    static Finding Only(TrainConfig config, params string[] lines)
    {
        var finding = Assert.Single(Read(config, lines).Report.Findings);
        return finding with { Message = finding.Message[finding.Message.IndexOf("d.jsonl", StringComparison.Ordinal)..] };
    }

    [Fact]
    public void Data_without_a_fault_passes() => Assert.Empty(Read(Config, clean).Report.Findings);

    [Fact]
    public void An_EOS_that_is_never_trained_stops()
    {
        var finding = Only(Config with { TrainEos = false }, clean);
        Assert.Equal("eos-not-trained", finding.Name);
        Assert.Equal("d.jsonl:1: no example trains a token at which generation ends (\"¶\"; here it ends otherwise), but a model needs that to learn to stop. Check train_eos, the labels, and that the chat template ends the assistant's turn with eos_token or with an eos_token_id of generation_config.json, or let it pass with allow: [eos-not-trained].", finding.Message);
        Assert.Contains("Raise max_seq_length above 14: 3 of 3 examples were cut", Only(Config with { MaxSeqLength = 14 }, clean.Select(line => line.Replace("What is it?", "Q").Replace("And this?", "Q").Replace("That?", "Q").Replace("completion\": \"", "completion\": \"aaaaaaaaaaaaaaa")).ToArray()).Message);
        // Those that were left out were not looked at, and do not count as if they ended well.
        Assert.Contains(Read(Config with { TrainEos = false, TruncationSide = "drop", MaxSeqLength = 40 }, [.. clean, $$"""{"prompt": "What?", "completion": "{{new string('a', 60)}}"}"""]).Report.Findings, found => found.Name == "eos-not-trained");
        // One that is cut among others that are not is a warning at most.
        Assert.Empty(Read(Config with { MaxSeqLength = 21 }, clean).Report.Findings);
    }

    [Fact]
    public void An_EOS_that_was_masked_as_padding_stops()
    {
        var eos = (int)'¶';
        string Line(int labelOfEos) => string.Create(CultureInfo.InvariantCulture, $$"""{"input_ids": [65, 66, 67, {{eos}}, {{eos}}], "labels": [-100, 66, 67, {{labelOfEos}}, -100], "attention_mask": [1, 1, 1, 1, 0]}""");
        var findings = Read(Config, Line(-100), Line(-100)).Report.Findings.ToArray();
        Assert.Equal("pad-masks-eos", findings[0].Name);
        Assert.Contains("d.jsonl:1: EOS is masked as if it were padding in 2 examples of 2 (EOS at token 4, the padding token too, has the label -100)", findings[0].Message);
        Assert.Empty(Read(Config, Line(eos), Line(eos)).Report.Findings);
        Assert.Empty(Read(Config, Line(eos), Line(-100)).Report.Findings);
    }

    [Fact]
    public void An_example_with_no_trained_token_stops()
    {
        var chat = """{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "train": false}]}""";
        using var data = new TestData();
        var path = data.Write("d.jsonl", chat, chat.Replace("false", "true"));
        var vocabulary = ChatMaskTests.Characters;
        var (set, report) = new DataReader(new ExampleEncoder(vocabulary, Config, ChatTemplate.Parse("{% for m in messages %}{{ m.content }}¶{% endfor %}", "t")), vocabulary, Config).Read([path]);
        Assert.Single(set);
        var finding = Assert.Single(report.Findings);
        Assert.Equal("nothing-trained", finding.Name);
        Assert.StartsWith($"{path}:1: the number of trained tokens within max_seq_length 200 is 0 in 1 example of 2 (its mask leaves none here)", finding.Message);
    }

    [Fact]
    public void A_doubled_BOS_stops()
    {
        // The mark is written in the text too, so that the other check speaks as well.
        var findings = Read(Config, [.. clean, """{"prompt": "^What?", "completion": "A cat."}"""]).Report.Findings.ToArray();
        Assert.Equal(["doubled-bos", "special-in-text"], findings.Select(finding => finding.Name));
        Assert.Contains("d.jsonl:4: BOS stands twice in a row in 1 example of 4 (at tokens 1 and 2), but a model needs one. Remove it from the text", findings[0].Message);
    }

    [Fact]
    public void Marks_throughout_a_set_of_texts_pass_beside_a_clean_set_of_chats()
    {
        using var data = new TestData();
        var chats = data.Write("chats.jsonl", """{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}""");
        var texts = data.Write("texts.jsonl", """{"text": "a¶b"}""", """{"text": "c¶d"}""");
        var vocabulary = ChatMaskTests.Characters;
        IEnumerable<string> Found(params string[] files) => new DataReader(new ExampleEncoder(vocabulary, Config, ChatTemplate.Parse("{% for m in messages %}{{ m.content }}¶{% endfor %}", "t")), vocabulary, Config).Read(files).Report.Findings.Select(found => found.Name);
        Assert.Empty(Found(chats, texts));
        Assert.Equal(["special-in-text"], Found(data.Write("marked.jsonl", """{"messages": [{"role": "user", "content": "a¶"}, {"role": "assistant", "content": "b"}]}"""), texts));
    }

    [Fact]
    public void A_template_that_is_not_prefix_preserving_stops_where_turns_are_told_apart_by_it()
    {
        const string forgetful = "{% for m in messages %}{{ m.content if loop.last or m.role == 'user' else 'x' }}¶{% endfor %}";
        const string chat = """{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]}""";
        using var data = new TestData();
        var path = data.Write("d.jsonl", chat);
        var vocabulary = ChatMaskTests.Characters;
        DataReport Report(TrainConfig config) => new DataReader(new ExampleEncoder(vocabulary, config, ChatTemplate.Parse(forgetful, "t")), vocabulary, config).Read([path]).Report;
        var finding = Assert.Single(Report(Config).Findings);
        Assert.Equal("template-not-prefix-preserving", finding.Name);
        Assert.StartsWith($"{path}:1: the chat template is not prefix-preserving in 1 example of 1 (messages[1]: the first 2 messages render to a text that leaves the whole chat's at character 3", finding.Message);
        Assert.Empty(Report(Config with { TrainOn = "last" }).Findings);
    }

    [Fact]
    public void A_template_that_differs_from_the_models_stops()
    {
        var (own, other) = (ChatTemplate.Parse("{{ messages[0].content }}", "a"), ChatTemplate.Parse("{{ messages[0].content }} ", "b"));
        var finding = TemplateDiffers.Of("model", own, other, "t.jinja");
        Assert.Equal("template-differs", finding!.Name);
        Assert.StartsWith($"model: the model's chat template has the hash {own.Hash[..16]}, but chat_template is 't.jinja' with {other.Hash[..16]}", finding.Message);
        Assert.Null(TemplateDiffers.Of("model", own, own, ""));
        Assert.Null(TemplateDiffers.Of("model", null, other, "t.jinja"));
    }

    [Fact]
    public void A_special_token_in_a_text_stops_unless_texts_are_written_with_them()
    {
        var marked = clean[0].Replace("A cat.", "A ¶ cat.");
        var finding = Only(Config, [.. clean, marked]);
        Assert.Equal("special-in-text", finding.Name);
        Assert.StartsWith("d.jsonl:4: a special token is written in the text of 1 example of 4 (\"¶ cat.\", at character 3 of \"A ¶ cat.\")", finding.Message);
        Assert.Empty(Read(Config, marked, marked).Report.Findings);
        Assert.Equal("special-in-text", Only(Config, """{"instruction": "a ¶", "output": "b"}""").Name);
    }

    [Fact]
    public void Mojibake_in_most_rows_stops()
    {
        string[] broken = ["""{"text": "CafÃ© au lait"}""", """{"text": "Itâ€™s late"}""", """{"text": "no"}""", """{"text": "naïve"}"""];
        var finding = Only(Config, broken);
        Assert.Equal("mojibake", finding.Name);
        Assert.StartsWith("d.jsonl:1: the text of 2 examples, of 3 with a character outside of ASCII, is UTF-8 that was read in another encoding (\"Ã©\" in \"CafÃ© au lait\")", finding.Message);
        Assert.Empty(Read(Config, [.. broken, """{"text": "Zoë"}"""]).Report.Findings);
        // Real words that look a little like it.
        Assert.Empty(Read(Config, """{"text": "À l’âge de Ã, «ça» – 100 €"}""", """{"text": "Größe, Übung, señor, 中文, 🌍"}""").Report.Findings);
    }

    [Fact]
    public void Every_check_has_a_name_and_a_planted_case()
    {
        Assert.Equal(["nothing-trained", "pad-masks-eos", "eos-not-trained", "doubled-bos", "template-not-prefix-preserving", "special-in-text", "mojibake", "template-differs"], Check.Names);
        Assert.Equal("configuration: allow (--allow) has 'mojibak', but it needs nothing-trained, pad-masks-eos, eos-not-trained, doubled-bos, template-not-prefix-preserving, special-in-text, mojibake or template-differs. Write mojibake if you meant that.",
            Assert.Throws<UsageException>(() => new TrainConfig { Allow = "doubled-bos,mojibak" }.Validate(complete: false)).Message);
    }

    [Fact]
    public void Duplicates_and_lengths_are_counted()
    {
        var (set, report) = Read(Config, clean[0], clean[1], clean[0], clean[1], clean[0]);
        var numbers = new DataStatistics(set);
        var (count, first) = numbers.Duplicates();
        Assert.Equal(3, count);
        Assert.Equal([("3", "1"), ("4", "2"), ("5", "1")], first.Select(pair => (pair.Place[^1..], pair.Earlier[^1..])));
        Assert.Equal((set.Longest, set.Longest), (numbers.Length(1), numbers.Length(0.99)));
        Assert.Equal(5, numbers.Histogram().Sum(row => row.Count));
        Assert.All(numbers.Histogram(), row => Assert.Equal(row.Count, Enumerable.Range(0, 5).Count(i => set.Length(i) >= row.From && set.Length(i) <= row.To)));
        // BOS is in every example and trained in none; EOS in every one.
        Assert.Contains(report.Roles, row => row == (Role.Special, 10, 5));
    }
}
