namespace PureLora;

/// <summary>
/// How many examples of each set an epoch takes, and which. With weights w an epoch of N examples (as many as there are in all) takes
/// c(i) = N w(i) / sum(w) of set i, rounded by largest remainders. Each set is an endless row of seeded permutations of itself, and an
/// epoch goes on where the one before it stopped: with c(i) below the size of its set all examples take their turn, above it they come again.
/// Without weights c(i) is the size of the set, and every example comes once an epoch.
/// </summary>
sealed class Mixture
{
    readonly int[] sizes;
    readonly ulong seed;

    /// <exception cref="UsageException">The weights are not one positive number for each set.</exception>
    public Mixture(IReadOnlyList<int> sizes, IReadOnlyList<double> weights, ulong seed)
    {
        (this.sizes, this.seed) = ([.. sizes], seed);
        for (var set = 0; set < weights.Count; set++)
            if (this.sizes[set] == 0)
                throw new PureLoraException($"train_file: the number of examples left in set {set + 1} is 0, but train_weights needs at least 1 in each. Lower validation_split.");
        Counts = weights.Count == 0 ? this.sizes : Apportion(this.sizes.Sum(), weights);
    }

    /// <summary>c: the examples that an epoch takes of each set.</summary>
    public int[] Counts { get; }

    /// <summary>Whether epochs differ in the examples that they have.</summary>
    public bool Varies => !Counts.AsSpan().SequenceEqual(sizes);

    /// <summary>The examples of an epoch, by their number, ascending.</summary>
    public int[] Of(int epoch)
    {
        var chosen = new int[Counts.Sum()];
        int at = 0, first = 0;
        for (var set = 0; set < sizes.Length; set++)
        {
            var from = (long)epoch * Counts[set];
            int[] order = [];
            var pass = -1L;
            for (var k = from; k < from + Counts[set]; k++)
            {
                if (k / sizes[set] != pass)
                    order = Shuffle.Of(sizes[set], seed, (uint)(pass = k / sizes[set]), set: (uint)set + 1);
                chosen[at++] = first + order[k % sizes[set]];
            }
            first += sizes[set];
        }
        Array.Sort(chosen);
        return chosen;
    }

    /// <summary>Whole numbers in proportion to the weights that add up to <paramref name="total"/>: rounded down, and one more for the largest remainders, earlier sets first.</summary>
    static int[] Apportion(int total, IReadOnlyList<double> weights)
    {
        var sum = weights.Sum();
        var exact = weights.Select(weight => total * (weight / sum)).ToArray();
        var counts = exact.Select(share => (int)Math.Floor(share)).ToArray();
        foreach (var set in Enumerable.Range(0, counts.Length).OrderByDescending(i => exact[i] - counts[i]).Take(total - counts.Sum()))
            counts[set]++;
        return counts;
    }
}
