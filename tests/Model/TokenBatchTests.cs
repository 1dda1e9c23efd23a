namespace PureLora.Tests;

public sealed class TokenBatchTests
{
    [Fact]
    public void Documents_of_unequal_lengths_are_refused()
    {
        using var device = Device.Open("cpu", 1);
        var error = Assert.Throws<ArgumentException>(() => TokenBatch.Of(device, [1, 2, 3], [4, 5]));
        Assert.StartsWith("TokenBatch: the documents have 3, 2 tokens, but ", error.Message);
        Assert.Throws<ArgumentException>(() => TokenBatch.Of(device));
        Assert.Equal(0, device.Bytes);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void A_start_in_another_sequence_is_refused(int start)
    {
        using var device = Device.Open("cpu", 1);
        var error = Assert.Throws<ArgumentException>(() => new TokenBatch(device, 2, [1, 2, 3, 4, 5, 6], [0, 1, 2, 0, 1, 2], [0, 0, 0, 3, start, 3]));
        Assert.Equal($"TokenBatch: starts[4] is {start}, but token 4 needs a start in its own sequence, which begins at 3.", error.Message);
        Assert.Equal(0, device.Bytes);
    }

    [Fact]
    public void A_token_that_sees_more_than_the_one_before_it_is_refused()
    {
        using var device = Device.Open("cpu", 1);
        int[] ids = [1, 2, 3, 4, 5, 6, 7], positions = [0, 0, 1, 0, 0, 1, 0];
        // Padding, two documents with padding between them, padding.
        new TokenBatch(device, 1, ids, positions, [1, 1, 1, int.MaxValue, 4, 4, 7]).Dispose();
        var error = Assert.Throws<ArgumentException>(() => new TokenBatch(device, 1, ids, positions, [1, 1, 1, int.MaxValue, 4, 1, 7]));
        Assert.Equal("TokenBatch: starts[5] is 1, but token 5 needs 4 or more, where the document of a token before it begins.", error.Message);
        Assert.Equal(0, device.Bytes);
    }
}
