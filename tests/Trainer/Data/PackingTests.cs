using CsCheck;

namespace PureLora.Tests;

public sealed class PackingTests
{
    static readonly Gen<int[]> Lengths = Gen.Int[1, 40].Array[1, 200];

    [Fact]
    public void Every_example_is_in_one_row_and_no_row_is_above_the_capacity() =>
        Gen.Select(Lengths, Gen.Int[40, 100], Gen.ULong).Sample((lengths, capacity, seed) =>
        {
            var order = Shuffle.Of(lengths.Length, seed, 0);
            var rows = Packing.Rows(order, i => lengths[i], capacity);
            var all = Enumerable.Range(0, rows.Count).Select(r => rows[r].ToArray()).ToArray();
            Assert.Equal(Enumerable.Range(0, lengths.Length), all.SelectMany(row => row).Order());
            Assert.All(all, row => Assert.InRange(row.Sum(i => lengths[i]), 1, capacity));
            // Best fit: no two rows would go into one, and rows and their examples keep the epoch's order.
            Assert.True(all.Select(row => row.Sum(i => lengths[i])).Order().Take(2).Sum() > capacity || all.Length < 2);
            Assert.All(all, row => Assert.Equal(row.OrderBy(i => Array.IndexOf(order, i)), row));
            Assert.Equal(all.Select(row => Array.IndexOf(order, row[0])).Order(), all.Select(row => Array.IndexOf(order, row[0])));
            // How many rows there are depends on the lengths alone.
            Assert.Equal(rows.Count, Packing.Rows(Shuffle.Of(lengths.Length, seed + 1, 3), i => lengths[i], capacity).Count);
        });

    [Fact]
    public void The_longest_go_first_and_each_into_the_row_that_it_fills_best()
    {
        int[] lengths = [3, 6, 5, 2, 4, 10, 1];
        var rows = Packing.Rows([.. Enumerable.Range(0, 7)], i => lengths[i], 10);
        // 10 | 6 + 4 | 5 + 3 + 2 | 1, in the order of their first examples.
        Assert.Equal([[0, 2, 3], [1, 4], [5], [6]], Enumerable.Range(0, rows.Count).Select(r => rows[r].ToArray()));
    }

    [Fact]
    public void Length_groups_sort_within_runs_of_batches_only()
    {
        int[] lengths = [.. Enumerable.Range(0, 1000).Select(i => i * 7919 % 101)];
        var order = Shuffle.Of(1000, 5, 0);
        var sorted = order.ToArray();
        LengthGroups.Sort(sorted, i => lengths[i], 4);
        for (var run = 0; run < 1000; run += 200)
        {
            Assert.Equal(order[run..(run + 200)].Order(), sorted[run..(run + 200)].Order());
            Assert.Equal(sorted[run..(run + 200)].Select(i => lengths[i]).OrderDescending(), sorted[run..(run + 200)].Select(i => lengths[i]));
        }
    }
}
