using System.Globalization;

namespace PureLora.Jinja;

/// <summary>What stands between <c>{%</c> and <c>%}</c> or <c>{{</c> and <c>}}</c> as tokens, the end included.</summary>
internal sealed class CodeLexer(string source)
{
    static readonly string[] pairs = ["//", "**", "==", "!=", ">=", "<="];

    /// <summary>Where the last tag ended, with the white space that it takes.</summary>
    public int End { get; private set; }

    public static int SkipSpaces(string source, int at)
    {
        while (at < source.Length && CodePoints.IsSpace(source[at])) at++;
        return at;
    }

    /// <summary>The place after a tag's end with its sign, or -1: <c>-</c> takes white space, otherwise a block takes one line end.</summary>
    public static int EndOfTag(string source, int at, string end, bool plus, bool trims)
    {
        char sign = at < source.Length && (source[at] == '-' || plus && source[at] == '+') ? source[at++] : '\0';
        if (string.CompareOrdinal(source, at, end, 0, end.Length) != 0) return -1;
        at += end.Length;
        if (sign == '-') return SkipSpaces(source, at);
        return trims && sign == '\0' && at < source.Length && source[at] == '\n' ? at + 1 : at;
    }

    public IEnumerable<Token> Tokens(int at, int line, char kind)
    {
        var open = new Stack<char>();
        bool block = kind == '%';
        while (at < source.Length)
        {
            if (open.Count == 0 && EndOfTag(source, at, block ? "%}" : "}}", plus: block, trims: block) is >= 0 and var end)
            {
                yield return new Token(line, block ? "block_end" : "variable_end", "");
                End = end;
                yield break;
            }
            int next = SkipSpaces(source, at);
            if (next == at)
            {
                var (token, length) = One(at, line, open);
                yield return token;
                next = at + length;
            }
            line += source.AsSpan(at, next - at).Count('\n');
            at = next;
        }
        End = at;
    }

    (Token, int) One(int at, int line, Stack<char> open)
    {
        char c = source[at];
        if (char.IsAsciiDigit(c)) return Number(at, line);
        int name = NameLength(at);
        if (name > 0)
        {
            string word = source.Substring(at, name);
            return StringTests.IsIdentifier(word) ? (new Token(line, "name", word), name) : throw PythonError.Syntax("Invalid character in identifier", line);
        }
        if (c is '\'' or '"' && StringEnd(at) is > 0 and var end)
            return (new Token(line, "string", "", new TextValue(StringLiteral.Unescape(source[(at + 1)..end], line))), end + 1 - at);
        string? op = pairs.FirstOrDefault(p => string.CompareOrdinal(source, at, p, 0, 2) == 0) ?? (Token.Operators.ContainsKey(c.ToString()) ? c.ToString() : null);
        if (op is null)
            throw PythonError.Syntax($"unexpected char {TextRepr.Of(source.Substring(at, CodePoints.UnitsAt(source, at)))} at {CodePoints.IndexOf(source, at)}", line);
        Balance(c, line, open);
        return (new Token(line, Token.Operators[op], op), op.Length);
    }

    static void Balance(char c, int line, Stack<char> open)
    {
        if (c is '(' or '[' or '{') open.Push(c == '(' ? ')' : c == '[' ? ']' : '}');
        if (c is not (')' or ']' or '}')) return;
        if (open.Count == 0) throw PythonError.Syntax($"unexpected '{c}'", line);
        char expected = open.Pop();
        if (expected != c) throw PythonError.Syntax($"unexpected '{c}', expected '{expected}'", line);
    }

    int NameLength(int at)
    {
        int end = at;
        while (end < source.Length)
        {
            int units = CodePoints.UnitsAt(source, end), code = units == 2 ? char.ConvertToUtf32(source[end], source[end + 1]) : source[end];
            if (code != '_' && !StringTests.IsLetter(code) && CodePoints.Category(code) is not (UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.ConnectorPunctuation)) break;
            end += units;
        }
        return end - at;
    }

    /// <summary>Where the closing quote stands, or -1.</summary>
    int StringEnd(int at)
    {
        for (int i = at + 1; i < source.Length; i++)
        {
            if (source[i] == '\\') i++;
            else if (source[i] == source[at]) return i;
        }
        return -1;
    }

    (Token, int) Number(int at, int line)
    {
        // After a dot it is an element's number: a.0.1 has no float in it.
        int end = at > 0 && source[at - 1] == '.' ? -1 : FloatEnd(at);
        if (end > 0)
        {
            string text = source[at..end].Replace("_", "");
            return (new Token(line, "float", "", new FloatValue(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture))), end - at);
        }
        end = IntegerEnd(at);
        try
        {
            NumberParsing.TryInteger(source[at..end], 0, out var number);
            return (new Token(line, "integer", "", new IntValue(number)), end - at);
        }
        catch (PythonError e)
        {
            throw new PythonError(e.Kind, e.Message) { Line = line };
        }
    }

    int FloatEnd(int at)
    {
        int end = Digits(at);
        int fraction = end < source.Length && source[end] == '.' ? Digits(end + 1) : -1;
        int mantissa = fraction > end + 1 ? fraction : end;
        if (mantissa < source.Length && source[mantissa] is 'e' or 'E')
        {
            int start = mantissa + 1 < source.Length && source[mantissa + 1] is '+' or '-' ? mantissa + 2 : mantissa + 1;
            int exponent = Digits(start);
            if (exponent > start) return exponent;
        }
        return fraction > end + 1 ? fraction : -1;
    }

    /// <summary>The end of digits with single underscores between them.</summary>
    int Digits(int at)
    {
        int end = at;
        while (end < source.Length && (char.IsAsciiDigit(source[end]) || end > at && source[end] == '_' && end + 1 < source.Length && char.IsAsciiDigit(source[end + 1]))) end++;
        return end;
    }

    int IntegerEnd(int at)
    {
        string letters = at + 1 < source.Length && source[at] == '0' ? char.ToLowerInvariant(source[at + 1]) switch { 'x' => "0123456789abcdef", 'o' => "01234567", 'b' => "01", _ => "" } : "";
        int end = letters.Length > 0 ? at + 2 : at, first = end;
        if (letters.Length == 0) letters = source[at] == '0' ? "0" : "0123456789";
        bool Fits(int i) => i < source.Length && letters.Contains(char.ToLowerInvariant(source[i]));
        while (Fits(end) || end < source.Length && source[end] == '_' && Fits(end + 1) && (end > at)) end++;
        return end > first ? end : at + 1;
    }
}
