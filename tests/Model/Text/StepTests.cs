using System.Text.Json;

namespace PureLora.Tests;

/// <summary>Normalizers and pre-tokenizers, one by one: what they make of a text, and where they say it came from.</summary>
public class StepTests
{
    static JsonDocument Document(string json) => JsonDocument.Parse(json);

    static WorkText Run(List<ITextStep> steps, string text)
    {
        var work = new WorkText(text);
        foreach (var step in steps) step.Apply(work);
        return work;
    }

    /// <summary>Each stretch as text@start-end of the original.</summary>
    static string Shown(WorkText work) => string.Join('|', work.Stretches.Select(stretch =>
        $"{work.Of(stretch)}@{work.Original(stretch.Start, stretch.End).Start}-{work.Original(stretch.Start, stretch.End).End}"));

    static string PreTokenized(string json, string text)
    {
        using var document = Document(json);
        return Shown(Run(PreTokenizers.Read(new JsonPlace("t", "", document.RootElement)), text));
    }

    static string Normalized(string json, string text)
    {
        using var document = Document(json);
        return Shown(Run(Normalizers.Read(new JsonPlace("t", "", document.RootElement)), text));
    }

    [Theory]
    // The example in the documentation of the tokenizers library.
    [InlineData("Removed", false, "the@0-3|final@4-9|countdown@11-20")]
    [InlineData("Isolated", false, "the@0-3|-@3-4|final@4-9|-@9-10|-@10-11|countdown@11-20")]
    [InlineData("MergedWithPrevious", false, "the-@0-4|final-@4-10|-@10-11|countdown@11-20")]
    [InlineData("MergedWithNext", false, "the@0-3|-final@3-9|-@9-10|-countdown@10-20")]
    [InlineData("Contiguous", false, "the@0-3|-@3-4|final@4-9|--@9-11|countdown@11-20")]
    [InlineData("Removed", true, "-@3-4|-@9-10|-@10-11")]
    [InlineData("MergedWithNext", true, "the-@0-4|final-@4-10|-@10-11|countdown@11-20")]
    public void A_split_does_with_its_matches_what_it_is_told(string behavior, bool invert, string pieces) =>
        Assert.Equal(pieces, PreTokenized($$"""{"type": "Split", "pattern": {"String": "-"}, "behavior": "{{behavior}}", "invert": {{(invert ? "true" : "false")}}}""", "the-final--countdown"));

    [Theory]
    [InlineData("""{"type": "Digits", "individual_digits": true}""", "a12Ⅷ b", "a@0-1|1@1-2|2@2-3|Ⅷ@3-4| b@4-6")]
    [InlineData("""{"type": "Digits", "individual_digits": false}""", "a12Ⅷ b", "a@0-1|12Ⅷ@1-4| b@4-6")]
    [InlineData("""{"type": "Punctuation"}""", "Hey, you?!$„", "Hey@0-3|,@3-4| you@4-8|?@8-9|!@9-10|$@10-11|„@11-12")]
    [InlineData("""{"type": "Punctuation", "behavior": "contiguous"}""", "a?!b", "a@0-1|?!@1-3|b@3-4")]
    [InlineData("""{"type": "Whitespace"}""", "Hey, you\u200D!  x", "Hey@0-3|,@3-4|you\u200D@5-9|!@9-10|x@12-13")]
    [InlineData("""{"type": "WhitespaceSplit"}""", " a,b  c ", "a,b@1-4|c@6-7")]
    [InlineData("""{"type": "CharDelimiterSplit", "delimiter": "x"}""", "axbx", "a@0-1|b@2-3")]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}""", "Hey  you", "▁Hey@0-3|▁@3-4|▁you@4-8")]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": false}""", " Hey you", "▁Hey▁you@0-8")]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": false}""", "Hey you", "Hey▁you@0-7")]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "add_prefix_space": false}""", "Hey you", "Hey@0-3|▁you@3-7")]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}""", "😀", "▁😀@0-2")]
    [InlineData("""{"type": "ByteLevel", "add_prefix_space": false}""", "Hey you're 12é", "Hey@0-3|Ġyou@3-7|'re@7-10|Ġ12@10-13|Ã©@13-14")]
    [InlineData("""{"type": "ByteLevel", "add_prefix_space": true, "use_regex": false}""", "i⭢j", "ĠiâŃ¢j@0-3")]
    public void A_pre_tokenizer_cuts_as_documented(string json, string text, string pieces) => Assert.Equal(pieces, PreTokenized(json, text));

    [Fact]
    public void A_step_after_ByteLevel_sees_bytes()
    {
        // The second byte of é is the character ©, that of ½ (0xC2 0xBD) is itself a number.
        Assert.Equal("aÃ©Â@0-3|½@2-3|1@3-4", PreTokenized(
            """{"type": "Sequence", "pretokenizers": [{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}, {"type": "Digits", "individual_digits": true}]}""", "aé½1"));
    }

    [Fact]
    public void First_means_the_beginning_of_the_original()
    {
        string json = """{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"String": "-"}, "behavior": "Isolated"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false}]}""";
        Assert.Equal("▁a@0-1|-@1-2|b@2-3", PreTokenized(json, "a-b"));
    }

    [Theory]
    [InlineData("""{"type": "Prepend", "prepend": "▁"}""", "Hey", "▁Hey@0-3")]
    [InlineData("""{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}""", "a  b", "a▁▁b@0-4")]
    [InlineData("""{"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁▁"}""", "a   b c", "a▁▁b c@0-7")]
    [InlineData("""{"type": "Replace", "pattern": {"String": "''"}, "content": ""}""", "a''b", "ab@0-4")]
    [InlineData("""{"type": "Lowercase"}""", "ÀÉ İ ẞ Σ", "àé i\u0307 ß σ@0-8")]
    [InlineData("""{"type": "Strip", "strip_left": true, "strip_right": true}""", " \u2003a b\n", "a b@2-5")]
    [InlineData("""{"type": "Strip", "strip_left": false, "strip_right": true}""", " a ", " a@0-2")]
    [InlineData("""{"type": "StripAccents"}""", "e\u0304\u0304o", "eo@0-4")]
    [InlineData("""{"type": "Nmt"}""", "a\u0001\tb\u200Bc", "a b c@0-6")]
    [InlineData("""{"type": "ByteLevel"}""", "é x", "Ã©Ġx@0-3")]
    [InlineData("""{"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"}]}""", "Éa", "ea@0-2")]
    public void A_normalizer_changes_as_documented(string json, string text, string result) => Assert.Equal(result, Normalized(json, text));

    [Fact]
    public void What_a_replacement_adds_comes_from_the_last_character_of_its_match()
    {
        var work = Run([new ReplaceStep(Pattern.Of("b+"), "xyz")], "abbc");
        Assert.Equal("axyzc", work.Chars.ToString());
        Assert.Equal([(0, 1), (2, 3), (2, 3), (2, 3), (3, 4)], Enumerable.Range(0, 5).Select(i => work.Original(i, i + 1)));
    }

    [Fact]
    public void What_is_put_before_a_text_comes_from_its_first_character()
    {
        var work = Run([new PrependStep("__")], "😀b");
        Assert.Equal([(0, 2), (0, 2)], Enumerable.Range(0, 2).Select(i => work.Original(i, i + 1)));
        Assert.Equal(((0, 2), (2, 3)), (work.Original(2, 4), work.Original(4, 5)));
    }
}
