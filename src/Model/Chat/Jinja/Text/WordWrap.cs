using System.Text;

namespace PureLora.Jinja;

/// <summary>Python's <c>textwrap.wrap</c> as Jinja calls it: lines of a width, broken at spaces, after hyphens, or within long words.</summary>
internal sealed class WordWrap(int width, bool breakLongWords, bool breakOnHyphens)
{
    public List<string> Lines(string text)
    {
        if (width <= 0) throw PythonError.Value($"invalid width {width} (must be > 0)");
        var chunks = new Queue<string>(Chunks(text));
        var lines = new List<string>();
        string? rest = null;
        string Peek() => rest ?? chunks.Peek();
        void Take()
        {
            if (rest is null) chunks.Dequeue();
            else rest = null;
        }
        while (rest is not null || chunks.Count > 0)
        {
            // Spaces at the beginning of a line go, unless it is the first.
            if (lines.Count > 0 && IsBlank(Peek()))
            {
                Take();
                if (rest is null && chunks.Count == 0) break;
            }
            var line = new List<string>();
            int length = 0;
            while ((rest is not null || chunks.Count > 0) && length + CodePoints.Count(Peek()) <= width)
            {
                line.Add(Peek());
                length += CodePoints.Count(Peek());
                Take();
            }
            if ((rest is not null || chunks.Count > 0) && CodePoints.Count(Peek()) > width)
            {
                string word = Peek();
                if (breakLongWords)
                {
                    Take();
                    int cut = CodePoints.Offset(word, Cut(word, width - length));
                    line.Add(word[..cut]);
                    rest = word[cut..];
                }
                else if (line.Count == 0)
                {
                    Take();
                    line.Add(word);
                }
            }
            if (line.Count > 0 && IsBlank(line[^1])) line.RemoveAt(line.Count - 1);
            if (line.Count > 0) lines.Add(string.Concat(line));
        }
        return lines;
    }

    /// <summary>A long word is cut after its last hyphen that fits, if a letter stands before that.</summary>
    int Cut(string word, int room)
    {
        if (!breakOnHyphens || CodePoints.Count(word) <= room) return room;
        string fits = CodePoints.First(word, room);
        int hyphen = fits.LastIndexOf('-');
        return hyphen > 0 && fits[..hyphen].Any(c => c != '-') ? CodePoints.Count(fits[..(hyphen + 1)]) : room;
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
