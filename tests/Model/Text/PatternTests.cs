using System.Text;
using System.Text.RegularExpressions;
using CsCheck;

namespace PureLora.Tests;

/// <summary>The patterns of split steps, as Oniguruma reads them.</summary>
public class PatternTests
{
    static string[] Pieces(string pattern, string text)
    {
        var cuts = new List<(int Start, int Length, bool Match)>();
        Pattern.Of(pattern).Cut(text, new WorkLimit(text.Length), cuts);
        Assert.Equal(text, string.Concat(cuts.Select(cut => text.Substring(cut.Start, cut.Length))));
        return cuts.Select(cut => (cut.Match ? "" : "-") + text.Substring(cut.Start, cut.Length)).ToArray();
    }

    [Theory]
    [InlineData("a|ab", "abab", "a|-b|a|-b")]                    // the first alternative, not the longest
    [InlineData("ab?", "abaa", "ab|a|a")]
    [InlineData("a{2}", "aaaaa", "aa|aa|-a")]
    [InlineData("a{,2}b", "aaab", "-a|aab")]
    [InlineData("a{2,}", "aaaba", "aaa|-ba")]
    [InlineData("a{x}", "a{x}a", "a{x}|-a")]                     // no count, so text
    [InlineData("<.*?>", "<a><b>", "<a>|<b>")]                   // lazy
    [InlineData("a+?b", "aab", "aab")]
    [InlineData("a{1,2}?", "aaa", "a|a|a")]
    [InlineData("a{2}?", "aaa", "aa|-a|")]                       // zero or one time {2}
    [InlineData("a?+ab", "ab aab", "-ab |aab")]                  // possessive
    [InlineData("(?>a|ab)c", "abc", "-abc")]                     // atomic
    [InlineData("(?:ab)*+c", "ababc", "ababc")]
    [InlineData(@"\s+(?!\S)|\s+", "a   b", "-a|  | |-b")]
    [InlineData("a(?=b)", "abac", "a|-bac")]
    [InlineData("(?<=a)b", "abcb", "-a|b|-cb")]
    [InlineData("(?<!a|cc)b", "abxbccb", "-abx|b|-ccb")]
    [InlineData("(?i:AB)c", "abcaBCABc", "abc|-aBC|ABc")]
    [InlineData("(?i)é", "É", "É")]
    [InlineData("(?i:[a-c&&[^b]])", "ABC", "A|-B|C")]
    [InlineData("(?i:'s|k)", "'\u017F\u212A", "'\u017F|\u212A")] // the long s, the kelvin sign
    [InlineData("[^ab]", "abc", "-ab|c")]
    [InlineData("[]a]", "a]b", "a|]|-b")]                        // a bracket first is itself
    [InlineData("[a-]", "-a", "-|a")]
    [InlineData(@"[^(\s|[.,])]", "(a.b c|", "-(|a|-.|b|- |c|-|")] // a class in a class, as BLOOM has it
    [InlineData(@"[\p{L}&&[^x]]+", "axb", "a|-x|b")]
    [InlineData("[[:alpha:]]+", "ab1", "ab|-1")]
    [InlineData("[[:^alpha:]]+", "ab1", "-ab|1")]
    [InlineData(@"\p{^L}+|\P{Nd}", "a1", "a|1")]
    [InlineData(@"\h+\x41\x{1F600}\u0042", "1fA😀B", "1fA😀B")]
    [InlineData(@"\p{Han}+", "ab漢字𠮷か", "-ab|漢字𠮷|-か")]
    [InlineData("^b$", "a\nb\nc", "-a\n|b|-\nc")]                // ends of lines, as in Ruby
    [InlineData(@"\Ab|c\z", "bbcc", "b|-bc|c")]
    [InlineData(@"\bb+\b", "ab b", "-ab |b")]
    [InlineData("(?m:.)|.", "\na", "\n|a")]
    [InlineData("(?#words)a(?-i:B)", "aBab", "aB|-ab")]
    [InlineData(@"[\n-\r]", "\n\u000B\r ", "\n|\u000B|\r|- ")]
    public void Matches_are_those_of_the_dialect(string pattern, string text, string pieces) =>
        Assert.Equal(pieces, string.Join('|', Pieces(pattern, text)));

    [Theory]
    [InlineData(@"\p{L}", "𝔘", "𝔘")]
    [InlineData(@"\p{Lu}", "𝔘𝔞", "𝔘|-𝔞")]
    [InlineData(@"\p{N}{1,3}", "𝟘𝟙𝟚𝟛", "𝟘𝟙𝟚|𝟛")]
    [InlineData(@"[^\s\p{L}\p{N}]+", "😀👍a", "😀👍|-a")]
    [InlineData(@"[😀-😂]+", "😁a", "😁|-a")]
    [InlineData(@".(?<=😀)", "a😀", "-a|😀")]
    public void Characters_above_FFFF_are_one_character(string pattern, string text, string pieces) =>
        Assert.Equal(pieces, string.Join('|', Pieces(pattern, text)));

    [Theory]
    [InlineData("x*", "ab", "|-a||-b|")]
    [InlineData("(?=b)", "abb", "-a||-b||-b")]
    [InlineData("(a*)*", "aab", "aa|-b|")]                       // a loop over nothing ends
    [InlineData("(?:a|b*)*c", "abbac", "abbac")]
    [InlineData("(?:a*?)*?c", "aac", "aac")]
    public void Empty_matches_cut_but_not_where_the_last_one_ended(string pattern, string text, string pieces) =>
        Assert.Equal(pieces, string.Join('|', Pieces(pattern, text)));

    [Fact]
    public void White_space_and_words_are_those_of_Unicode()
    {
        string spaces = "\t\n\u000B\f\r \u0085\u00A0\u1680\u2000\u200A\u2028\u2029\u202F\u205F\u3000";
        Assert.Equal([spaces], Pieces(@"\s+", spaces));
        Assert.Equal(["-\u200B\u180E\uFEFF\u001C"], Pieces(@"\s+", "\u200B\u180E\uFEFF\u001C"));
        Assert.Equal(["aé漢_1\u0301\u2160ⓐ", "-²\u200D"], Pieces(@"\w+", "aé漢_1\u0301\u2160ⓐ²\u200D"));
    }

    static Gen<string> OneOf(params string[] words) => Gen.Int[0, words.Length - 1].Select(i => words[i]);

    /// <summary>Where the dialects agree, .NET's engine is another opinion.</summary>
    [Fact]
    public void Random_patterns_match_as_in_another_engine()
    {
        var atom = OneOf("a", "b", "c", "[ab]", "[^a]", ".", @"\s", @"\S", @"\p{L}", "(?=a)", "(?!b)");
        var repeat = OneOf("", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?");
        // Lazy repeats of groups that can match nothing make the other engine run for ever, or say nonsense; in counted ones an
        // empty round counts or not, by engine.
        var ofGroups = OneOf("", "", "*", "+", "?");
        var term = Gen.Select(atom, repeat, (a, r) => a.StartsWith("(?") ? a : a + r);
        var series = term.Array[1, 4].Select(string.Concat);
        var group = Gen.Select(series.Array[1, 3], ofGroups, OneOf("(?:", "("), (options, r, open) => $"{open}{string.Join('|', options)}){r}");
        var pattern = Gen.OneOf(series, group, group.Array[1, 3].Select(string.Concat)).Array[1, 2].Select(parts => string.Join('|', parts));
        int finished = 0;
        Gen.Select(pattern, Gen.Int[0, 3].Select(i => "abc "[i]).Array[0, 14]).Sample((source, chars) =>
        {
            string text = new(chars);
            var expected = new List<string>();
            int done = 0, last = -1;
            foreach (Match match in new Regex(source, RegexOptions.CultureInvariant).Matches(text))
            {
                if (match.Length == 0 && match.Index == last) continue;
                if (match.Index > done) expected.Add("-" + text[done..match.Index]);
                expected.Add(match.Value);
                done = last = match.Index + match.Length;
            }
            if (done < text.Length) expected.Add("-" + text[done..]);
            try
            {
                Assert.Equal(expected, Pieces(source, text));
                finished++;
            }
            catch (PureLoraException)
            {
            }
        }, iter: 5_000, threads: 1);
        Assert.True(finished > 4_900, $"{finished}");
    }

    [Theory]
    [InlineData("(a+)+b")]
    [InlineData("(a|a)*b")]
    [InlineData("(?:a*)*b|(?=(a+)+c)")]
    [InlineData("(?<=(?:a|aa){20})b|(a?){30}a{30}b")]
    public void A_pattern_that_explodes_is_one_error_in_bounded_time(string pattern)
    {
        string text = new('a', 5000);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var error = Assert.Throws<PureLoraException>(() => Pieces(pattern, text));
        Assert.StartsWith("tokenizer: a pattern's cost is above a million and 64 steps for each of the text's 5000 characters", error.Message);
        // It takes milliseconds; the limit leaves room for a busy machine.
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"{clock.Elapsed}");
    }

    [Fact]
    public void A_stand_alone_half_of_a_pair_is_passed_over()
    {
        var text = new StringBuilder().Append('\uDC00').Append("😀").Append('\uD83D').ToString();
        Assert.Equal(["-\uDC00", "😀", "-\uD83D"], Pieces(@"\p{So}", text));
    }
}
