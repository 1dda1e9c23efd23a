namespace PureLora;

/// <summary>The Replace normalizer: every match of a pattern becomes a text, which comes from the match's last character.</summary>
internal sealed class ReplaceStep(Pattern pattern, string content) : ITextStep
{
    /// <summary>A replacement's characters are kept, with their origins, so they cost more than a look at one.</summary>
    const int ReplacementCost = 4;

    public void Apply(WorkText text)
    {
        var cuts = new List<(int Start, int Length, bool Match)>();
        TextRewrite? rewrite = null;
        for (int i = 0; i < text.Stretches.Count; i++)
        {
            var stretch = text.Stretches[i];
            cuts.Clear();
            if (stretch.Id < 0) pattern.Cut(text.Of(stretch), text.Limit, cuts);
            if (rewrite is null && !cuts.Any(cut => cut.Match)) continue;
            rewrite ??= Begun(text, i);
            if (stretch.Id >= 0)
            {
                rewrite.CopyWhole(stretch);
                continue;
            }
            foreach (var (start, length, isMatch) in cuts)
            {
                if (isMatch) Put(rewrite, text, stretch.Start, stretch.Start + start + length);
                else rewrite.Copy(stretch.Start + start, length);
            }
            rewrite.Close();
        }
        rewrite?.Finish();
    }

    /// <summary>A rewrite that has the stretches before the first one that changes.</summary>
    static TextRewrite Begun(WorkText text, int count)
    {
        var rewrite = new TextRewrite(text);
        for (int i = 0; i < count; i++) rewrite.CopyWhole(text.Stretches[i]);
        return rewrite;
    }

    void Put(TextRewrite rewrite, WorkText text, int first, int end)
    {
        int last = end - 1;
        if (last > first && char.IsLowSurrogate(text.Chars.Span[last])) last--;
        // An empty match at the very start comes from nothing.
        var origin = end > first ? text.Original(last, end) : (text.Original(first, first + 1).Start, text.Original(first, first + 1).Start);
        text.Limit.Spend(ReplacementCost * content.Length, "the length of replacements");
        foreach (char c in content) rewrite.Put(c, origin.Item1, origin.Item2);
    }
}
