using System.Text;

namespace PureLora;

/// <summary>
/// The normal forms of Unicode (UAX 15). A decomposed character's parts come from it; a composed one comes from its
/// first part alone, as in the tokenizers library; what follows a part that was joined away keeps its place.
/// </summary>
internal sealed class UnicodeFormStep(bool compatible, bool compose) : ITextStep
{
    public void Apply(WorkText text)
    {
        if (!text.Stretches.Any(stretch => stretch.Id < 0 && MayChange(text.Of(stretch)))) return;
        var rewrite = new TextRewrite(text);
        foreach (var stretch in text.Stretches)
        {
            if (stretch.Id >= 0 || !MayChange(text.Of(stretch)))
            {
                rewrite.CopyWhole(stretch);
                continue;
            }
            var points = Decompose(text.Of(stretch));
            Write(compose ? Compose(points) : points, text, stretch, rewrite);
            rewrite.Close();
        }
        rewrite.Finish();
    }

    bool MayChange(ReadOnlySpan<char> text)
    {
        // Latin-1 is settled in form C; only ASCII is in all forms.
        if (!text.ContainsAnyExceptInRange('\0', compose && !compatible ? '\u02FF' : '\u007F')) return false;
        if (compatible || !compose) return true;
        foreach (var rune in text.EnumerateRunes())
        {
            if (!UnicodeTables.IsSettled(rune.Value)) return true;
        }
        return false;
    }

    /// <summary>Points in canonical order. Taken counts the characters of the text that a point stands for: 1, or 0 for a further part.</summary>
    List<(int Point, int Taken)> Decompose(ReadOnlySpan<char> text)
    {
        var points = new List<(int Point, int Taken)>(text.Length);
        var parts = new List<int>();
        foreach (var rune in text.EnumerateRunes())
        {
            parts.Clear();
            UnicodeTables.Decompose(rune.Value, compatible, parts);
            for (int i = 0; i < parts.Count; i++) points.Add((parts[i], i == 0 ? 1 : 0));
        }
        for (int start = 0; start < points.Count; start++)
        {
            if (UnicodeTables.ClassOf(points[start].Point) == 0) continue;
            int end = start + 1;
            while (end < points.Count && UnicodeTables.ClassOf(points[end].Point) != 0) end++;
            if (end - start > 1)
            {
                var sorted = points.GetRange(start, end - start).OrderBy(point => UnicodeTables.ClassOf(point.Point)).ToArray();
                for (int i = 0; i < sorted.Length; i++) points[start + i] = sorted[i];
            }
            start = end;
        }
        return points;
    }

    /// <summary>Joins each character to the last starter unless one of the same or a higher class stands between.</summary>
    static List<(int Point, int Taken)> Compose(List<(int Point, int Taken)> points)
    {
        var result = new List<(int Point, int Taken)>(points.Count);
        int starter = -1, lastClass = 0;
        foreach (var (point, taken) in points)
        {
            int own = UnicodeTables.ClassOf(point);
            bool adjacent = starter == result.Count - 1;
            if (starter >= 0 && (adjacent || (lastClass != 0 && lastClass < own)) && UnicodeTables.Join(result[starter].Point, point) is { } joined)
            {
                result[starter] = (joined, result[starter].Taken + taken);
                continue;
            }
            result.Add((point, taken));
            lastClass = own;
            if (own == 0) starter = result.Count - 1;
        }
        return result;
    }

    /// <summary>A point that takes characters comes from the first of them; one that takes none, from the last taken before.</summary>
    static void Write(List<(int Point, int Taken)> points, WorkText text, Stretch stretch, TextRewrite rewrite)
    {
        var chars = text.Chars.Span[stretch.Start..stretch.End];
        int at = 0;
        (int Start, int End) last = (0, 0);
        foreach (var (point, taken) in points)
        {
            for (int i = 0; i < taken; i++)
            {
                Rune.DecodeFromUtf16(chars[at..], out _, out int width);
                var origin = text.Original(stretch.Start + at, stretch.Start + at + width);
                if (i == 0) rewrite.Put(new Rune(point), origin);
                last = origin;
                at += width;
            }
            if (taken == 0) rewrite.Put(new Rune(point), last);
        }
    }
}
