namespace PureLora;

/// <summary>
/// The batch that needs the most memory of all that a data set can produce: as many examples as a pass takes, each as
/// long as the longest of the set (they are padded to it anyway), with as many trained tokens as the set's fullest.
/// </summary>
static class LargestBatch
{
    /// <summary>Of the examples of a set, <paramref name="size"/> at a time, each in a row of its own.</summary>
    public static Example[] Of(ExampleSet set, int size)
    {
        var length = set.Longest;
        var fullest = Enumerable.Range(0, set.Count).Select(set.TrainedTokens).OrderDescending().Take(size);
        return [.. fullest.Select((trained, i) => Make(i, length, trained))];
    }

    /// <summary>Of packed rows: all as full as they can be, and trained throughout, since which examples meet in a row differs between epochs.</summary>
    public static Example[] Packed(ExampleSet set, int capacity, int size)
    {
        var length = (int)Math.Min(set.Tokens, Math.Max(capacity, set.Longest));
        return Full(length, (int)Math.Min(size, set.Tokens / length + 1));
    }

    /// <summary><paramref name="size"/> examples of <paramref name="length"/> tokens, all trained.</summary>
    public static Example[] Full(int length, int size) => [.. Enumerable.Range(0, size).Select(i => Make(i, length, length - 1))];

    static Example Make(int index, int length, int trained)
    {
        var labels = new int[length];
        labels.AsSpan(0, length - trained).Fill(Example.Ignored);
        return new Example(index, $"example {index + 1}", new int[length], labels);
    }
}
