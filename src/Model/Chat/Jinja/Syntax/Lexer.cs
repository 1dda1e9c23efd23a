namespace PureLora.Jinja;

/// <summary>
/// A template as tokens, with Jinja's rules for white space: <c>trim_blocks</c> (no line end after a block),
/// <c>lstrip_blocks</c> (no spaces before a block that begins its line), <c>-</c> and <c>+</c>, and no last line end.
/// </summary>
internal sealed class Lexer
{
    readonly string source;
    readonly CodeLexer code;
    int at, line = 1;
    bool lineStarts = true;

    public Lexer(string template)
    {
        source = Newlines(template);
        if (source.EndsWith('\n')) source = source[..^1];
        code = new CodeLexer(source);
    }

    public static string Newlines(string text) => text.Contains('\r') ? text.Replace("\r\n", "\n").Replace('\r', '\n') : text;

    /// <summary>The tokens as they are asked for, so that the first error is the one that Jinja finds first.</summary>
    public IEnumerable<Token> Tokens()
    {
        while (at < source.Length)
        {
            int start = NextTag(out char kind);
            if (start < 0)
            {
                yield return new Token(line, "data", source[at..]);
                break;
            }
            int inside = start + 2;
            char sign = inside < source.Length && source[inside] is '-' or '+' ? source[inside++] : '\0';
            int raw = kind == '%' ? AfterRaw(inside, "raw", false) : -1;
            var text = Text(start, sign, strips: kind != '{');
            if (text.Text.Length > 0) yield return text;
            Move(raw >= 0 ? raw : inside);
            if (raw >= 0)
            {
                var body = Raw();
                if (body.Text.Length > 0) yield return body;
            }
            else if (kind == '#')
                Comment();
            else
            {
                yield return new Token(line, kind == '%' ? "block_begin" : "variable_begin", "");
                foreach (var token in code.Tokens(at, line, kind)) yield return token;
                Move(code.End);
            }
        }
    }

    int NextTag(out char kind)
    {
        for (int i = at; (i = source.IndexOf('{', i)) >= 0 && i + 1 < source.Length; i++)
        {
            kind = source[i + 1];
            if (kind is '%' or '{' or '#') return i;
        }
        kind = '\0';
        return -1;
    }

    /// <summary>The text before a tag, and the place at the tag.</summary>
    Token Text(int end, char sign, bool strips)
    {
        string text = source[at..end];
        int from = line;
        if (sign == '-')
            text = Splitting.Strip(text, null, left: false, right: true);
        else if (sign != '+' && strips)
        {
            int lineStart = text.LastIndexOf('\n') + 1;
            if ((lineStart > 0 || lineStarts) && text.AsSpan(lineStart).ToArray().All(c => CodePoints.IsSpace(c))) text = text[..lineStart];
        }
        Move(end);
        return new Token(from, "data", text);
    }

    void Move(int to)
    {
        line += source.AsSpan(at, to - at).Count('\n');
        if (to > at) lineStarts = source[to - 1] == '\n';
        at = to;
    }

    /// <summary>Where <c>raw %}</c> or <c>endraw %}</c> ends; -1 where it does not stand here.</summary>
    int AfterRaw(int place, string word, bool trims)
    {
        place = CodeLexer.SkipSpaces(source, place);
        if (string.CompareOrdinal(source, place, word, 0, word.Length) != 0) return -1;
        place = CodeLexer.SkipSpaces(source, place + word.Length);
        return CodeLexer.EndOfTag(source, place, "%}", plus: trims, trims);
    }

    Token Raw()
    {
        for (int start = at; (start = source.IndexOf("{%", start, StringComparison.Ordinal)) >= 0; start++)
        {
            int inside = start + 2;
            char sign = inside < source.Length && source[inside] is '-' or '+' ? source[inside++] : '\0';
            int end = AfterRaw(inside, "endraw", true);
            if (end < 0) continue;
            var text = Text(start, sign, strips: true);
            Move(end);
            return text;
        }
        throw PythonError.Syntax("Missing end of raw directive", line);
    }

    void Comment()
    {
        int close = source.IndexOf("#}", at, StringComparison.Ordinal);
        if (close < 0) throw PythonError.Syntax("Missing end of comment tag", line);
        bool signed = close > at && source[close - 1] is '-' or '+';
        Move(CodeLexer.EndOfTag(source, signed && close > at ? close - 1 : close, "#}", plus: true, trims: true));
    }
}
