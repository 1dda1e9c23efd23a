using CsCheck;

namespace PureLora.Tests;

public class UnicodeFormTests
{
    static WorkText Applied(string text, bool compatible, bool compose)
    {
        var work = new WorkText(text);
        new UnicodeFormStep(compatible, compose).Apply(work);
        return work;
    }

    static string Form(string text, bool compatible = false, bool compose = true) => Applied(text, compatible, compose).Chars.ToString();

    [Theory]
    [InlineData("A\u030A", "\u00C5")]                          // a pair
    [InlineData("\u212B", "\u00C5")]                           // a singleton, the angstrom sign
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]             // marks in the order of their classes
    [InlineData("a\u0331\u0302", "\u00E2\u0331")]              // marks join past a mark of a lower class
    [InlineData("a\u0307\u0302", "\u0227\u0302")]              // and not past one of the same class
    [InlineData("\u0958", "\u0915\u093C")]                     // excluded from composition
    [InlineData("\u0344", "\u0308\u0301")]                     // decomposes to marks and stays so
    [InlineData("\u1112\u1161\u11AB\u1100\u116E\u11A8", "\uD55C\uAD6D")] // Hangul by arithmetic
    [InlineData("\uAC00\u11A8", "\uAC01")]                     // a syllable and a trailing consonant
    [InlineData("\uAC01\u11A8", "\uAC01\u11A8")]               // a full syllable takes no more
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]         // above U+FFFF
    [InlineData("\U00011099\U000110BA", "\U0001109A")]
    [InlineData("\uFB01 \u2460", "\uFB01 \u2460")]             // compatibility forms stay
    [InlineData("\u0301a", "\u0301a")]                         // a mark with nothing before it
    public void Composition_follows_the_rules_of_form_C(string text, string expected) => Assert.Equal(expected, Form(text));

    [Theory]
    [InlineData("\uFB01\u2460\uFF21\u00BD", "fi1A1\u20442", "fi1A1\u20442")]
    [InlineData("\u1E9B\u0323", "s\u0323\u0307", "\u1E69")]    // the example of UAX 15
    [InlineData("\uFDFA", "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 \u0639\u0644\u064A\u0647 \u0648\u0633\u0644\u0645", null)]
    [InlineData("\uFF76\uFF9E", "\u30AB\u3099", "\u30AC")]
    public void Compatible_forms_give_up_what_only_looks_different(string text, string decomposed, string? composed)
    {
        Assert.Equal(decomposed, Form(text, compatible: true, compose: false));
        Assert.Equal(composed ?? decomposed, Form(text, compatible: true));
    }

    [Fact]
    public void Form_D_takes_apart() => Assert.Equal("A\u030Ae\u0301\u1112\u1161\u11AB", Form("\u00C5\u00E9\uD55C", compose: false));

    [Fact]
    public void A_composed_character_comes_from_its_first_part_and_parts_from_their_whole()
    {
        var composed = Applied("xe\u0301y", compatible: false, compose: true);
        Assert.Equal(((1, 2), (3, 4)), (composed.Original(1, 2), composed.Original(2, 3)));
        var apart = Applied("x\uFB01\U0001D15Ey", compatible: true, compose: false);
        Assert.Equal([(1, 2), (1, 2), (2, 4), (2, 4), (4, 5)], [apart.Original(1, 2), apart.Original(2, 3), apart.Original(3, 5), apart.Original(5, 7), apart.Original(7, 8)]);
    }

    [Fact]
    public void Doing_it_twice_changes_nothing()
    {
        var letter = Gen.OneOf(Gen.Char['\u00C0', '\u0370'], Gen.Char['\u0300', '\u0345'], Gen.Char['\u1100', '\u11FF'], Gen.Char['\u0900', '\u0DFF'], Gen.Char['a', 'z'], Gen.Char['\uFF00', '\uFFEF']);
        Gen.Select(letter.Array[0, 30], Gen.Bool, Gen.Bool).Sample((chars, compatible, compose) =>
        {
            string once = Form(new string(chars), compatible, compose);
            return once == Form(once, compatible, compose);
        }, iter: 2000);
    }

    [Fact]
    public void Composition_undoes_decomposition()
    {
        var letter = Gen.OneOf(Gen.Char['\u00C0', '\u0370'], Gen.Char['\u1E00', '\u1EFF'], Gen.Char['\uAC00', '\uD7A3'], Gen.Char['\u0300', '\u0345']);
        letter.Array[0, 20].Sample(chars =>
        {
            string composed = Form(new string(chars));
            return composed == Form(Form(composed, compose: false));
        }, iter: 2000);
    }
}
