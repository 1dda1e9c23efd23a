using System.Text;

namespace PureLora.Jinja;

/// <summary>Python's <c>textwrap.wrap</c> as Jinja calls it: lines of a width, broken at spaces, after hyphens, or within long words.</summary>
internal sealed class WordWrap(int width, bool breakLongWords, bool breakOnHyphens)
{
    public List<string> Lines(string text)
    {
        if (width <= 0) throw PythonError.Value($"invalid width {width} (must be > 0)");
        var lines = new List<string>();
        var chunks = Chunks(text).GetEnumerator();
        // A chunk and how much of it earlier lines have taken, in UTF-16 units and in code points.
        bool any = chunks.MoveNext();
        int at = 0, left = any ? CodePoints.Count(chunks.Current) : 0;
        void Take()
        {
            any = chunks.MoveNext();
            (at, left) = (0, any ? CodePoints.Count(chunks.Current) : 0);
        }
        while (any)
        {
            // Spaces at the beginning of a line go, unless it is the first.
            if (lines.Count > 0 && IsBlank(chunks.Current))
            {
                Take();
                if (!any) break;
            }
            var line = new List<string>();
            int length = 0;
            for (; any && length + left <= width; Take())
            {
                line.Add(chunks.Current[at..]);
                length += left;
            }
            if (any && left > width && breakLongWords)
            {
                int room = Cut(chunks.Current, at, width - length), end = at;
                for (int i = 0; i < room; i++) end += CodePoints.UnitsAt(chunks.Current, end);
                line.Add(chunks.Current[at..end]);
                (at, left) = (end, left - room);
            }
            else if (any && left > width && line.Count == 0)
            {
                line.Add(chunks.Current[at..]);
                Take();
            }
            if (line.Count > 0 && IsBlank(line[^1])) line.RemoveAt(line.Count - 1);
            if (line.Count > 0) lines.Add(string.Concat(line));
        }
        return lines;
    }

    /// <summary>A long word is cut after its last hyphen that fits, if another sign stands before that.</summary>
    int Cut(string word, int at, int room)
    {
        if (!breakOnHyphens) return room;
        int end = at, hyphen = -1;
        bool other = false;
        for (int i = 0; i < room; i++, end += CodePoints.UnitsAt(word, end))
        {
            if (word[end] != '-') other = true;
            else if (other) hyphen = i;
        }
        return hyphen > 0 ? hyphen + 1 : room;
    }

    static bool IsBlank(string chunk) => chunk.All(c => CodePoints.IsSpace(c));

    static bool IsSeparator(char c) => c is '\t' or '\n' or '\v' or '\f' or '\r' or ' ';

    IEnumerable<string> Chunks(string text)
    {
        var chunk = new StringBuilder();
        for (int at = 0; at < text.Length; at++)
        {
            if (at > 0 && (IsSeparator(text[at]) != IsSeparator(text[at - 1]) || breakOnHyphens && BreaksBefore(text, at)))
            {
                yield return chunk.ToString();
                chunk.Clear();
            }
            chunk.Append(text[at]);
        }
        if (chunk.Length > 0) yield return chunk.ToString();
    }

    static bool IsWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '!' or '"' or '\'' or '&' or '.' or ',' or '?';

    static bool IsLetter(char c) => char.IsLetter(c) || c == '_';

    /// <summary>After the hyphen of a compound word, and at both sides of a dash of two hyphens or more.</summary>
    static bool BreaksBefore(string text, int at)
    {
        if (text[at - 1] == '-' && text[at] != '-')
        {
            int start = at - 1;
            while (start > 0 && text[start - 1] == '-') start--;
            if (at - start >= 2) return IsWordAt(text, at) && start > 0 && IsWord(text[start - 1]);
            // Two letters on each side, or a letter, a hyphen and a letter: "a-b-c".
            bool before = at >= 3 && IsLetter(text[at - 2]) && (IsLetter(text[at - 3]) || text[at - 3] == '-' && at >= 4 && IsLetter(text[at - 4]));
            bool after = at + 1 < text.Length && IsLetter(text[at]) && (IsLetter(text[at + 1]) || text[at + 1] == '-' && at + 2 < text.Length && IsLetter(text[at + 2]));
            return before && after;
        }
        if (text[at] != '-' || text[at - 1] == '-' || !IsWord(text[at - 1])) return false;
        int end = at;
        while (end < text.Length && text[end] == '-') end++;
        return end - at >= 2 && IsWordAt(text, end);
    }

    static bool IsWordAt(string text, int at) => at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] == '_');
}
