using System.Diagnostics;

namespace PureLora.Tests;

/// <summary>
/// One reader under test: real files to break, and how the product reads one. It may answer with a
/// <see cref="PureLoraException"/> and with nothing else, within a second, allocating in all at most <paramref name="fold"/> times the file
/// besides <paramref name="floor"/>: buffers of fixed size, compiled patterns, the message.
/// </summary>
sealed class FuzzReader(string name, IReadOnlyList<byte[]> seeds, Action<string> read, long floor = 2 << 20, int fold = 20)
{
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    public string Name => name;

    public IReadOnlyList<byte[]> Seeds => seeds;

    /// <summary>The most that any case allocated, over its limit, and the longest time: for the report of a long run.</summary>
    public (double Share, TimeSpan Time) Worst { get; private set; }

    /// <summary>The file of case <paramref name="number"/>.</summary>
    public byte[] Case(ulong number) =>
        new Mutation(number).Of(seeds[(int)(number % (ulong)seeds.Count)], seeds[(int)(number / 7 % (ulong)seeds.Count)]);

    /// <summary>What is wrong with how the product reads <paramref name="content"/>, or null.</summary>
    public string? Fault(byte[] content, string path)
    {
        // It stays behind if the process dies.
        File.WriteAllBytes(path, content);
        var limit = floor + ((long)fold * content.Length);
        for (var attempt = 1; ; attempt++)
        {
            var before = GC.GetTotalAllocatedBytes();
            var clock = Stopwatch.StartNew();
            string? fault = null;
            try
            {
                read(path);
            }
            catch (PureLoraException)
            {
            }
            catch (Exception e)
            {
                fault = $"{e.GetType().Name}: {e.Message}\n{e.StackTrace}";
            }
            var (bytes, time) = (GC.GetTotalAllocatedBytes() - before, clock.Elapsed);
            fault ??= bytes > limit ? $"it allocated {bytes:N0} bytes for a file of {content.Length:N0}" : null;
            fault ??= time > Longest ? $"it took {time.TotalSeconds:0.0} s" : null;
            // The first read compiles code, and a busy machine stops a process now and then: what is wrong stays wrong.
            if (fault is null || attempt == 3)
            {
                Worst = (Math.Max(Worst.Share, (double)bytes / limit), time > Worst.Time ? time : Worst.Time);
                return fault;
            }
        }
    }
}
