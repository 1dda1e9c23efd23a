using System.Text;

namespace PureLora;

/// <summary>
/// Reads a regular expression in the dialect of Oniguruma (its Ruby syntax, Unicode text). What has no meaning here
/// (captures that are used again, recursion, conditions) is refused by name. Groups are not remembered.
/// </summary>
internal sealed class PatternParser
{
    /// <summary>No pattern in use has a tenth of these.</summary>
    const int LongestPattern = 16384, DeepestGroup = 64, LargestCount = 1000;

    readonly string pattern;
    int at, depth;
    bool ignoreCase, dotAll;

    PatternParser(string pattern) => this.pattern = pattern;

    /// <exception cref="FormatException">What the pattern has that is not supported, in words that follow "a regular expression with".</exception>
    public static PatternNode Parse(string pattern)
    {
        if (pattern.Length > LongestPattern) throw new FormatException($"{pattern.Length} characters, more than {LongestPattern}");
        var parser = new PatternParser(pattern);
        var node = parser.Choice();
        return parser.at == pattern.Length ? node : throw new FormatException("a ) that closes nothing");
    }

    bool Ended => at >= pattern.Length;

    bool Take(string text)
    {
        if (string.CompareOrdinal(pattern, at, text, 0, text.Length) != 0) return false;
        at += text.Length;
        return true;
    }

    PatternNode Choice()
    {
        var (oldCase, oldDot) = (ignoreCase, dotAll);
        var options = new List<PatternNode> { Series() };
        while (Take("|")) options.Add(Series());
        (ignoreCase, dotAll) = (oldCase, oldDot);
        return options.Count == 1 ? options[0] : new PatternNode.Choice(options);
    }

    PatternNode Series()
    {
        var parts = new List<PatternNode>();
        while (!Ended && pattern[at] is not ('|' or ')'))
        {
            if (Part() is { } part) parts.Add(Repeated(part));
        }
        return parts.Count == 1 ? parts[0] : new PatternNode.Series(parts);
    }

    PatternNode Repeated(PatternNode part)
    {
        for (int stacked = 0; !Ended; stacked++)
        {
            int least, most;
            bool counted = false;
            if (Take("*")) (least, most) = (0, int.MaxValue);
            else if (Take("+")) (least, most) = (1, int.MaxValue);
            else if (Take("?")) (least, most) = (0, 1);
            else if (pattern[at] == '{' && Count(out least, out most)) counted = true;
            else break;
            if (stacked == DeepestGroup) throw new FormatException($"more than {DeepestGroup} repeats of one part");
            // {n}? repeats zero or one time, and a + after {n,m} repeats again: only * + ? have a possessive form.
            var appetite = Appetite.Greedy;
            if (!(counted && least == most) && Take("?")) appetite = Appetite.Lazy;
            else if (!counted && Take("+")) appetite = Appetite.Possessive;
            part = new PatternNode.Repeat(part, least, most, appetite);
        }
        return part;
    }

    /// <summary>{n}, {n,}, {,m} or {n,m}; anything else after a brace is text.</summary>
    bool Count(out int least, out int most)
    {
        int close = pattern.IndexOf('}', at);
        (least, most) = (0, 0);
        if (close < 0) return false;
        string[] ends = pattern[(at + 1)..close].Split(',');
        if (ends.Length > 2 || ends.All(end => end.Length == 0) || ends.Any(end => end.Any(c => !char.IsAsciiDigit(c)))) return false;
        least = Number(ends[0], 0);
        most = ends.Length == 1 ? least : Number(ends[1], int.MaxValue);
        if (least > most) throw new FormatException($"the repeat {pattern[at..(close + 1)]}");
        at = close + 1;
        return true;

        static int Number(string digits, int missing) =>
            digits.Length == 0 ? missing
            : digits.Length < 5 && int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture) is var n && n <= LargestCount ? n
            : throw new FormatException($"a repeat of {digits}");
    }

    PatternNode? Part()
    {
        int start = at;
        char c = pattern[at++];
        switch (c)
        {
            case '(': return Group();
            case '[': return Literal(new PatternClass(this).Read());
            case '.': return Literal(dotAll ? CharSet.Of(0, 0x10FFFF) : CharSet.Of('\n', '\n').Not());
            case '^': return new PatternNode.Anchor(AnchorKind.LineStart);
            case '$': return new PatternNode.Anchor(AnchorKind.LineEnd);
            case '*' or '+' or '?': throw new FormatException($"a {c} that repeats nothing");
            case '\\' when !Ended && Anchor(pattern[at]) is { } kind:
                at++;
                return new PatternNode.Anchor(kind);
            case '\\':
                return Literal(Escape());
            default:
                at = start;
                int point = Point();
                return Literal(CharSet.Of(point, point));
        }
    }

    static AnchorKind? Anchor(char letter) => letter switch
    {
        'A' => AnchorKind.TextStart,
        'z' => AnchorKind.TextEnd,
        'Z' => AnchorKind.TextEndOrLastBreak,
        'b' => AnchorKind.WordEdge,
        'B' => AnchorKind.NoWordEdge,
        _ => null,
    };

    PatternNode.Single Literal(CharSet set)
    {
        set.IgnoresCase = ignoreCase;
        return new PatternNode.Single(set.Finish());
    }

    PatternNode? Group()
    {
        if (++depth > DeepestGroup) throw new FormatException($"groups deeper than {DeepestGroup}");
        PatternNode? node;
        if (!Take("?")) node = Choice();
        else if (Take("#"))
        {
            at = Math.Max(at, pattern.IndexOf(')', at));
            node = null;
        }
        else if (Take(":")) node = Choice();
        else if (Take(">")) node = new PatternNode.Atomic(Choice());
        else if (Take("=")) node = new PatternNode.Look(Choice(), true, false);
        else if (Take("!")) node = new PatternNode.Look(Choice(), true, true);
        else if (Take("<=")) node = new PatternNode.Look(Choice(), false, false);
        else if (Take("<!")) node = new PatternNode.Look(Choice(), false, true);
        else if (Take("<"))
        {
            int close = pattern.IndexOf('>', at);
            if (close < 0) throw new FormatException("a group name without its end");
            at = close + 1;
            node = Choice();
        }
        else node = WithOptions();
        if (!Take(")")) throw new FormatException("a ( without its )");
        depth--;
        return node;
    }

    /// <summary><c>(?i:..)</c>, or <c>(?i)</c> that holds to the end of the group around it.</summary>
    PatternNode? WithOptions()
    {
        bool on = true;
        var (oldCase, oldDot) = (ignoreCase, dotAll);
        for (; !Ended; at++)
        {
            char c = pattern[at];
            if (c == '-') on = false;
            else if (c == 'i') ignoreCase = on;
            else if (c == 'm') dotAll = on;
            else break;
        }
        if (Take(":"))
        {
            var node = Choice();
            (ignoreCase, dotAll) = (oldCase, oldDot);
            return node;
        }
        if (Ended || pattern[at] != ')') throw new FormatException($"the group (?{(Ended ? "" : pattern[at])}");
        return null;
    }

    /// <summary>The code point here, which is then behind.</summary>
    internal int Point()
    {
        Rune.DecodeFromUtf16(pattern.AsSpan(at), out var rune, out int length);
        at += length;
        return rune.Value;
    }

    internal bool TakeOne(string text) => Take(text);

    internal char? Next => Ended ? null : pattern[at];

    /// <summary>What stands after a backslash: a set, often of one character.</summary>
    internal CharSet Escape()
    {
        if (Ended) throw new FormatException("a backslash at its end");
        char c = pattern[at];
        if (!char.IsAsciiLetterOrDigit(c))
        {
            int point = Point();
            return CharSet.Of(point, point);
        }
        at++;
        return c switch
        {
            's' => CharProperties.WhiteSpace(),
            'S' => CharProperties.WhiteSpace().Not(),
            'd' => CharProperties.Digits(),
            'D' => CharProperties.Digits().Not(),
            'w' => CharProperties.Word(),
            'W' => CharProperties.Word().Not(),
            'h' => CharProperties.HexDigits(),
            'H' => CharProperties.HexDigits().Not(),
            'p' => Property(false),
            'P' => Property(true),
            't' => CharSet.Of('\t', '\t'),
            'n' => CharSet.Of('\n', '\n'),
            'r' => CharSet.Of('\r', '\r'),
            'f' => CharSet.Of('\f', '\f'),
            'v' => CharSet.Of('\v', '\v'),
            'a' => CharSet.Of('\a', '\a'),
            'e' => CharSet.Of('\u001B', '\u001B'),
            'u' => Hex(4),
            'x' when Next == '{' => Hex(pattern.IndexOf('}', at) - at - 1, 1),
            'x' => Hex(2),
            _ => throw new FormatException($"\\{c}"),
        };
    }

    CharSet Hex(int digits, int around = 0)
    {
        int start = at + around;
        if (digits is < 1 or > 8 || start + digits > pattern.Length
            || !int.TryParse(pattern.AsSpan(start, digits), System.Globalization.NumberStyles.AllowHexSpecifier, null, out int point) || point is < 0 or > 0x10FFFF)
            throw new FormatException("a character number that is none");
        at = start + digits + around;
        return CharSet.Of(point, point);
    }

    CharSet Property(bool negated)
    {
        int close = pattern.IndexOf('}', at);
        if (Next != '{' || close < 0) throw new FormatException(@"\p without its {name}");
        string name = pattern[(at + 1)..close];
        at = close + 1;
        negated ^= name.StartsWith('^');
        var set = CharProperties.Find(name.TrimStart('^')) ?? throw new FormatException($"\\p{{{name}}}");
        return negated ? set.Not() : set;
    }
}
