namespace PureLora;

/// <summary>A stretch of a <see cref="WorkText"/>: text still to be tokenized (Id -1), or an added token.</summary>
internal readonly record struct Stretch(int Start, int Length, int Id = -1)
{
    public int End => Start + Length;
}

/// <summary>
/// A text on its way to tokens: its characters as they are now, where each came from in the original, and the stretches
/// it is cut into. Steps change either (<see cref="ITextStep"/>).
/// </summary>
internal sealed class WorkText
{
    int[]? starts, ends;

    /// <param name="original">The text.</param>
    /// <param name="goesOn">Whether it goes on from another text, so that nothing is put before it.</param>
    public WorkText(string original, bool goesOn = false)
    {
        GoesOn = goesOn;
        Chars = original.AsMemory();
        Limit = new WorkLimit(original.Length);
        if (original.Length > 0) Stretches.Add(new(0, original.Length));
    }

    public ReadOnlyMemory<char> Chars { get; private set; }

    public WorkLimit Limit { get; }

    public bool GoesOn { get; }

    public List<Stretch> Stretches { get; private set; } = [];

    /// <summary>Whether each character still stands where it stood.</summary>
    public bool Unmoved => starts is null;

    public ReadOnlySpan<char> Of(Stretch stretch) => Chars.Span.Slice(stretch.Start, stretch.Length);

    /// <summary>What the characters from start up to end, one at least, were made of, in UTF-16 units of the original.</summary>
    public (int Start, int End) Original(int start, int end) => starts is null ? (start, end) : (starts[start], ends![end - 1]);

    /// <summary>New characters, each with its origin (none: each where it stands), and new stretches.</summary>
    public void Replace(ReadOnlyMemory<char> chars, int[]? newStarts, int[]? newEnds, List<Stretch> stretches)
    {
        Chars = chars;
        (starts, ends) = (newStarts, newEnds);
        Stretches = stretches;
    }

    /// <summary>New stretches over the same characters.</summary>
    public void Cut(List<Stretch> stretches) => Stretches = stretches;
}

/// <summary>One step from a text to the stretches that the model sees, as a tokenizer.json lists them.</summary>
internal interface ITextStep
{
    void Apply(WorkText text);
}
