using static System.Globalization.UnicodeCategory;

namespace PureLora;

/// <summary>The sets that patterns name: <c>\p{..}</c>, <c>[:..:]</c>, <c>\s \d \w \h</c>, as Oniguruma has them in Unicode text.</summary>
internal static class CharProperties
{
    static readonly Dictionary<string, Func<CharSet>> Named = new()
    {
        ["l"] = Letters,
        ["letter"] = Letters,
        ["lu"] = () => CharSet.Of(UppercaseLetter),
        ["uppercaseletter"] = () => CharSet.Of(UppercaseLetter),
        ["ll"] = () => CharSet.Of(LowercaseLetter),
        ["lowercaseletter"] = () => CharSet.Of(LowercaseLetter),
        ["lt"] = () => CharSet.Of(TitlecaseLetter),
        ["titlecaseletter"] = () => CharSet.Of(TitlecaseLetter),
        ["lm"] = () => CharSet.Of(ModifierLetter),
        ["modifierletter"] = () => CharSet.Of(ModifierLetter),
        ["lo"] = () => CharSet.Of(OtherLetter),
        ["otherletter"] = () => CharSet.Of(OtherLetter),
        ["m"] = Marks,
        ["mark"] = Marks,
        ["mn"] = () => CharSet.Of(NonSpacingMark),
        ["nonspacingmark"] = () => CharSet.Of(NonSpacingMark),
        ["mc"] = () => CharSet.Of(SpacingCombiningMark),
        ["spacingmark"] = () => CharSet.Of(SpacingCombiningMark),
        ["me"] = () => CharSet.Of(EnclosingMark),
        ["enclosingmark"] = () => CharSet.Of(EnclosingMark),
        ["n"] = Numbers,
        ["number"] = Numbers,
        ["nd"] = Digits,
        ["decimalnumber"] = Digits,
        ["digit"] = Digits,
        ["nl"] = () => CharSet.Of(LetterNumber),
        ["letternumber"] = () => CharSet.Of(LetterNumber),
        ["no"] = () => CharSet.Of(OtherNumber),
        ["othernumber"] = () => CharSet.Of(OtherNumber),
        ["p"] = Punctuation,
        ["punctuation"] = Punctuation,
        ["pc"] = () => CharSet.Of(ConnectorPunctuation),
        ["pd"] = () => CharSet.Of(DashPunctuation),
        ["ps"] = () => CharSet.Of(OpenPunctuation),
        ["pe"] = () => CharSet.Of(ClosePunctuation),
        ["pi"] = () => CharSet.Of(InitialQuotePunctuation),
        ["pf"] = () => CharSet.Of(FinalQuotePunctuation),
        ["po"] = () => CharSet.Of(OtherPunctuation),
        ["s"] = Symbols,
        ["symbol"] = Symbols,
        ["sm"] = () => CharSet.Of(MathSymbol),
        ["sc"] = () => CharSet.Of(CurrencySymbol),
        ["sk"] = () => CharSet.Of(ModifierSymbol),
        ["so"] = () => CharSet.Of(OtherSymbol),
        ["z"] = () => CharSet.Of(SpaceSeparator, LineSeparator, ParagraphSeparator),
        ["separator"] = () => CharSet.Of(SpaceSeparator, LineSeparator, ParagraphSeparator),
        ["zs"] = () => CharSet.Of(SpaceSeparator),
        ["zl"] = () => CharSet.Of(LineSeparator),
        ["zp"] = () => CharSet.Of(ParagraphSeparator),
        ["c"] = () => CharSet.Of(Control, Format, Surrogate, PrivateUse, OtherNotAssigned),
        ["cc"] = () => CharSet.Of(Control),
        ["cntrl"] = () => CharSet.Of(Control),
        ["cf"] = () => CharSet.Of(Format),
        ["co"] = () => CharSet.Of(PrivateUse),
        ["cn"] = () => CharSet.Of(OtherNotAssigned),
        ["cs"] = () => CharSet.Of(Surrogate),
        ["any"] = () => CharSet.Of(0, 0x10FFFF),
        ["ascii"] = () => CharSet.Of(0, 0x7F),
        ["assigned"] = () => CharSet.Of(OtherNotAssigned).Not(),
        ["space"] = WhiteSpace,
        ["whitespace"] = WhiteSpace,
        ["word"] = Word,
        ["alpha"] = Alphabetic,
        ["alphabetic"] = Alphabetic,
        ["alnum"] = () => Alphabetic().Add(Digits()),
        ["blank"] = () => CharSet.Of(SpaceSeparator).Add('\t', '\t'),
        ["xdigit"] = HexDigits,
        ["punct"] = () => Punctuation().Add(Symbols().Meet(CharSet.Of(0, 0x7F))),
        ["han"] = () => Of([0x2E80, 0x2E99, 0x2E9B, 0x2EF3, 0x2F00, 0x2FD5, 0x3005, 0x3005, 0x3007, 0x3007, 0x3021, 0x3029, 0x3038, 0x303B,
            0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xF900, 0xFA6D, 0xFA70, 0xFAD9, 0x16FE2, 0x16FE3, 0x16FF0, 0x16FF1, 0x20000, 0x2A6DF, 0x2A700, 0x2B739,
            0x2B740, 0x2B81D, 0x2B820, 0x2CEA1, 0x2CEB0, 0x2EBE0, 0x2EBF0, 0x2EE5D, 0x2F800, 0x2FA1D, 0x30000, 0x3134A, 0x31350, 0x323AF]),
        ["hiragana"] = () => Of([0x3041, 0x3096, 0x309D, 0x309F, 0x1B001, 0x1B11F, 0x1B132, 0x1B132, 0x1B150, 0x1B152, 0x1F200, 0x1F200]),
        ["katakana"] = () => Of([0x30A1, 0x30FA, 0x30FD, 0x30FF, 0x31F0, 0x31FF, 0x32D0, 0x32FE, 0x3300, 0x3357, 0xFF66, 0xFF6F, 0xFF71, 0xFF9D,
            0x1AFF0, 0x1AFF3, 0x1AFF5, 0x1AFFB, 0x1AFFD, 0x1AFFE, 0x1B000, 0x1B000, 0x1B120, 0x1B122, 0x1B155, 0x1B155, 0x1B164, 0x1B167]),
        ["hangul"] = () => Of([0x1100, 0x11FF, 0x302E, 0x302F, 0x3131, 0x318E, 0x3200, 0x321E, 0x3260, 0x327E, 0xA960, 0xA97C, 0xAC00, 0xD7A3,
            0xD7B0, 0xD7C6, 0xD7CB, 0xD7FB, 0xFFA0, 0xFFBE, 0xFFC2, 0xFFC7, 0xFFCA, 0xFFCF, 0xFFD2, 0xFFD7, 0xFFDA, 0xFFDC]),
    };

    /// <summary>The set of a name, however it is cased and joined; null where the name is not known.</summary>
    public static CharSet? Find(string name) =>
        Named.GetValueOrDefault(name.Replace("_", "").Replace(" ", "").Replace("-", "").ToLowerInvariant())?.Invoke();

    public static CharSet WhiteSpace() =>
        CharSet.Of(SpaceSeparator, LineSeparator, ParagraphSeparator).Add('\t', '\r').Add(0x85, 0x85);

    public static CharSet Digits() => CharSet.Of(DecimalDigitNumber);

    public static CharSet Word() => Alphabetic().Add(Marks()).Add(Digits()).Add(CharSet.Of(ConnectorPunctuation));

    public static CharSet HexDigits() => CharSet.Of('0', '9').Add('a', 'f').Add('A', 'F');

    public static CharSet Marks() => CharSet.Of(NonSpacingMark, SpacingCombiningMark, EnclosingMark);

    static CharSet Letters() => CharSet.Of(UppercaseLetter, LowercaseLetter, TitlecaseLetter, ModifierLetter, OtherLetter);

    static CharSet Numbers() => CharSet.Of(DecimalDigitNumber, LetterNumber, OtherNumber);

    static CharSet Punctuation() => CharSet.Of(
        ConnectorPunctuation, DashPunctuation, OpenPunctuation, ClosePunctuation, InitialQuotePunctuation, FinalQuotePunctuation, OtherPunctuation);

    static CharSet Symbols() => CharSet.Of(MathSymbol, CurrencySymbol, ModifierSymbol, OtherSymbol);

    /// <summary>Letters, letter numbers and the circled and squared letters; the marks that are alphabetic too are left to <see cref="Word"/>.</summary>
    static CharSet Alphabetic() => Letters().Add(CharSet.Of(LetterNumber)).Add(0x24B6, 0x24E9).Add(0x1F130, 0x1F149).Add(0x1F150, 0x1F169).Add(0x1F170, 0x1F189);

    static CharSet Of(int[] ends)
    {
        var set = new CharSet();
        for (int i = 0; i < ends.Length; i += 2) set.Add(ends[i], ends[i + 1]);
        return set;
    }
}
