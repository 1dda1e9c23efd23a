namespace PureLora.Tests;

public sealed class WorkersTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void After_dispose_a_run_is_an_error_and_not_a_wait(int threads)
    {
        var workers = new Workers(threads);
        workers.Run(5, (_, _) => { });
        workers.Dispose();
        Assert.Throws<ObjectDisposedException>(() => workers.Run(5, (_, _) => { }));
    }

    [Fact]
    public void Ranges_cover_counts_beyond_32_bits_without_a_gap()
    {
        using var device = (CpuDevice)Device.Open("cpu", 3);
        const long count = 3L * int.MaxValue + 5;
        var seen = new System.Collections.Concurrent.ConcurrentBag<(long From, long To)>();
        device.For(count, 1000, (from, to) => seen.Add((from, to)));
        var ordered = seen.Order().ToArray();
        Assert.Equal(3, ordered.Length);
        Assert.Equal((0, count), (ordered[0].From, ordered[^1].To));
        Assert.All(ordered.Zip(ordered.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_task_runs_exactly_once(int threads)
    {
        using var workers = new Workers(threads);
        foreach (var tasks in (int[])[0, 1, 2, threads, 7, 1000])
            for (var round = 0; round < 50; round++)
            {
                var runs = new int[tasks];
                workers.Run(tasks, (task, worker) =>
                {
                    Assert.InRange(worker, 0, threads - 1);
                    Interlocked.Increment(ref runs[task]);
                });
                Assert.All(runs, count => Assert.Equal(1, count));
            }
    }

    /// <summary>Scratch memory is picked by the worker's number, so no two may share one at a time.</summary>
    [Fact]
    public void No_two_threads_are_the_same_worker_at_once()
    {
        using var workers = new Workers(4);
        var inside = new int[4];
        workers.Run(2000, (_, worker) =>
        {
            Assert.Equal(1, Interlocked.Increment(ref inside[worker]));
            Thread.SpinWait(50);
            Interlocked.Decrement(ref inside[worker]);
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_exception_reaches_the_caller_and_the_workers_go_on_working(int threads)
    {
        using var workers = new Workers(threads);
        for (var round = 0; round < 20; round++)
        {
            var thrown = Assert.Throws<PureLoraException>(() => workers.Run(40, (task, _) =>
            {
                if (task == 17)
                    throw new PureLoraException("task 17 failed");
            }));
            Assert.Equal("task 17 failed", thrown.Message);
            var runs = 0;
            workers.Run(40, (_, _) => Interlocked.Increment(ref runs));
            Assert.Equal(40, runs);
        }
    }
}
