using System.Text;

namespace PureLora.Jinja;

/// <summary><c>repr</c> of a text: single quotes unless only they stand in it, and escapes for what cannot be printed.</summary>
internal static class TextRepr
{
    public static string Of(string text, bool ascii = false)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var shown = new StringBuilder(text.Length + 2).Append(quote);
        foreach (int code in CodePoints.Of(text))
            if (code is >= ' ' and < 127 && code != quote && code != '\\') shown.Append((char)code);
            else Escape(shown, code, quote, ascii);
        return shown.Append(quote).ToString();
    }

    static void Escape(StringBuilder shown, int code, char quote, bool ascii)
    {
        if (code == quote || code == '\\') shown.Append('\\').Append((char)code);
        else if (code == '\n') shown.Append("\\n");
        else if (code == '\r') shown.Append("\\r");
        else if (code == '\t') shown.Append("\\t");
        else if (!ascii && CodePoints.IsPrintable(code)) CodePoints.Append(shown, code);
        else shown.Append(code < 0x100 ? $"\\x{code:x2}" : code < 0x10000 ? $"\\u{code:x4}" : $"\\U{code:x8}");
    }
}
