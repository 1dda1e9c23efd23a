namespace PureLora;

/// <summary>What becomes of the matches of a splitting pattern.</summary>
internal enum SplitBehavior { Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous }

/// <summary>
/// Cuts stretches at the matches of a pattern (or, inverted, at what does not match). Split, Digits, Punctuation and the
/// like are all this.
/// </summary>
internal sealed class PatternSplit(Pattern pattern, SplitBehavior behavior, bool invert = false) : ITextStep
{
    public static SplitBehavior ReadBehavior(JsonPlace place) => place.Text() switch
    {
        // Both spellings are in files.
        "Isolated" or "isolated" => SplitBehavior.Isolated,
        "Removed" or "removed" => SplitBehavior.Removed,
        "MergedWithPrevious" or "merged_with_previous" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" or "merged_with_next" => SplitBehavior.MergedWithNext,
        "Contiguous" or "contiguous" => SplitBehavior.Contiguous,
        var other => throw place.Unsupported(other, string.Join(", ", Enum.GetNames<SplitBehavior>())),
    };

    public void Apply(WorkText text)
    {
        var result = new List<Stretch>(text.Stretches.Count + text.Chars.Length / 4);
        var cuts = new List<(int Start, int Length, bool Match)>();
        foreach (var stretch in text.Stretches)
        {
            if (stretch.Id >= 0)
            {
                result.Add(stretch);
                continue;
            }
            cuts.Clear();
            pattern.Cut(text.Of(stretch), text.Limit, cuts);
            Arrange(cuts, stretch.Start, result);
        }
        text.Cut(result);
    }

    void Arrange(List<(int Start, int Length, bool Match)> cuts, int offset, List<Stretch> result)
    {
        int first = result.Count;
        // The one before is a match, for the behaviours that merge; MergedWithNext goes backwards.
        bool previous = false, backwards = behavior == SplitBehavior.MergedWithNext;
        for (int i = 0; i < cuts.Count; i++)
        {
            var (start, length, isMatch) = cuts[backwards ? cuts.Count - 1 - i : i];
            isMatch ^= invert;
            bool merge = result.Count > first && behavior switch
            {
                SplitBehavior.Contiguous => isMatch == previous,
                SplitBehavior.MergedWithPrevious or SplitBehavior.MergedWithNext => isMatch && !previous,
                _ => false,
            };
            if (merge)
            {
                var last = result[^1];
                result[^1] = backwards ? new(offset + start, last.End - offset - start) : new(last.Start, offset + start + length - last.Start);
            }
            else if (!(isMatch && behavior == SplitBehavior.Removed)) result.Add(new(offset + start, length));
            previous = isMatch;
        }
        if (backwards) result.Reverse(first, result.Count - first);
        for (int i = result.Count - 1; i >= first; i--)
        {
            if (result[i].Length == 0) result.RemoveAt(i);
        }
    }
}
