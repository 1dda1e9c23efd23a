using System.Runtime.ExceptionServices;

namespace PureLora;

/// <summary>
/// A fixed set of threads that share out numbered tasks. The caller is worker 0 and works too; the others wait, a few
/// microseconds awake and then asleep. Which worker takes which task never shows in a result.
/// </summary>
sealed class Workers : IDisposable
{
    const int SpinsBeforeSleep = 2000;
    readonly Thread[] threads;
    readonly ManualResetEventSlim[] wake;
    Action<int, int> body = static (_, _) => { };
    int tasks, next, busy;
    volatile bool stopping;
    ExceptionDispatchInfo? failure;

    public Workers(int count)
    {
        Count = count;
        threads = new Thread[count - 1];
        wake = new ManualResetEventSlim[count - 1];
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
        tasks = taskCount;
        next = 0;
        busy = threads.Length;
        foreach (var signal in wake)
            signal.Set();
        Work(0);
        var spin = new SpinWait();
        while (Volatile.Read(ref busy) > 0)
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
            var worker = i + 1;
            wake[i] = new ManualResetEventSlim(false, SpinsBeforeSleep);
            threads[i] = new Thread(() => Loop(worker)) { IsBackground = true, Name = $"purelora {worker}" };
            threads[i].Start();
        }
    }

    void Loop(int worker)
    {
        while (true)
        {
            wake[worker - 1].Wait();
            wake[worker - 1].Reset();
            if (stopping)
                return;
            Work(worker);
            Interlocked.Decrement(ref busy);
        }
    }

    void Work(int worker)
    {
        try
        {
            int task;
            while ((task = Interlocked.Increment(ref next) - 1) < tasks)
                body(task, worker);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
        }
    }

    public void Dispose()
    {
        stopping = true;
        foreach (var signal in wake)
            signal?.Set();
        foreach (var thread in threads)
            thread?.Join();
    }
}
