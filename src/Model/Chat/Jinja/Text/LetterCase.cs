using System.Globalization;
using System.Text;

namespace PureLora.Jinja;

/// <summary>
/// Upper, lower and title case as Python has them: Unicode's full mappings, where one letter may become three, and the
/// sigma that ends a word. .NET maps letters one to one.
/// </summary>
internal static class LetterCase
{
    // Each word is a letter and what it becomes (Unicode's SpecialCasing.txt).
    const string Uppers =
        "ßSS ŉʼN ǰJ\u030c ΐΙ\u0308\u0301 ΰΥ\u0308\u0301 ևԵՒ ẖH\u0331 ẗT\u0308 ẘW\u030a ẙY\u030a ẚAʾ ὐΥ\u0313 ὒΥ\u0313\u0300 ὔΥ\u0313\u0301 ὖΥ\u0313\u0342 "
        + "ᾀἈΙ ᾁἉΙ ᾂἊΙ ᾃἋΙ ᾄἌΙ ᾅἍΙ ᾆἎΙ ᾇἏΙ ᾈἈΙ ᾉἉΙ ᾊἊΙ ᾋἋΙ ᾌἌΙ ᾍἍΙ ᾎἎΙ ᾏἏΙ ᾐἨΙ ᾑἩΙ ᾒἪΙ ᾓἫΙ ᾔἬΙ ᾕἭΙ ᾖἮΙ ᾗἯΙ ᾘἨΙ ᾙἩΙ ᾚἪΙ ᾛἫΙ ᾜἬΙ ᾝἭΙ ᾞἮΙ ᾟἯΙ "
        + "ᾠὨΙ ᾡὩΙ ᾢὪΙ ᾣὫΙ ᾤὬΙ ᾥὭΙ ᾦὮΙ ᾧὯΙ ᾨὨΙ ᾩὩΙ ᾪὪΙ ᾫὫΙ ᾬὬΙ ᾭὭΙ ᾮὮΙ ᾯὯΙ ᾲᾺΙ ᾳΑΙ ᾴΆΙ ᾶΑ\u0342 ᾷΑ\u0342Ι ᾼΑΙ ῂῊΙ ῃΗΙ ῄΉΙ ῆΗ\u0342 ῇΗ\u0342Ι ῌΗΙ "
        + "ῒΙ\u0308\u0300 \u1fd3Ι\u0308\u0301 ῖΙ\u0342 ῗΙ\u0308\u0342 ῢΥ\u0308\u0300 \u1fe3Υ\u0308\u0301 ῤΡ\u0313 ῦΥ\u0342 ῧΥ\u0308\u0342 ῲῺΙ ῳΩΙ ῴΏΙ ῶΩ\u0342 ῷΩ\u0342Ι ῼΩΙ "
        + "\ufb00FF \ufb01FI \ufb02FL \ufb03FFI \ufb04FFL \ufb05ST \ufb06ST ﬓՄՆ ﬔՄԵ ﬕՄԻ ﬖՎՆ ﬗՄԽ";

    // Where title case is not upper case, apart from Georgian, which has none.
    const string Titles =
        "ßSs Ǆǅ ǅǅ ǆǅ Ǉǈ ǈǈ ǉǈ Ǌǋ ǋǋ ǌǋ Ǳǲ ǲǲ ǳǲ ևԵւ ᾀᾈ ᾁᾉ ᾂᾊ ᾃᾋ ᾄᾌ ᾅᾍ ᾆᾎ ᾇᾏ ᾈᾈ ᾉᾉ ᾊᾊ ᾋᾋ ᾌᾌ ᾍᾍ ᾎᾎ ᾏᾏ ᾐᾘ ᾑᾙ ᾒᾚ ᾓᾛ ᾔᾜ ᾕᾝ ᾖᾞ ᾗᾟ ᾘᾘ ᾙᾙ ᾚᾚ ᾛᾛ ᾜᾜ ᾝᾝ ᾞᾞ ᾟᾟ "
        + "ᾠᾨ ᾡᾩ ᾢᾪ ᾣᾫ ᾤᾬ ᾥᾭ ᾦᾮ ᾧᾯ ᾨᾨ ᾩᾩ ᾪᾪ ᾫᾫ ᾬᾬ ᾭᾭ ᾮᾮ ᾯᾯ ᾲᾺ\u0345 ᾳᾼ ᾴΆ\u0345 ᾷᾼ\u0342 ᾼᾼ ῂῊ\u0345 ῃῌ ῄΉ\u0345 ῇῌ\u0342 ῌῌ ῲῺ\u0345 ῳῼ ῴΏ\u0345 ῷῼ\u0342 ῼῼ "
        + "\ufb00Ff \ufb01Fi \ufb02Fl \ufb03Ffi \ufb04Ffl \ufb05St \ufb06St ﬓՄն ﬔՄե ﬕՄի ﬖՎն ﬗՄխ";

    static readonly Dictionary<int, string> uppers = Table(Uppers), titles = Table(Titles);

    static Dictionary<int, string> Table(string words) => words.Split(' ').ToDictionary(word => (int)word[0], word => word[1..]);

    public static string Upper(string text) => Map(text, (to, code, _) => AppendUpper(to, code));

    public static string Lower(string text) => Map(text, (to, code, at) => AppendLower(to, text, code, at));

    /// <summary>As for comparing: lower case, with ß as ss and every sigma alike.</summary>
    public static string Fold(string text) => Map(text, (to, code, _) =>
    {
        if (uppers.TryGetValue(code, out var upper)) to.Append(Lower(upper));
        else if (code == 'ς') to.Append('σ');
        else if (code == 'İ') to.Append("i\u0307");
        else CodePoints.Append(to, Simple(code, upper: false));
    });

    /// <summary>The first letter in title case, all others in lower case.</summary>
    public static string Capitalize(string text) => Map(text, (to, code, at) =>
    {
        if (at == 0) AppendTitle(to, code);
        else AppendLower(to, text, code, at);
    });

    /// <summary>Every letter after one that has no case in title case.</summary>
    public static string Title(string text)
    {
        bool afterCased = false;
        return Map(text, (to, code, at) =>
        {
            if (afterCased) AppendLower(to, text, code, at);
            else AppendTitle(to, code);
            afterCased = IsCased(code);
        });
    }

    public static string Swap(string text) => Map(text, (to, code, at) =>
    {
        if (IsUpper(code)) AppendLower(to, text, code, at);
        else if (IsLower(code)) AppendUpper(to, code);
        else CodePoints.Append(to, code);
    });

    public static bool IsUpper(int code) => CodePoints.Category(code) == UnicodeCategory.UppercaseLetter || code is >= 0x2160 and <= 0x216F or >= 0x24B6 and <= 0x24CF;

    public static bool IsLower(int code) => CodePoints.Category(code) == UnicodeCategory.LowercaseLetter
        || code is 'ª' or 'º' or >= 0x2B0 and <= 0x2B8 or >= 0x2170 and <= 0x217F or >= 0x24D0 and <= 0x24E9 or >= 0x1D2C and <= 0x1D6A;

    public static bool IsTitle(int code) => CodePoints.Category(code) == UnicodeCategory.TitlecaseLetter;

    public static bool IsCased(int code) => IsUpper(code) || IsLower(code) || IsTitle(code);

    static string Map(string text, Action<StringBuilder, int, int> append)
    {
        var to = new StringBuilder(text.Length);
        for (int at = 0; at < text.Length; at += CodePoints.UnitsAt(text, at))
            append(to, CodePoints.UnitsAt(text, at) == 2 ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at], at);
        return to.ToString();
    }

    static int Simple(int code, bool upper) =>
        !Rune.TryCreate(code, out var rune) ? code : (upper ? Rune.ToUpperInvariant(rune) : Rune.ToLowerInvariant(rune)).Value;

    static void AppendUpper(StringBuilder to, int code)
    {
        if (uppers.TryGetValue(code, out var special)) to.Append(special);
        else CodePoints.Append(to, Simple(code, upper: true));
    }

    static void AppendTitle(StringBuilder to, int code)
    {
        if (titles.TryGetValue(code, out var special)) to.Append(special);
        else if (code is >= 0x10D0 and <= 0x10FF) to.Append((char)code);
        else AppendUpper(to, code);
    }

    static void AppendLower(StringBuilder to, string text, int code, int at)
    {
        if (code == 'İ') to.Append("i\u0307");
        else if (code == 'Σ') to.Append(EndsWord(text, at) ? 'ς' : 'σ');
        else CodePoints.Append(to, Simple(code, upper: false));
    }

    /// <summary>A cased letter before, none after, with marks and apostrophes overlooked.</summary>
    static bool EndsWord(string text, int at)
    {
        int before = at - 1, after = at + 1;
        while (before >= 0 && IsIgnored(text[before])) before--;
        while (after < text.Length && IsIgnored(text[after])) after++;
        return before >= 0 && IsCased(At(text, char.IsLowSurrogate(text[before]) && before > 0 ? before - 1 : before)) && (after == text.Length || !IsCased(At(text, after)));
    }

    static int At(string text, int at) => CodePoints.UnitsAt(text, at) == 2 ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at];

    static bool IsIgnored(char c) => c is '\'' or '.' or ':' or '·' or '\u2019' or '\u2018' or '\u2024' or '\u2027' || char.GetUnicodeCategory(c)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
