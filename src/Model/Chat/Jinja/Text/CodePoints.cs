using System.Globalization;
using System.Text;

namespace PureLora.Jinja;

/// <summary>Python's view of a UTF-16 text: code points, where a surrogate without its other half is one.</summary>
internal static class CodePoints
{
    public static int Count(string text)
    {
        int count = text.Length;
        for (int i = 1; i < text.Length; i++)
            if (char.IsSurrogatePair(text[i - 1], text[i]))
            {
                count--;
                i++;
            }
        return count;
    }

    public static int UnitsAt(string text, int at) => at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;

    /// <summary>Where code point <paramref name="index"/> begins, in UTF-16 units; the end for the one after the last.</summary>
    public static int Offset(string text, int index)
    {
        int at = 0;
        for (; index > 0; index--) at += UnitsAt(text, at);
        return at;
    }

    /// <summary>How many code points stand before a UTF-16 offset.</summary>
    public static int IndexOf(string text, int offset) => Count(text[..offset]);

    public static IEnumerable<int> Of(string text)
    {
        for (int at = 0; at < text.Length;)
        {
            int units = UnitsAt(text, at);
            yield return units == 2 ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at];
            at += units;
        }
    }

    public static void Append(StringBuilder to, int code)
    {
        if (code < 0x10000) to.Append((char)code);
        else to.Append(char.ConvertFromUtf32(code));
    }

    /// <summary>The first <paramref name="length"/> code points.</summary>
    public static string First(string text, int length) => length >= text.Length ? text : text[..Offset(text, Math.Min(length, Count(text)))];

    public static UnicodeCategory Category(int code) => CharUnicodeInfo.GetUnicodeCategory(code);

    /// <summary>Python's <c>str.isspace</c> of one: Unicode's spaces and the separators U+001C to U+001F.</summary>
    public static bool IsSpace(int code) => code < 0x10000 && (char.IsWhiteSpace((char)code) || code is >= 0x1C and <= 0x1F);

    /// <summary>Python's line ends, without the second half of CR LF.</summary>
    public static bool IsLineEnd(int code) => code is >= 0x0A and <= 0x0D or >= 0x1C and <= 0x1E or 0x85 or 0x2028 or 0x2029;

    /// <summary>Python's <c>str.isprintable</c> of one.</summary>
    public static bool IsPrintable(int code) => code == ' ' || Category(code) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
