using System.Text;

namespace PureLora;

/// <summary>What error messages say about words: the known one nearest to a mistyped one, and any text on one line.</summary>
static class Spelling
{
    const int MostShown = 80;

    /// <summary>
    /// The known word that <paramref name="word"/> was meant to be: another program's name for it, one that contains it,
    /// or the one with the fewest edits; null where even that one differs in more than a third of its letters.
    /// </summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        var all = known.ToList();
        if (ForeignNames.Meant(word, all) is { } meant)
            return meant;
        // Half of a long name (`checkpointing`, `module`) is farther in edits than a short word that means something else.
        var bare = word.TrimStart('-');
        int Distance(string k) => bare.Length >= 4 && k.Contains(bare, StringComparison.Ordinal) ? 1 : Edits(word, k);
        return all.MinBy(Distance) is { } nearest && Distance(nearest) <= (Math.Min(bare.Length, nearest.TrimStart('-').Length) + 1) / 3 ? nearest : null;
    }

    /// <summary>The sentence that names the nearest word, or <paramref name="otherwise"/> where none is near.</summary>
    public static string Advice(string word, IEnumerable<string> known, string otherwise) =>
        Nearest(word, known) is { } nearest ? $"Write {nearest} if you meant that." : otherwise;

    /// <summary>Text in single quotes, on one line, cut where it is long.</summary>
    public static string Quote(string text)
    {
        var shown = new StringBuilder("'");
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MostShown)))
            shown.Append(char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' ? $"\\u{(int)c:x4}" : c);
        return shown.Append(text.Length > MostShown ? "...'" : "'").ToString();
    }

    /// <summary>`a, b or c`.</summary>
    public static string AnyOf(IReadOnlyList<string> words) =>
        words.Count == 1 ? words[0] : $"{string.Join(", ", words.Take(words.Count - 1))} or {words[^1]}";

    static int Edits(string a, string b)
    {
        // A word longer than any key is as far as its length; the cut bounds the work on hostile input.
        if (a.Length > 256)
            return a.Length;
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int here = Math.Min(diagonal + (a[i - 1] == b[j - 1] ? 0 : 1), 1 + Math.Min(row[j], row[j - 1]));
                (diagonal, row[j]) = (row[j], here);
            }
        }
        return row[b.Length];
    }

    /// <summary>1 step, 2 steps.</summary>
    public static string Count(long number, string what) => $"{number:N0} {what}{(number == 1 ? "" : "s")}";
}
