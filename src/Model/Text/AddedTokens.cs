using System.Buffers;
using System.Text;

namespace PureLora;

/// <summary>
/// One entry of <c>added_tokens</c>: a text that is one token wherever it stands. It may be matched before or after
/// normalization, take the white space at its sides with it, or count only as a word of its own.
/// </summary>
internal sealed record AddedToken(int Id, string Content, bool Special, bool Normalized, bool TakesLeft, bool TakesRight, bool SingleWord);

/// <summary>
/// Finds added tokens: the leftmost wins, the longest of equals. The tokens are sorted, so those that begin with what was
/// read so far are neighbours, and each further letter narrows them.
/// </summary>
internal sealed class AddedTokens : ITextStep
{
    static readonly CharSet Word = CharProperties.Word().Add(0x200C, 0x200D).Finish();

    readonly (string Content, AddedToken Token)[] sorted;
    readonly SearchValues<char> firsts;

    /// <param name="tokens">Each with the text to look for; of equal texts the first counts.</param>
    public AddedTokens(IEnumerable<(string Content, AddedToken Token)> tokens)
    {
        sorted = tokens.Where(token => token.Content.Length > 0).DistinctBy(token => token.Content)
            .OrderBy(token => token.Content, StringComparer.Ordinal).ToArray();
        firsts = SearchValues.Create(sorted.Select(token => token.Content[0]).Distinct().ToArray());
    }

    public void Apply(WorkText text)
    {
        if (sorted.Length == 0) return;
        var result = new List<Stretch>();
        foreach (var stretch in text.Stretches)
        {
            if (stretch.Id >= 0) result.Add(stretch);
            else Cut(text, stretch, result);
        }
        text.Cut(result);
    }

    void Cut(WorkText text, Stretch stretch, List<Stretch> result)
    {
        var chars = text.Of(stretch);
        int done = 0;
        for (int at = 0; Find(chars, at, text.Limit) is { } match; at = match.End)
        {
            var token = match.Token;
            int start = match.Start, end = match.End;
            if (token.SingleWord && (EndsInWord(chars[..start]) || StartsWithWord(chars[end..]))) continue;
            if (token.TakesLeft) start = Math.Max(done, chars[..start].TrimEnd().Length);
            if (token.TakesRight) end = chars.Length - chars[end..].TrimStart().Length;
            text.Limit.Spend(match.Start - Math.Min(start, match.Start) + end - match.End, "the white space around added tokens");
            if (end < start) continue;
            // A token in the white space that its neighbour took stays a token, so stretches may overlap.
            if (start > done) result.Add(new(stretch.Start + done, start - done));
            result.Add(new(stretch.Start + start, end - start, token.Id));
            done = end;
        }
        if (done < chars.Length) result.Add(new(stretch.Start + done, chars.Length - done));
    }

    (int Start, int End, AddedToken Token)? Find(ReadOnlySpan<char> text, int from, WorkLimit limit)
    {
        for (int start = from; start < text.Length; start++)
        {
            int skipped = text[start..].IndexOfAny(firsts);
            if (skipped < 0) return null;
            start += skipped;
            int low = 0, high = sorted.Length, depth = 0;
            AddedToken? longest = null;
            int end = start;
            while (low < high && start + depth < text.Length)
            {
                char letter = text[start + depth];
                low = Bound(low, high, depth, letter);
                high = Bound(low, high, depth, (char)(letter + 1), letter == char.MaxValue);
                depth++;
                if (low < high && sorted[low].Content.Length == depth) (longest, end) = (sorted[low].Token, start + depth);
            }
            limit.Spend(depth, "the search for added tokens");
            if (longest is not null) return (start, end, longest);
        }
        return null;
    }

    /// <summary>The first of low to high whose letter at a depth is not below <paramref name="letter"/>; one that ends there is below all.</summary>
    int Bound(int low, int high, int depth, char letter, bool aboveAll = false)
    {
        if (aboveAll) return high;
        while (low < high)
        {
            int middle = (low + high) / 2;
            string content = sorted[middle].Content;
            if (content.Length == depth || content[depth] < letter) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    static bool EndsInWord(ReadOnlySpan<char> text) => Rune.DecodeLastFromUtf16(text, out var rune, out _) == OperationStatus.Done && Word.Contains(rune.Value);

    static bool StartsWithWord(ReadOnlySpan<char> text) => Rune.DecodeFromUtf16(text, out var rune, out _) == OperationStatus.Done && Word.Contains(rune.Value);
}
