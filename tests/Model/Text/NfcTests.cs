using System.Globalization;
using CsCheck;

namespace PureLora.Tests;

public class NfcTests
{
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
    public void Composition_follows_the_rules_of_form_C(string text, string expected) => Assert.Equal(expected, Nfc.Compose(text));

    [Fact]
    public void Composing_twice_changes_nothing()
    {
        var letter = Gen.OneOf(Gen.Char['\u00C0', '\u0370'], Gen.Char['\u0300', '\u0345'], Gen.Char['\u1100', '\u11FF'], Gen.Char['\u0900', '\u0DFF'], Gen.Char['a', 'z']);
        letter.Array[0, 30].Sample(chars =>
        {
            string once = Nfc.Compose(new string(chars));
            return once == Nfc.Compose(once);
        }, iter: 2000);
    }

    [Fact]
    public void A_stand_in_has_the_category_of_what_it_stands_for()
    {
        var seen = new HashSet<UnicodeCategory>();
        for (int point = 0x10000; point <= 0x10FFFF; point++) seen.Add(CharUnicodeInfo.GetUnicodeCategory(point));
        Assert.True(seen.Count > 15);
        foreach (var category in seen) Assert.Equal(category, CharUnicodeInfo.GetUnicodeCategory(FlatText.StandIn(category)));
    }
}
