using System.Text;

namespace PureLora;

/// <summary>
/// UTF-8 that was once read as Windows-1252 (<c>Ã©</c> for é), or lost characters (U+FFFD). It stops the run when more than half of the
/// examples with a character outside of ASCII have some, and at least one in a hundred of all.
/// </summary>
sealed class Mojibake() : Check("mojibake")
{
    /// <summary>What Windows-1252 has at 0x80 to 0x9F, where Latin-1 has control characters.</summary>
    const string Upper = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

    public override string? Look(Encoded example, Vocabulary vocabulary)
    {
        foreach (var text in example.Texts)
            if (Find(text) is var (at, length) and not (-1, 0))
                return $"{Quoted.Of(text.Substring(at, length))} in {Quoted.Of(text[Math.Max(0, at - 12)..])}";
        return null;
    }

    public override bool Stops(long count, DataReport report) => count * 2 > report.NonAscii && count * 100 >= report.Looked;

    public override string Message(Tally tally, DataReport report) =>
        $"the text of {Spelling.Count(tally.Count, "example")}, of {report.NonAscii:N0} with a character outside of ASCII, is UTF-8 that was read in another encoding ({tally.What}), but training needs the characters that were meant. "
        + "Read the source as UTF-8 and write the file again";

    internal static bool HasNonAscii(Encoded example) => example.Texts.Any(text => !Ascii.IsValid(text));

    /// <summary>The first run of characters whose bytes in Windows-1252 are a UTF-8 sequence of two to four bytes.</summary>
    static (int At, int Length) Find(string text)
    {
        for (var i = text.AsSpan().IndexOfAnyExceptInRange('\0', '\u007F'); i >= 0 && i < text.Length; i++)
        {
            if (text[i] == '\uFFFD')
                return (i, 1);
            var length = Byte(text[i]) switch { >= 0xC2 and <= 0xDF => 2, >= 0xE0 and <= 0xEF => 3, >= 0xF0 and <= 0xF4 => 4, _ => 0 };
            if (length == 0 || i + length > text.Length || !text.AsSpan(i + 1, length - 1).ToArray().All(c => Byte(c) is >= 0x80 and <= 0xBF))
                continue;
            return (i, length);
        }
        return (-1, 0);
    }

    static int Byte(char c) => c < 0x100 ? c : Upper.IndexOf(c) is var at and >= 0 ? 0x80 + at : -1;
}
