namespace PureLora;

/// <summary>
/// Holds some of the training records out for evaluation. Which ones follows from the seed and the number of records alone, and all
/// examples of one record stay on one side.
/// </summary>
static class ValidationSplit
{
    /// <summary>What is left to train on, and what is held out; nothing where <paramref name="share"/> is 0.</summary>
    /// <param name="all">The training examples.</param>
    /// <param name="share">Below 1 a fraction of the records, else how many.</param>
    /// <param name="seed">The run's.</param>
    public static (ExampleSet Train, ExampleSet? Held) Of(ExampleSet all, double share, ulong seed)
    {
        if (share == 0 || all.Count == 0)
            return (all, null);
        var record = new int[all.Count];
        for (var i = 1; i < record.Length; i++)
            record[i] = record[i - 1] + (all.SameRecord(i - 1, i) ? 0 : 1);
        var records = record[^1] + 1;
        var count = share < 1 ? Math.Max(1, (int)Math.Round(records * share)) : (int)share;
        if (count >= records)
            throw new UsageException($"validation_split: {count} records would be held out, but there are {records} and training needs at least 1. Lower it.");
        var held = new bool[records];
        foreach (var r in Shuffle.Of(records, seed, 0, Shuffle.Split).AsSpan(0, count))
            held[r] = true;
        return (all.Where(i => !held[record[i]]), all.Where(i => held[record[i]]));
    }
}
