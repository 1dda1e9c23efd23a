using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace PureLora;

/// <summary>
/// A fixed set of threads that share out numbered tasks. The caller is worker 0 and works too; it waits for tasks, not for
/// threads, so one that comes late costs nothing. The others wait awake for as long as the code between two kernels takes,
/// then asleep. Which worker takes which task never shows in a result.
/// </summary>
sealed class Workers : IDisposable
{
    /// <summary>0.1 ms; and a tenth of that, without giving up its core, for the caller whose last task another one has.</summary>
    static readonly long awake = Stopwatch.Frequency / 10_000, patience = awake / 10;

    readonly Thread[] threads;
    readonly Sleeper[] sleepers;
    Action<int, int> body = static (_, _) => { };

    /// <summary>The number of tasks, and in the lower half the next one: one read says whether a task is there to be taken.</summary>
    long offered;

    int unfinished, runs;
    volatile bool stopping;
    ExceptionDispatchInfo? failure;

    public Workers(int count)
    {
        Count = count;
        threads = new Thread[count - 1];
        sleepers = new Sleeper[count - 1];
    }

    public int Count { get; }

    public void Run(int taskCount, Action<int, int> task)
    {
        ObjectDisposedException.ThrowIf(stopping, typeof(Device));
        if (Count == 1 || taskCount <= 1)
        {
            for (var i = 0; i < taskCount; i++)
                task(i, 0);
            return;
        }
        Start();
        body = task;
        unfinished = taskCount;
        Volatile.Write(ref offered, (long)taskCount << 32);
        Announce();
        Work(0);
        var start = Stopwatch.GetTimestamp();
        var spin = new SpinWait();
        while (Volatile.Read(ref unfinished) > 0)
            if (Stopwatch.GetTimestamp() - start < patience)
                Thread.SpinWait(1);
            else
                spin.SpinOnce(sleep1Threshold: -1);
        if (Interlocked.Exchange(ref failure, null) is { } thrown)
            thrown.Throw();
    }

    void Start()
    {
        for (var i = 0; i < threads.Length; i++)
        {
            if (threads[i] is not null)
                return;
            var (worker, seen) = (i + 1, runs);
            sleepers[i] = new Sleeper();
            threads[i] = new Thread(() => Loop(worker, seen)) { IsBackground = true, Name = $"purelora {worker}" };
            threads[i].Start();
        }
    }

    /// <summary>A new run, or the end.</summary>
    void Announce()
    {
        Interlocked.Increment(ref runs);
        foreach (var sleeper in sleepers)
            sleeper?.Wake();
    }

    void Loop(int worker, int seen)
    {
        while (true)
        {
            var start = Stopwatch.GetTimestamp();
            while (Volatile.Read(ref runs) == seen)
                if (Stopwatch.GetTimestamp() - start < awake)
                    Thread.SpinWait(1);
                else
                    sleepers[worker - 1].Sleep(() => Volatile.Read(ref runs) == seen);
            seen = Volatile.Read(ref runs);
            if (stopping)
                return;
            Work(worker);
        }
    }

    void Work(int worker)
    {
        while (true)
        {
            var taken = Interlocked.Increment(ref offered) - 1;
            if ((int)taken >= (int)(taken >> 32))
                return;
            try
            {
                body((int)taken, worker);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
            }
            Interlocked.Decrement(ref unfinished);
        }
    }

    public void Dispose()
    {
        stopping = true;
        Announce();
        foreach (var thread in threads)
            thread?.Join();
    }

    /// <summary>One thread's bed: waking a thread that is not in it costs one read.</summary>
    sealed class Sleeper
    {
        readonly ManualResetEventSlim signal = new(false, spinCount: 0);
        int asleep;

        /// <summary>Until <see cref="Wake"/>, if <paramref name="still"/> holds once that is sure to be heard.</summary>
        public void Sleep(Func<bool> still)
        {
            Interlocked.Exchange(ref asleep, 1);
            if (!still() && Interlocked.Exchange(ref asleep, 0) == 1)
                return;
            signal.Wait();
            signal.Reset();
        }

        public void Wake()
        {
            if (Volatile.Read(ref asleep) == 1 && Interlocked.Exchange(ref asleep, 0) == 1)
                signal.Set();
        }
    }
}
