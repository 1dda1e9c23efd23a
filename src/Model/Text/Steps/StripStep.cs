namespace PureLora;

/// <summary>The Strip normalizer: white space at either end of a stretch goes.</summary>
internal sealed class StripStep(bool left, bool right) : ITextStep
{
    public void Apply(WorkText text)
    {
        var result = new List<Stretch>(text.Stretches.Count);
        foreach (var stretch in text.Stretches)
        {
            var (start, end) = (stretch.Start, stretch.End);
            if (stretch.Id < 0)
            {
                var chars = text.Chars.Span;
                while (left && start < end && char.IsWhiteSpace(chars[start])) start++;
                while (right && end > start && char.IsWhiteSpace(chars[end - 1])) end--;
            }
            if (end > start) result.Add(new(start, end - start, stretch.Id));
        }
        text.Cut(result);
    }
}
