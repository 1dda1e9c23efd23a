namespace PureLora.Jinja;

/// <summary>Python's ways of cutting a text: at spaces, at a separator, at line ends.</summary>
internal static class Splitting
{
    /// <summary><c>text.split(None, most)</c>: runs of spaces separate, none at the ends count.</summary>
    public static IEnumerable<string> Words(string text, int most = int.MaxValue)
    {
        int at = 0;
        while (true)
        {
            while (at < text.Length && CodePoints.IsSpace(text[at])) at++;
            if (at == text.Length) yield break;
            int start = at;
            if (most-- <= 0)
            {
                yield return text[start..];
                yield break;
            }
            while (at < text.Length && !CodePoints.IsSpace(text[at])) at++;
            yield return text[start..at];
        }
    }

    /// <summary><c>text.rsplit(None, most)</c>, the last word first.</summary>
    public static IEnumerable<string> WordsFromEnd(string text, int most)
    {
        int end = text.Length;
        while (true)
        {
            while (end > 0 && CodePoints.IsSpace(text[end - 1])) end--;
            if (end == 0) yield break;
            int stop = end;
            if (most-- <= 0)
            {
                yield return text[..stop];
                yield break;
            }
            while (end > 0 && !CodePoints.IsSpace(text[end - 1])) end--;
            yield return text[end..stop];
        }
    }

    public static IEnumerable<string> At(string text, string separator, int most)
    {
        int at = 0;
        foreach (int found in Search.All(text, separator, most))
        {
            yield return text[at..found];
            at = found + separator.Length;
        }
        yield return text[at..];
    }

    /// <summary>From the end, the last piece first.</summary>
    public static IEnumerable<string> FromEnd(string text, string separator, int most)
    {
        // The reversed text has the same cuts, read from its start.
        string backwards = Backwards(text);
        foreach (string piece in At(backwards, Backwards(separator), most)) yield return Backwards(piece);
    }

    static string Backwards(string text)
    {
        var letters = text.ToCharArray();
        Array.Reverse(letters);
        return new string(letters);
    }

    public static IEnumerable<string> Lines(string text, bool keepEnds = false)
    {
        for (int at = 0; at < text.Length;)
        {
            int end = at;
            while (end < text.Length && !CodePoints.IsLineEnd(text[end])) end++;
            int next = end == text.Length ? end : text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? end + 2 : end + 1;
            yield return text[at..(keepEnds ? next : end)];
            at = next;
        }
    }

    /// <summary>Without the given code points at its ends, or without spaces where none are given.</summary>
    public static string Strip(string text, string? letters, bool left, bool right)
    {
        var set = letters is null ? null : CodePoints.Of(letters).ToHashSet();
        bool Goes(int code) => set?.Contains(code) ?? CodePoints.IsSpace(code);
        int start = 0, end = text.Length;
        while (left && start < end)
        {
            int units = CodePoints.UnitsAt(text, start);
            if (!Goes(units == 2 ? char.ConvertToUtf32(text[start], text[start + 1]) : text[start])) break;
            start += units;
        }
        while (right && end > start)
        {
            int units = end - start > 1 && char.IsSurrogatePair(text[end - 2], text[end - 1]) ? 2 : 1;
            if (!Goes(units == 2 ? char.ConvertToUtf32(text[end - 2], text[end - 1]) : text[end - 1])) break;
            end -= units;
        }
        return text[start..end];
    }
}
