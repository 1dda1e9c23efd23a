namespace PureLora.Jinja;

/// <summary>Finding a text in a text in linear time, by UTF-16 units: both are whole code points, so no match splits one.</summary>
internal static class Search
{
    /// <summary>The library's search is quick, and quadratic at worst; above this many comparisons ours takes over.</summary>
    const long WorstCase = 1 << 20;

    public static int IndexOf(string text, string part, int start)
    {
        int room = text.Length - start;
        if ((long)room * part.Length <= WorstCase || part.Length == 1) return start > text.Length ? -1 : text.IndexOf(part, start, StringComparison.Ordinal);
        var back = Borders(part);
        for (int at = start, matched = 0; at < text.Length; at++)
        {
            while (matched > 0 && text[at] != part[matched]) matched = back[matched - 1];
            if (text[at] == part[matched]) matched++;
            if (matched == part.Length) return at - matched + 1;
        }
        return -1;
    }

    /// <summary>Knuth, Morris and Pratt: how much of the part still matches after a mismatch.</summary>
    static int[] Borders(string part)
    {
        var back = new int[part.Length];
        for (int at = 1, matched = 0; at < part.Length; at++)
        {
            while (matched > 0 && part[at] != part[matched]) matched = back[matched - 1];
            if (part[at] == part[matched]) matched++;
            back[at] = matched;
        }
        return back;
    }

    public static int LastIndexOf(string text, string part)
    {
        if ((long)text.Length * part.Length <= WorstCase || part.Length == 1) return text.LastIndexOf(part, StringComparison.Ordinal);
        int found = IndexOf(Backwards(text), Backwards(part), 0);
        return found < 0 ? -1 : text.Length - found - part.Length;
    }

    static string Backwards(string text) => string.Create(text.Length, text, (to, from) =>
    {
        from.CopyTo(to);
        to.Reverse();
    });

    /// <summary>Where the part stands, matches not overlapping, at most so many; one between all characters where it is empty.</summary>
    public static IEnumerable<int> All(string text, string part, int most)
    {
        for (int at = 0; most > 0 && at <= text.Length; most--)
        {
            int found = part.Length == 0 ? at : IndexOf(text, part, at);
            if (found < 0) yield break;
            yield return found;
            at = part.Length > 0 ? found + part.Length : found < text.Length ? found + CodePoints.UnitsAt(text, found) : text.Length + 1;
        }
    }
}
