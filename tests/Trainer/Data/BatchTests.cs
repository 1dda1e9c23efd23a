using CsCheck;

namespace PureLora.Tests;

public sealed class BatchTests
{
    const int X = Example.Ignored;

    static readonly Example Long = new(7, "d.jsonl:8", [1, 10, 11, 12, 2], [X, X, X, 12, 2]);
    static readonly Example Short = new(3, "d.jsonl:4", [1, 13, 2], [1, 13, 2]);
    static readonly Example Untrained = new(5, "d.jsonl:6", [1, 14], [X, X]);

    [Fact]
    public void A_batch_is_padded_to_its_longest_example()
    {
        var batch = new Batch([[Short], [Long]], padId: 99);
        Assert.Equal((2, 5), (batch.Rows, batch.Length));
        Assert.Equal([1, 13, 2, 99, 99, 1, 10, 11, 12, 2], batch.Ids);
        Assert.Equal([1, 13, 2, X, X, X, X, X, 12, 2], batch.Labels);
        Assert.Equal([0, 1, 2, 3, 4, 0, 1, 2, 3, 4], batch.Positions);
        Assert.Equal([3, 3, 3, 3, 3, 7, 7, 7, 7, 7], batch.ExampleIndex);
    }

    [Fact]
    public void Tokens_see_their_own_example_and_padding_sees_nothing()
    {
        var batch = new Batch([[Short], [Long]], padId: 99);
        Assert.Equal([0, 0, 0, 4, 5, 5, 5, 5, 5, 5], batch.DocumentStart);
    }

    [Fact]
    public void The_loss_looks_at_the_rows_before_trained_tokens()
    {
        // Neither example's own first label, nor one reached across a row's end, is ever a target.
        var batch = new Batch([[Long], [Short], [Short]], padId: 99);
        Assert.Equal([2, 3, 5, 6, 10, 11], batch.TrainedRows);
        Assert.Equal([12, 2, 13, 2, 13, 2], batch.Targets);
        Assert.Equal(6, batch.TrainedTokens);
    }

    [Fact]
    public void A_full_row_does_not_predict_the_next_rows_first_token()
    {
        var batch = new Batch([[Short], [Short]], padId: 99);
        Assert.Equal([0, 1, 3, 4], batch.TrainedRows);
        Assert.Equal([13, 2, 13, 2], batch.Targets);
    }

    [Fact]
    public void Slices_are_consecutive_and_together_hold_the_effective_batch() =>
        Gen.Select(Gen.Int[1, 12].Array[1, 20], Gen.Int[1, 7]).Sample((lengths, size) =>
        {
            var effective = lengths.Select((length, i) => new Example(i, $"d.jsonl:{i + 1}", [.. Enumerable.Range(100 * i, length + 1)], [.. Enumerable.Range(100 * i, length + 1)])).ToArray();
            var slices = Batch.Slices(Batch.Alone(effective), size, padId: -1);
            var whole = Assert.Single(Batch.Slices(Batch.Alone(effective), effective.Length, padId: -1));

            Assert.All(slices[..^1], slice => Assert.Equal(size, slice.Rows));
            Assert.Equal(effective.Length, slices.Sum(slice => slice.Rows));
            Assert.Equal(whole.Targets, slices.SelectMany(slice => slice.Targets));
            Assert.Equal(whole.TrainedTokens, effective.Sum(example => example.TrainedTokens));
            Assert.Equal(whole.Ids.Where(id => id >= 0), slices.SelectMany(slice => slice.Ids).Where(id => id >= 0));
            Assert.All(slices, slice => Assert.Equal(slice.Targets, slice.TrainedRows.Select(row => slice.Labels[row + 1])));
            Assert.All(slices, slice => Assert.All(slice.TrainedRows, row => Assert.Equal(slice.DocumentStart[row], slice.DocumentStart[row + 1])));
        });

    [Fact]
    public void A_batch_with_no_trained_token_is_an_error_only_when_it_is_the_whole_effective_batch()
    {
        var slices = Batch.Slices([[Untrained], [Short]], 1, padId: 0);
        Assert.Equal([0, 2], slices.Select(slice => slice.TrainedTokens));

        Assert.Equal("d.jsonl:6: the number of trained tokens in the batch of 3 examples that begins with it is 0, but a step needs at least 1. Check the labels of these examples.",
            Assert.Throws<PureLoraException>(() => Batch.Slices([[Untrained, Untrained], [Untrained]], 1, 0)).Message);
    }

    [Fact]
    public void A_row_of_several_examples_keeps_them_apart()
    {
        var batch = new Batch([[Short, Long], [Long]], padId: 99);
        Assert.Equal((2, 8), (batch.Rows, batch.Length));
        Assert.Equal([1, 13, 2, 1, 10, 11, 12, 2, 1, 10, 11, 12, 2, 99, 99, 99], batch.Ids);
        Assert.Equal([0, 1, 2, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 7], batch.Positions);
        Assert.Equal([0, 0, 0, 3, 3, 3, 3, 3, 8, 8, 8, 8, 8, 14, 15, 16], batch.DocumentStart);
        Assert.Equal([3, 3, 3, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7], batch.ExampleIndex);
        // Short's first label would be predicted from nothing, and Long's last from its own row alone.
        Assert.Equal([0, 1, 5, 6, 10, 11], batch.TrainedRows);
        Assert.Equal([13, 2, 12, 2, 12, 2], batch.Targets);
    }

    [Fact]
    public void A_batch_too_large_for_an_array_is_bad_usage()
    {
        var wide = new Example(0, "d.jsonl:1", new int[70_000], new int[70_000]);
        Assert.StartsWith("per_device_train_batch_size: the batch is 40000 x 70000 tokens, but one batch needs at most",
            Assert.Throws<UsageException>(() => new Batch(Batch.Alone(Enumerable.Repeat(wide, 40_000)), 0)).Message);
    }
}
