using System.Globalization;
using System.Text;

namespace PureLora;

/// <summary>One entry of <c>added_tokens</c>: a text that is one token wherever it stands.</summary>
internal sealed record AddedToken(int Id, string Content, bool Special, bool Normalized, bool TakesLeft, bool TakesRight, bool SingleWord);

/// <summary>
/// Finds added tokens in a text before anything else looks at it: first those that are matched in the text as it is,
/// then, in what is left and after normalization, the others. The leftmost wins, the longest of equals.
/// </summary>
internal sealed class AddedTokens
{
    readonly TextNormalizer normalizer;
    readonly Trie asGiven = new(), afterNormalization = new();

    public AddedTokens(IEnumerable<AddedToken> tokens, TextNormalizer normalizer)
    {
        this.normalizer = normalizer;
        foreach (var token in tokens)
        {
            if (token.Normalized) afterNormalization.Add(normalizer.Apply(token.Content), token);
            else asGiven.Add(token.Content, token);
        }
    }

    /// <summary>The text in order: an added token (its id) or a normalized stretch between them (its text).</summary>
    public IEnumerable<(int Id, string? Text)> Split(string text)
    {
        foreach (var (id, raw) in Cut(text, asGiven))
        {
            if (raw is null) yield return (id, null);
            else
            {
                foreach (var part in Cut(normalizer.Apply(raw), afterNormalization)) yield return part;
            }
        }
    }

    static IEnumerable<(int Id, string? Text)> Cut(string text, Trie trie)
    {
        int done = 0;
        for (int at = 0; trie.Find(text, at) is { } match; at = match.End)
        {
            var token = match.Token;
            int start = match.Start, end = match.End;
            if (token.SingleWord && (EndsInWord(text.AsSpan(0, start)) || StartsWithWord(text.AsSpan(end)))) continue;
            if (token.TakesLeft) start = Math.Max(done, text.AsSpan(0, start).TrimEnd().Length);
            if (token.TakesRight) end = text.Length - text.AsSpan(end).TrimStart().Length;
            // A token of spaces can lie in what its neighbour has taken.
            if (end <= done) continue;
            if (start > done) yield return (0, text[done..start]);
            yield return (token.Id, null);
            done = end;
        }
        if (done < text.Length) yield return (0, text[done..]);
    }

    static bool EndsInWord(ReadOnlySpan<char> text) => Rune.DecodeLastFromUtf16(text, out var rune, out _) == default && IsWord(rune);

    static bool StartsWithWord(ReadOnlySpan<char> text) => Rune.DecodeFromUtf16(text, out var rune, out _) == default && IsWord(rune);

    static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
        or UnicodeCategory.EnclosingMark or UnicodeCategory.LetterNumber;

    /// <summary>All contents, letter by letter.</summary>
    sealed class Trie
    {
        readonly Dictionary<(int Node, char Letter), int> steps = [];
        readonly List<AddedToken?> ends = [null];
        readonly HashSet<char> firsts = [];

        public void Add(string content, AddedToken token)
        {
            if (content.Length == 0) return;
            firsts.Add(content[0]);
            int node = 0;
            foreach (char letter in content)
            {
                if (!steps.TryGetValue((node, letter), out int next))
                {
                    next = ends.Count;
                    steps[(node, letter)] = next;
                    ends.Add(null);
                }
                node = next;
            }
            ends[node] = token;
        }

        public (int Start, int End, AddedToken Token)? Find(string text, int from)
        {
            for (int start = from; start < text.Length; start++)
            {
                if (!firsts.Contains(text[start])) continue;
                (int, int, AddedToken)? longest = null;
                for (int node = 0, at = start; at < text.Length && steps.TryGetValue((node, text[at]), out node); at++)
                {
                    if (ends[node] is { } token) longest = (start, at + 1, token);
                }
                if (longest is not null) return longest;
            }
            return null;
        }
    }
}
