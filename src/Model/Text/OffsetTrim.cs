using System.Text;

namespace PureLora;

/// <summary>Takes the spaces at a token's ends out of its offsets, as <c>trim_offsets</c> asks; counted in code points.</summary>
internal static class OffsetTrim
{
    // A space as a byte-level token has it.
    static readonly Rune Space = new(ByteLevel.CharOf((byte)' '));

    /// <param name="text">The original, which the offsets point into.</param>
    /// <param name="token">The token as written.</param>
    /// <param name="offset">UTF-16 units.</param>
    /// <param name="isFirst">The first token of the text.</param>
    /// <param name="addPrefixSpace">One leading space at the start of the text was put there, and is not taken out.</param>
    public static (int Start, int End) Apply(string text, string token, (int Start, int End) offset, bool isFirst, bool addPrefixSpace)
    {
        int leading = 0, trailing = 0, length = 0;
        foreach (var rune in token.EnumerateRunes())
        {
            bool space = rune == Space || Rune.IsWhiteSpace(rune);
            if (space && leading == length) leading++;
            trailing = space ? trailing + 1 : 0;
            length++;
        }
        if (leading == 1 && addPrefixSpace && (isFirst || offset.Start == 0)) leading = 0;
        var (start, end) = offset;
        for (; leading > 0 && start < end; leading--) start += IsPair(text, start) ? 2 : 1;
        for (; trailing > 0 && end > start; trailing--) end -= end - start > 1 && IsPair(text, end - 2) ? 2 : 1;
        return (start, end);
    }

    static bool IsPair(string text, int at) => at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]);
}
