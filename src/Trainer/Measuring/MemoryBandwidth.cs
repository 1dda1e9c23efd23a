using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PureLora;

/// <summary>
/// How many bytes a second this machine reads from memory: threads go over their parts of a buffer that no cache holds,
/// and do nothing but read: plainly, in several streams, and asking for each line before its turn.
/// </summary>
static unsafe class MemoryBandwidth
{
    const long Length = 512L << 20;
    const int Passes = 5, Step = 32;
    static readonly (int Streams, int Ahead)[] ways = [(1, 0), (4, 0), (1, 8192), (1, 16384)];
    static Vector512<ulong> sink;

    /// <summary>Bytes a second, the better of one thread and <paramref name="threads"/>, in the best way of reading; each a median.</summary>
    public static double Measure(int threads)
    {
        var best = Measure(threads, Length);
        return threads == 1 ? best : Math.Max(best, Measure(1, Length));
    }

    internal static double Measure(int threads, long length)
    {
        using var device = (CpuDevice)Device.Open("cpu", threads);
        using var buffer = device.RentZeroed<ulong>(length / sizeof(ulong), kept: true);
        return ways.Max(way => Enumerable.Range(0, Passes).Select(_ => Pass(device, buffer, way.Streams, way.Ahead)).Order().ElementAt(Passes / 2));
    }

    static double Pass(CpuDevice device, Buffer<ulong> buffer, int streams, int ahead)
    {
        var part = buffer.Length / device.Workers / streams / Step * Step;
        var start = Stopwatch.GetTimestamp();
        device.ForEach(device.Workers, (task, _) =>
        {
            var from = buffer.Pointer + task * part * streams;
            if (ahead == 0)
                Read(from, part, streams);
            else
                ReadAhead(from, part, ahead);
        });
        return part * streams * device.Workers * sizeof(ulong) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Four loads of 64 bytes at a time, from one stream after the other.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Read(ulong* from, long part, int streams)
    {
        Vector512<ulong> a = default, b = default, c = default, d = default;
        for (long i = 0; i < part; i += Step)
            for (var stream = 0; stream < streams; stream++)
            {
                var at = from + stream * part + i;
                a |= Vector512.Load(at);
                b |= Vector512.Load(at + 8);
                c |= Vector512.Load(at + 16);
                d |= Vector512.Load(at + 24);
            }
        sink = a | b | c | d;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void ReadAhead(ulong* from, long part, int ahead)
    {
        Vector512<ulong> a = default, b = default, c = default, d = default;
        var end = from + part;
        for (var at = from; at < end; at += Step)
        {
            if (Sse.IsSupported)
                for (var line = 0; line < Step * sizeof(ulong); line += 64)
                    Sse.Prefetch0((byte*)at + ahead + line);
            a |= Vector512.Load(at);
            b |= Vector512.Load(at + 8);
            c |= Vector512.Load(at + 16);
            d |= Vector512.Load(at + 24);
        }
        sink = a | b | c | d;
    }
}
