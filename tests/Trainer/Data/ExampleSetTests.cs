namespace PureLora.Tests;

/// <summary>Records as ids and labels.</summary>
public sealed class ExampleSetTests
{
    const int Bos = TestData.Bos, Eos = TestData.Eos, X = Example.Ignored;

    static Vocabulary Words(bool addsBos = true, int? eos = Eos) => TestData.Words(addsBos, eos);

    static (ExampleSet Set, DataReport Report) Make(string[] lines, Vocabulary vocabulary, int maxSeqLength = 100, string template = "{prompt}") =>
        TestData.Read(new TrainConfig { MaxSeqLength = maxSeqLength, PromptTemplate = template }, vocabulary, lines);

    static string[] Pairs(params (string, string)[] pairs) => [.. pairs.Select(pair => $$"""{"prompt": "{{pair.Item1}}", "completion": "{{pair.Item2}}"}""")];

    [Fact]
    public void A_prompt_is_ignored_and_its_completion_and_EOS_are_trained()
    {
        var example = Assert.Single(Make(Pairs(("ab", "cd")), Words()).Set);
        Assert.Equal([Bos, 10, 11, 12, 13, Eos], example.Ids);
        Assert.Equal([X, X, X, 12, 13, Eos], example.Labels);
        Assert.Equal(3, example.TrainedTokens);
    }

    [Fact]
    public void Without_BOS_the_ids_start_with_the_prompt()
    {
        var example = Assert.Single(Make(Pairs(("ab", "c")), Words(addsBos: false)).Set);
        Assert.Equal([10, 11, 12, Eos], example.Ids);
        Assert.Equal([X, X, 12, Eos], example.Labels);
    }

    [Fact]
    public void Text_is_trained_from_its_first_token_to_EOS()
    {
        var example = Assert.Single(Make(["", "", "", """{"text": "abc"}"""], Words()).Set);
        Assert.Equal([Bos, 10, 11, 12, Eos], example.Ids);
        Assert.Equal(example.Ids, example.Labels);
        Assert.EndsWith("d.jsonl:4", example.Place);
        Assert.Equal((0, 4), (example.Index, example.TrainedTokens));
    }

    [Fact]
    public void Prompt_and_completion_are_tokenized_apart()
    {
        // A piece starts with the id 9, as a byte-fallback tokenizer's space marker does.
        var marked = new Vocabulary(text => [9, .. TestData.Plain(text)], Bos, Eos, AddsBos: true);
        var example = Assert.Single(Make(Pairs(("a", "b")), marked).Set);
        Assert.Equal([Bos, 9, 10, 9, 11, Eos], example.Ids);
        Assert.Equal([X, X, X, 9, 11, Eos], example.Labels);
        // A tokenizer that knows how to go on puts nothing there.
        Assert.Equal([Bos, 9, 10, 11, Eos], Assert.Single(Make(Pairs(("a", "b")), marked with { EncodeContinuation = TestData.Plain }).Set).Ids);
    }

    [Fact]
    public void The_template_goes_around_the_prompt_and_is_not_trained()
    {
        var example = Assert.Single(Make(Pairs(("b", "c")), Words(), template: "a{prompt}a{prompt}").Set);
        Assert.Equal([Bos, 10, 11, 10, 11, 12, Eos], example.Ids);
        Assert.Equal([X, X, X, X, X, 12, Eos], example.Labels);
        Assert.Equal("<{prompt}>", new PromptTemplate("<{prompt}>").Fill("{prompt}"));
    }

    [Fact]
    public void A_template_that_cannot_work_is_bad_usage()
    {
        Assert.Equal("prompt_template: the template is \"Q:\\n{Prompt}\", but a prompt needs a place in it. Put {prompt} where the prompt goes.",
            Assert.Throws<UsageException>(() => Make(Pairs(("a", "b")), Words(), template: "Q:\n{Prompt}")).Message);
        Assert.Equal("prompt_template: the template is \"Q: {prompt}\", but d.jsonl:1 is a text without a prompt and it needs one. Remove prompt_template or use records with \"prompt\" and \"completion\".",
            Assert.Throws<UsageException>(() => Make(["""{"text": "a"}"""], Words(), template: "Q: {prompt}")).Message);
    }

    [Fact]
    public void A_tokenizer_without_the_special_tokens_it_needs_is_an_error_that_says_what_to_do()
    {
        Assert.Equal("d.jsonl:1: the tokenizer's EOS token is none, but training needs one to end every example. Set eos_token in tokenizer_config.json.",
            Assert.Throws<PureLoraException>(() => Make(Pairs(("a", "b")), Words(eos: null))).Message);
        Assert.EndsWith("the tokenizer's BOS token is none, but its add_bos_token needs one. Set bos_token in tokenizer_config.json.",
            Assert.Throws<PureLoraException>(() => Make(Pairs(("a", "b")), Words() with { BosId = null })).Message);
    }

    [Fact]
    public void An_example_longer_than_the_context_loses_its_end_and_the_warning_counts_it()
    {
        // Lengths with BOS and EOS: 6 (fits exactly), 7, 9.
        var (set, report) = Make(Pairs(("ab", "cd"), ("ab", "cde"), ("abc", "defg")), Words(), maxSeqLength: 6);
        Assert.Equal([X, X, X, 12, 13, Eos], set[0].Labels);
        Assert.Equal([Bos, 10, 11, 12, 13, 14], set[1].Ids);
        Assert.Equal([X, X, X, 12, 13, 14], set[1].Labels);
        Assert.Equal([X, X, X, X, 13, 14], set[2].Labels);
        Assert.Equal((2, 0), (report.Cut, report.Untrained));
        Assert.Contains("2 of 3 examples were longer than max_seq_length 6 and lost the end, EOS included (the longest has 9 tokens, at ", report.Warnings.First());
        Assert.Empty(Make(Pairs(("ab", "cd")), Words(), maxSeqLength: 6).Report.Warnings);
    }

    [Fact]
    public void A_cut_on_the_left_keeps_BOS_and_the_end_and_drop_leaves_the_example_out()
    {
        var config = new TrainConfig { MaxSeqLength = 6, TruncationSide = "left" };
        var left = TestData.Read(config, Words(), Pairs(("abc", "defg")));
        Assert.Equal([Bos, 13, 14, 15, 16, Eos], left.Examples[0].Ids);
        Assert.Equal([X, 13, 14, 15, 16, Eos], left.Examples[0].Labels);
        Assert.Contains("lost the start", Assert.Single(left.Report.Warnings));
        Assert.Equal([12, 13, 14, 15, 16, Eos], TestData.Read(config, Words(addsBos: false), Pairs(("abc", "defg"))).Examples[0].Ids);

        var dropped = TestData.Read(config with { TruncationSide = "drop" }, Words(), Pairs(("abc", "defg"), ("a", "b")));
        Assert.EndsWith(":2", Assert.Single(dropped.Examples).Place);
        Assert.Contains("1 of 2 examples was longer than max_seq_length 6 and left out", Assert.Single(dropped.Report.Warnings));
    }

    [Fact]
    public void An_example_with_no_trained_token_left_is_left_out_counted_and_found()
    {
        var (set, report) = Make(Pairs(("abc", "d"), ("ab", "c"), ("abcd", "e")), Words(), maxSeqLength: 4);
        var example = Assert.Single(set);
        Assert.EndsWith(":2", example.Place);
        Assert.Equal(1, example.Index);
        Assert.Equal([X, X, X, 12], example.Labels);
        Assert.Equal((1, 2), (report.Cut, report.Untrained));
        Assert.Contains("2 of 3 examples were left out, with no trained token within max_seq_length 4.", report.Warnings.ElementAt(1));
        Assert.Contains(report.Findings, finding => finding.Name == "nothing-trained");
    }

    [Fact]
    public void A_lone_token_has_no_predecessor_and_is_not_an_example()
    {
        var silent = new Vocabulary(text => text == "?" ? [] : TestData.Plain(text), null, Eos, AddsBos: false);
        var (set, report) = Make(["""{"text": "?"}""", """{"text": "a"}"""], silent);
        Assert.EndsWith(":2", Assert.Single(set).Place);
        Assert.Equal(1, report.Untrained);
        Assert.Equal("d.jsonl: the number of examples with a trained token within max_seq_length 100 is 0, but training needs at least 1. Check that the tokenizer knows the characters of this file, and what train_on leaves.",
            Assert.Throws<PureLoraException>(() => Make(["""{"text": "?"}"""], silent)).Message);
    }

    [Fact]
    public void When_nothing_is_left_the_error_names_the_length_that_would_do()
    {
        var records = Pairs(("abcde", "f"), ("abcd", "efgh"));
        Assert.Equal("d.jsonl: the number of examples with a trained token within max_seq_length 5 is 0, but training needs at least 1. Raise max_seq_length to 6 or more (the longest example has 10 tokens).",
            Assert.Throws<PureLoraException>(() => Make(records, Words(), maxSeqLength: 5)).Message);
        Assert.Equal([X, X, X, X, X, 14], Assert.Single(Make(records, Words(), maxSeqLength: 6).Set).Labels);
        Assert.Equal("max_seq_length: the value is 1, but predicting a token needs at least 2. Raise it.",
            Assert.Throws<UsageException>(() => Make(records, Words(), maxSeqLength: 1)).Message);
    }

    [Fact]
    public void An_empty_prompt_trains_what_has_a_predecessor()
    {
        var example = Assert.Single(Make(Pairs(("", "ab")), Words(addsBos: false)).Set);
        Assert.Equal([10, 11, Eos], example.Labels);
        Assert.Equal(2, example.TrainedTokens);
    }

    [Fact]
    public void All_trains_the_prompt_too_and_EOS_can_be_left_out()
    {
        var config = new TrainConfig { MaxSeqLength = 100, TrainOn = "all", TrainEos = false };
        Assert.Equal([Bos, 10, 11, X], Assert.Single(TestData.Read(config, Words(), Pairs(("a", "b"))).Examples).Labels);
    }

    [Fact]
    public void The_padding_id_is_the_tokenizers_own_else_EOS()
    {
        Assert.Equal(7, (Words() with { PadId = 7 }).Padding);
        Assert.Equal(Eos, Words().Padding);
    }
}
