using System.Text;

namespace PureLora;

/// <summary>
/// Text from a file as an error message may show it: in quotes, on one line, no longer than a line. A hostile file
/// can name a tensor with line breaks, terminal codes or a million letters.
/// </summary>
internal static class Quote
{
    const int Longest = 120;

    public static string Name(string text)
    {
        var shown = new StringBuilder("'");
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, Longest)))
        {
            if (char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029')
                shown.Append($"\\u{(int)c:x4}");
            else
                shown.Append(c);
        }
        return shown.Append(text.Length > Longest ? "...'" : "'").ToString();
    }
}
