namespace PureLora.Tests;

public sealed class MemoryBandwidthTests
{
    /// <summary>A buffer of odd size, smaller than a cache, is read as fast as memory or faster, and by any number of threads.</summary>
    [Theory, InlineData(1), InlineData(3)]
    public void A_rate_is_one_that_a_machine_can_have(int threads)
    {
        using var memory = new MemoryBandwidth(threads, (1 << 20) + 8 * 37);
        Assert.InRange(memory.Measure(), 1e8, 1e13);
    }
}
