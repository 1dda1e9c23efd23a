using System.Globalization;

namespace PureLora.Jinja;

/// <summary><c>isdigit</c> and its kin: true where the text is not empty and all of its characters are of the kind.</summary>
internal static class StringTests
{
    static readonly Dictionary<string, Func<string, bool>> tests = new()
    {
        ["isalnum"] = text => All(text, c => IsLetter(c) || Number(c) >= 0),
        ["isalpha"] = text => All(text, IsLetter),
        ["isascii"] = text => text.All(char.IsAscii),
        ["isdecimal"] = text => All(text, c => CodePoints.Category(c) == UnicodeCategory.DecimalDigitNumber),
        ["isdigit"] = text => All(text, c => CharUnicodeInfo.GetDigitValue(Text(c), 0) >= 0),
        ["isidentifier"] = IsIdentifier,
        ["islower"] = text => IsLower(text),
        ["isnumeric"] = text => All(text, c => Number(c) >= 0),
        ["isprintable"] = text => text.Length == 0 || All(text, CodePoints.IsPrintable),
        ["isspace"] = text => All(text, CodePoints.IsSpace),
        ["istitle"] = IsTitle,
        ["isupper"] = text => IsUpper(text),
    };

    public static Func<string, bool>? Find(string name) => tests.GetValueOrDefault(name);

    public static bool IsLower(string text) => CodePoints.Of(text).Any(LetterCase.IsLower) && !CodePoints.Of(text).Any(c => LetterCase.IsUpper(c) || LetterCase.IsTitle(c));

    public static bool IsUpper(string text) => CodePoints.Of(text).Any(LetterCase.IsUpper) && !CodePoints.Of(text).Any(c => LetterCase.IsLower(c) || LetterCase.IsTitle(c));

    public static bool IsIdentifier(string text)
    {
        bool first = true;
        foreach (int code in CodePoints.Of(text))
        {
            bool starts = code == '_' || IsLetter(code) || CodePoints.Category(code) == UnicodeCategory.LetterNumber;
            bool goesOn = starts || CodePoints.Category(code) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.ConnectorPunctuation || code is 0xB7 or 0x387;
            if (!(first ? starts : goesOn)) return false;
            first = false;
        }
        return !first;
    }

    public static bool IsLetter(int code) => CodePoints.Category(code) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
        or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter;

    static bool All(string text, Func<int, bool> test) => text.Length > 0 && CodePoints.Of(text).All(test);

    static string Text(int code) => code is >= 0xD800 and < 0xE000 ? "\uFFFD" : char.ConvertFromUtf32(code);

    static double Number(int code) => CharUnicodeInfo.GetNumericValue(Text(code), 0);

    /// <summary>Words begin with a capital and go on small.</summary>
    static bool IsTitle(string text)
    {
        bool afterCased = false, any = false;
        foreach (int code in CodePoints.Of(text))
        {
            bool starts = LetterCase.IsUpper(code) || LetterCase.IsTitle(code), goesOn = LetterCase.IsLower(code);
            if (starts && afterCased || goesOn && !afterCased) return false;
            afterCased = starts || goesOn;
            any |= afterCased;
        }
        return any;
    }
}
