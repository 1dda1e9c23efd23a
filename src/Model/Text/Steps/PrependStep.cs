namespace PureLora;

/// <summary>The Prepend normalizer: a text before each stretch. What it adds comes from the character that it stands before.</summary>
internal sealed class PrependStep(string prefix) : ITextStep
{
    public void Apply(WorkText text) => Apply(text, prefix, unlessThere: false, onlyAtStart: false);

    /// <param name="text">Changed.</param>
    /// <param name="prefix">What is put before a stretch.</param>
    /// <param name="unlessThere">Not before a stretch that begins with it.</param>
    /// <param name="onlyAtStart">Only where the original text begins.</param>
    public static void Apply(WorkText text, string prefix, bool unlessThere, bool onlyAtStart)
    {
        if (prefix.Length == 0 || !text.Stretches.Any(Wants)) return;
        var rewrite = new TextRewrite(text);
        foreach (var stretch in text.Stretches)
        {
            if (Wants(stretch))
            {
                int first = char.IsHighSurrogate(text.Chars.Span[stretch.Start]) ? 2 : 1;
                var (start, end) = text.Original(stretch.Start, stretch.Start + first);
                foreach (char c in prefix) rewrite.Put(c, start, end);
            }
            rewrite.CopyWhole(stretch);
        }
        rewrite.Finish();

        bool Wants(Stretch stretch) => stretch.Id < 0
            && !(unlessThere && text.Of(stretch).StartsWith(prefix, StringComparison.Ordinal))
            && !(text.GoesOn && text.Original(stretch.Start, stretch.Start + 1).Start == 0)
            && !(onlyAtStart && text.Original(stretch.Start, stretch.Start + 1).Start != 0);
    }
}
