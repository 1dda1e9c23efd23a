namespace PureLora.Tests;

public sealed class ExampleSetTests
{
    const int Bos = 1, Eos = 2, X = Example.Ignored;

    /// <summary>One id a character, 'a' = 10; a piece starts with the id 9, as a byte-fallback tokenizer's space marker does.</summary>
    static int[] Marked(string text) => [9, .. Plain(text)];

    static int[] Plain(string text) => [.. text.Select(c => c - 'a' + 10)];

    static Vocabulary Words(bool addsBos = true, int? eos = Eos, bool marked = false) => new(marked ? Marked : Plain, Bos, eos, addsBos);

    static ExampleSet Make(TextRecord[] records, Vocabulary vocabulary, int maxSeqLength = 100, string template = "{prompt}") =>
        ExampleSet.Tokenize("d.jsonl", records, vocabulary, maxSeqLength, template);

    static TextRecord[] Pairs(params (string, string)[] pairs) => [.. pairs.Select((pair, i) => new TextRecord(i + 1, pair.Item1, pair.Item2))];

    [Fact]
    public void A_prompt_is_ignored_and_its_completion_and_EOS_are_trained()
    {
        var example = Assert.Single(Make(Pairs(("ab", "cd")), Words()).Examples);
        Assert.Equal([Bos, 10, 11, 12, 13, Eos], example.Ids);
        Assert.Equal([X, X, X, 12, 13, Eos], example.Labels);
        Assert.Equal(3, example.TrainedTokens);
    }

    [Fact]
    public void Without_BOS_the_ids_start_with_the_prompt()
    {
        var example = Assert.Single(Make(Pairs(("ab", "c")), Words(addsBos: false)).Examples);
        Assert.Equal([10, 11, 12, Eos], example.Ids);
        Assert.Equal([X, X, 12, Eos], example.Labels);
    }

    [Fact]
    public void Text_is_trained_from_its_first_token_to_EOS()
    {
        var example = Assert.Single(Make([new(4, null, "abc")], Words()).Examples);
        Assert.Equal([Bos, 10, 11, 12, Eos], example.Ids);
        Assert.Equal(example.Ids, example.Labels);
        Assert.Equal((0, 4, 4), (example.Index, example.Line, example.TrainedTokens));
    }

    [Fact]
    public void Prompt_and_completion_are_tokenized_apart()
    {
        var example = Assert.Single(Make(Pairs(("a", "b")), Words(marked: true)).Examples);
        Assert.Equal([Bos, 9, 10, 9, 11, Eos], example.Ids);
        Assert.Equal([X, X, X, 9, 11, Eos], example.Labels);
    }

    [Fact]
    public void The_template_goes_around_the_prompt_and_is_not_trained()
    {
        var example = Assert.Single(Make(Pairs(("b", "c")), Words(), template: "a{prompt}a{prompt}").Examples);
        Assert.Equal([Bos, 10, 11, 10, 11, 12, Eos], example.Ids);
        Assert.Equal([X, X, X, X, X, 12, Eos], example.Labels);
        Assert.Equal("<{prompt}>", new PromptTemplate("<{prompt}>").Fill("{prompt}"));
    }

    [Fact]
    public void A_template_that_cannot_work_is_bad_usage()
    {
        Assert.Equal("prompt_template: the template is \"Q:\\n{Prompt}\", but a prompt needs a place in it. Put {prompt} where the prompt goes.",
            Assert.Throws<UsageException>(() => Make(Pairs(("a", "b")), Words(), template: "Q:\n{Prompt}")).Message);
        Assert.Equal("prompt_template: the template is \"Q: {prompt}\", but the records of d.jsonl have no prompt and it needs one. Remove prompt_template or use records with \"prompt\" and \"completion\".",
            Assert.Throws<UsageException>(() => Make([new(1, null, "a")], Words(), template: "Q: {prompt}")).Message);
    }

    [Fact]
    public void A_tokenizer_without_the_special_tokens_it_needs_is_an_error_that_says_what_to_do()
    {
        Assert.Equal("d.jsonl: the tokenizer's EOS token is none, but training needs one to end every example. Set eos_token in tokenizer_config.json.",
            Assert.Throws<PureLoraException>(() => Make(Pairs(("a", "b")), Words(eos: null))).Message);
        Assert.Equal("d.jsonl: the tokenizer's BOS token is none, but its add_bos_token needs one. Set bos_token in tokenizer_config.json.",
            Assert.Throws<PureLoraException>(() => Make(Pairs(("a", "b")), Words() with { BosId = null })).Message);
    }

    [Fact]
    public void An_example_longer_than_the_context_loses_its_end_and_the_warning_counts_it()
    {
        // Lengths with BOS and EOS: 6 (fits exactly), 7, 9.
        var set = Make(Pairs(("ab", "cd"), ("ab", "cde"), ("abc", "defg")), Words(), maxSeqLength: 6);
        Assert.Equal([X, X, X, 12, 13, Eos], set.Examples[0].Labels);
        Assert.Equal([Bos, 10, 11, 12, 13, 14], set.Examples[1].Ids);
        Assert.Equal([X, X, X, 12, 13, 14], set.Examples[1].Labels);
        Assert.Equal([X, X, X, X, 13, 14], set.Examples[2].Labels);
        Assert.Equal((2, 0), (set.Truncated, set.Dropped));
        Assert.Equal(["d.jsonl: 2 of 3 examples were longer than max_seq_length 6 and lost the end, EOS included (the longest has 9 tokens, at line 3). Raise max_seq_length to train on the whole."], set.Warnings);
        Assert.Empty(Make(Pairs(("ab", "cd")), Words(), maxSeqLength: 6).Warnings);
    }

    [Fact]
    public void An_example_with_no_trained_token_left_is_dropped_and_counted()
    {
        var set = Make(Pairs(("abc", "d"), ("ab", "c"), ("abcd", "e")), Words(), maxSeqLength: 4);
        var example = Assert.Single(set.Examples);
        Assert.Equal((1, 2), (example.Index, example.Line));
        Assert.Equal([X, X, X, 12], example.Labels);
        Assert.Equal((1, 2), (set.Truncated, set.Dropped));
        Assert.Equal("d.jsonl: 2 of 3 examples were left out, with no trained token within max_seq_length 4 (lines 1, 3). Raise max_seq_length or shorten the prompts to train on them.", set.Warnings[1]);
    }

    [Fact]
    public void A_lone_token_has_no_predecessor_and_is_not_an_example()
    {
        var silent = new Vocabulary(text => text == "?" ? [] : Plain(text), null, Eos, AddsBos: false);
        var set = Make([new(1, null, "?"), new(2, null, "a")], silent);
        Assert.Equal((2, 1), (Assert.Single(set.Examples).Line, set.Dropped));
        Assert.Equal("d.jsonl: the number of examples with a trained token within max_seq_length 100 is 0, but training needs at least 1. Check that the tokenizer knows the characters of this file.",
            Assert.Throws<PureLoraException>(() => Make([new(1, null, "?")], silent)).Message);
    }

    [Fact]
    public void When_nothing_is_left_the_error_names_the_length_that_would_do()
    {
        var records = Pairs(("abcde", "f"), ("abcd", "efgh"));
        Assert.Equal("d.jsonl: the number of examples with a trained token within max_seq_length 5 is 0, but training needs at least 1. Raise max_seq_length to 6 or more (the longest example has 10 tokens).",
            Assert.Throws<PureLoraException>(() => Make(records, Words(), maxSeqLength: 5)).Message);
        Assert.Equal([X, X, X, X, X, 14], Assert.Single(Make(records, Words(), maxSeqLength: 6).Examples).Labels);
        Assert.Equal("max_seq_length: the value is 1, but predicting a token needs at least 2. Raise it.",
            Assert.Throws<UsageException>(() => Make(records, Words(), maxSeqLength: 1)).Message);
    }

    [Fact]
    public void An_empty_prompt_trains_what_has_a_predecessor()
    {
        var example = Assert.Single(Make(Pairs(("", "ab")), Words(addsBos: false)).Examples);
        Assert.Equal([10, 11, Eos], example.Labels);
        Assert.Equal(2, example.TrainedTokens);
    }

    [Fact]
    public void The_padding_id_is_the_tokenizers_own_else_EOS()
    {
        Assert.Equal(7, (Words() with { PadId = 7 }).Padding);
        Assert.Equal(Eos, Words().Padding);
    }
}
