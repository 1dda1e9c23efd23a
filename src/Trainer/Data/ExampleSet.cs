using System.Collections;

namespace PureLora;

/// <summary>
/// Examples of a store, by number and in order: all of them, or those that a split left. Their lengths are known without
/// reading them. <see cref="Sets"/> says how many come from each entry of <c>train_file</c>.
/// </summary>
public sealed class ExampleSet : IReadOnlyList<Example>, IDisposable
{
    readonly ExampleStore store;
    readonly int[]? chosen;

    internal ExampleSet(ExampleStore store, IReadOnlyList<int> sets, int[]? chosen = null) =>
        (this.store, Sets, this.chosen) = (store, sets, chosen);

    /// <summary>Examples that were made, not read; of sets of these sizes, or of one.</summary>
    internal static ExampleSet Of(IReadOnlyList<Example> examples, params int[] sets)
    {
        var store = new ExampleStore();
        foreach (var example in examples)
            store.Add(example.Index, example.Place, 0, example.Ids, [.. example.Labels.Select(label => label != Example.Ignored)]);
        return new ExampleSet(store, sets.Length > 0 ? sets : [examples.Count]);
    }

    /// <summary>How many examples come from each set, in order; together <see cref="Count"/>.</summary>
    public IReadOnlyList<int> Sets { get; }

    public int Count => chosen?.Length ?? store.Count;

    /// <summary>The example, read from where it is stored.</summary>
    public Example this[int index] => store.Read(At(index));

    /// <summary>How many tokens an example has.</summary>
    public int Length(int index) => store[At(index)].Length;

    /// <summary>How many tokens of an example the loss counts.</summary>
    public int TrainedTokens(int index) => store[At(index)].Trained;

    /// <summary>File and line of an example's record.</summary>
    public string Place(int index) => store.Place(At(index));

    /// <summary>The length of the longest example.</summary>
    public int Longest => Enumerable.Range(0, Count).Max(Length);

    /// <summary>Tokens of all examples.</summary>
    public long Tokens => Enumerable.Range(0, Count).Sum(i => (long)Length(i));

    /// <summary>Bytes that these examples hold in memory.</summary>
    internal long MemoryBytes => store.MemoryBytes * Count / Math.Max(1, store.Count) + 4L * (chosen?.Length ?? 0);

    /// <summary>Whether two examples come from one record.</summary>
    internal bool SameRecord(int a, int b) => store[At(a)].File == store[At(b)].File && store[At(a)].Number == store[At(b)].Number;

    /// <summary>The examples, by number, that <paramref name="isChosen"/> takes; they share the store.</summary>
    internal ExampleSet Where(Func<int, bool> isChosen)
    {
        var taken = new List<int>();
        var (sets, at) = (new int[Sets.Count], 0);
        for (var set = 0; set < Sets.Count; set++)
            for (var end = at + Sets[set]; at < end; at++)
                if (isChosen(at))
                {
                    taken.Add(At(at));
                    sets[set]++;
                }
        return new ExampleSet(store, sets, [.. taken]);
    }

    int At(int index) => chosen is null ? index : chosen[index];

    public IEnumerator<Example> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose() => store.Dispose();
}
