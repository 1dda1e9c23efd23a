using System.Globalization;
using System.Text;

namespace PureLora.Jinja;

/// <summary>What a quoted text means: Python's escapes, unknown ones left as they are.</summary>
internal static class StringLiteral
{
    public static string Unescape(string literal, int line)
    {
        literal = Lexer.Newlines(literal);
        if (!literal.Contains('\\')) return literal;
        var text = new StringBuilder(literal.Length);
        for (int at = 0; at < literal.Length;)
        {
            char c = literal[at++];
            if (c == '\\') Escape(literal, ref at, text, line);
            else text.Append(c);
        }
        return text.ToString();
    }

    static void Escape(string literal, ref int at, StringBuilder text, int line)
    {
        char c = literal[at++];
        switch (c)
        {
            case '\n': break;
            case '\\' or '\'' or '"': text.Append(c); break;
            case 'a': text.Append('\a'); break;
            case 'b': text.Append('\b'); break;
            case 'f': text.Append('\f'); break;
            case 'n': text.Append('\n'); break;
            case 'r': text.Append('\r'); break;
            case 't': text.Append('\t'); break;
            case 'v': text.Append('\v'); break;
            case >= '0' and <= '7':
                int octal = c - '0';
                for (int i = 0; i < 2 && at < literal.Length && literal[at] is >= '0' and <= '7'; i++) octal = octal * 8 + literal[at++] - '0';
                text.Append((char)octal);
                break;
            case 'x': Hex(literal, ref at, 2, "truncated \\xXX escape", text, line); break;
            case 'u': Hex(literal, ref at, 4, "truncated \\uXXXX escape", text, line); break;
            case 'U': Hex(literal, ref at, 8, "truncated \\UXXXXXXXX escape", text, line); break;
            case 'N': throw PythonError.Syntax("characters by name, \\N{...}, are not supported", line);
            default:
                text.Append('\\');
                if (c < 128) text.Append(c);
                // Jinja writes what is not ASCII as an escape first, and the backslash then escapes that one's.
                else if (char.IsHighSurrogate(c) && at < literal.Length) text.Append(CultureInfo.InvariantCulture, $"U{char.ConvertToUtf32(c, literal[at++]):x8}");
                else text.Append(c < 0x100 ? $"x{(int)c:x2}" : $"u{(int)c:x4}");
                break;
        }
    }

    static void Hex(string literal, ref int at, int digits, string error, StringBuilder text, int line)
    {
        if (at + digits > literal.Length || !literal.AsSpan(at, digits).ToArray().All(char.IsAsciiHexDigit)) throw PythonError.Syntax(error, line);
        uint code = uint.Parse(literal.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (code > 0x10FFFF) throw PythonError.Syntax("illegal Unicode character", line);
        CodePoints.Append(text, (int)code);
        at += digits;
    }
}
