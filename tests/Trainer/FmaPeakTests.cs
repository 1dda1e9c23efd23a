namespace PureLora.Tests;

public sealed class FmaPeakTests
{
    [Fact]
    public void More_threads_than_cores_are_not_faster_than_the_cores()
    {
        // Each thread on a clock of its own counted the same time many times over: 64 threads were ten times too fast.
        var one = Enumerable.Range(0, 3).Max(_ => FmaPeak.GigaFlops(1));
        Assert.InRange(FmaPeak.GigaFlops(64), 0.01 * one, 2 * one * Environment.ProcessorCount);
    }
}
