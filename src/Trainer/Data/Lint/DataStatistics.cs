namespace PureLora;

/// <summary>Numbers of a data set as it will be trained on, over lengths that the store knows; only <see cref="Duplicates"/> reads the examples.</summary>
sealed class DataStatistics
{
    readonly ExampleSet set;
    readonly int[] sorted;

    public DataStatistics(ExampleSet set)
    {
        this.set = set;
        sorted = [.. Enumerable.Range(0, set.Count).Select(set.Length)];
        Array.Sort(sorted);
    }

    /// <summary>The length that this share of the examples does not exceed.</summary>
    public int Length(double share) => sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];

    /// <summary>How many examples have how many tokens, in at most ten steps of a power of two.</summary>
    public IReadOnlyList<(int From, int To, int Count)> Histogram()
    {
        var step = 1;
        while ((long)step * 10 <= sorted[^1])
            step *= 2;
        var rows = new List<(int, int, int)>();
        for (int from = sorted[0] / step * step, at = 0; at < sorted.Length; from += step)
        {
            var end = at;
            while (end < sorted.Length && sorted[end] < (long)from + step)
                end++;
            rows.Add((from, from + step - 1, end - at));
            at = end;
        }
        return rows;
    }

    /// <summary>How many examples are token for token an earlier one, and the first few with the one that they repeat.</summary>
    public (int Count, IReadOnlyList<(string Place, string Earlier)> First) Duplicates(int most = 3)
    {
        var (hashes, order) = (new ulong[set.Count], new int[set.Count]);
        for (var i = 0; i < set.Count; i++)
            (hashes[i], order[i]) = (Hash(set[i]), i);
        Array.Sort(hashes, order);
        var (count, pairs) = (0, new List<(int Later, int Earlier)>());
        for (int first = 0, end; first < hashes.Length; first = end)
        {
            for (end = first + 1; end < hashes.Length && hashes[end] == hashes[first];)
                end++;
            count += end - first - 1;
            // Equal hashes come in any order.
            var group = order.AsSpan(first, end - first);
            group.Sort();
            for (var i = 1; i < Math.Min(group.Length, most + 1); i++)
                pairs.Add((group[i], group[0]));
            if (pairs.Count > 1024)
                pairs = [.. pairs.Order().Take(most)];
        }
        return (count, [.. pairs.Order().Take(most).Select(pair => (set.Place(pair.Later), set.Place(pair.Earlier)))]);
    }

    /// <summary>FNV-1a over ids and labels.</summary>
    static ulong Hash(Example example)
    {
        var hash = 14695981039346656037UL;
        foreach (var part in (int[][])[example.Ids, example.Labels])
            foreach (var value in part)
                hash = (hash ^ (uint)value) * 1099511628211UL;
        return hash;
    }
}
