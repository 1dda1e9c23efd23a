using System.Text;

namespace PureLora;

/// <summary>What error messages say about words: the known one nearest to a mistyped one, and any text on one line.</summary>
static class Spelling
{
    const int MostShown = 80;

    /// <summary>The known word with the fewest edits to <paramref name="word"/>, or that contains it; null if none is known.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        // Half of a long name (`epochs`, `batch_size`) is farther in edits than a short word that means something else.
        var bare = word.TrimStart('-');
        return known.MinBy(k => bare.Length >= 4 && k.Contains(bare, StringComparison.Ordinal) ? 1 : Edits(word, k));
    }

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
}
