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
}
