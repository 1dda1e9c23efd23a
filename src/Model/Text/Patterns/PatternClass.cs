namespace PureLora;

/// <summary>A class <c>[..]</c> of a regular expression, from behind its bracket: ranges, escapes, classes inside, <c>&amp;&amp;</c>.</summary>
internal sealed class PatternClass(PatternParser parser, int depth = 0)
{
    const int Deepest = 16;

    public CharSet Read()
    {
        if (depth == Deepest) throw new FormatException($"classes deeper than {Deepest}");
        bool negated = parser.TakeOne("^");
        var whole = new CharSet();
        var part = whole;
        bool first = true;
        for (; ; first = false)
        {
            if (parser.Next is null) throw new FormatException("a [ without its ]");
            if (!first && parser.TakeOne("]")) break;
            if (parser.TakeOne("&&"))
            {
                part = new CharSet();
                whole.Meet(part);
            }
            else if (parser.TakeOne("[:")) part.Add(Posix());
            else if (parser.TakeOne("[")) part.Add(new PatternClass(parser, depth + 1).Read());
            else ReadRange(part);
        }
        return negated ? whole.Not() : whole;
    }

    void ReadRange(CharSet into)
    {
        var (start, set) = ReadPoint();
        if (start is not { } from)
        {
            into.Add(set!);
            return;
        }
        // A hyphen at the end of a class is itself.
        if (parser.Next != '-' || !parser.TakeOne("-"))
        {
            into.Add(from, from);
            return;
        }
        if (parser.Next == ']')
        {
            into.Add(from, from).Add('-', '-');
            return;
        }
        var (end, other) = ReadPoint();
        if (end is not { } last) into.Add(from, from).Add('-', '-').Add(other!);
        else if (last < from) throw new FormatException("a range that runs backwards");
        else into.Add(from, last);
    }

    /// <summary>One character, or the set that an escape means.</summary>
    (int? Point, CharSet? Set) ReadPoint()
    {
        if (!parser.TakeOne("\\")) return (parser.Point(), null);
        if (parser.TakeOne("b")) return ('\b', null);
        var set = parser.Escape();
        return set.OnlyPoint is { } point ? (point, null) : (null, set);
    }

    CharSet Posix()
    {
        bool negated = parser.TakeOne("^");
        string name = "";
        while (parser.Next is char c && char.IsAsciiLetter(c)) name += (char)parser.Point();
        if (!parser.TakeOne(":]") || CharProperties.Find(name) is not { } set) throw new FormatException($"[:{name}");
        return negated ? set.Not() : set;
    }
}
