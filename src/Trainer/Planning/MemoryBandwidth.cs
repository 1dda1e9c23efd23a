using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora;

/// <summary>
/// How many bytes a second this machine reads from memory: threads go over their parts of a buffer that no cache holds,
/// each in several streams, and do nothing but read.
/// </summary>
static unsafe class MemoryBandwidth
{
    const long Length = 512L << 20;
    const int Passes = 5;
    static readonly int[] streams = [1, 2, 4];
    static Vector512<ulong> sink;

    /// <summary>Bytes a second, the better of one thread and <paramref name="threads"/>, of the best number of streams; each a median.</summary>
    public static double Measure(int threads)
    {
        var best = Measure(threads, Length);
        return threads == 1 ? best : Math.Max(best, Measure(1, Length));
    }

    internal static double Measure(int threads, long length)
    {
        using var device = (CpuDevice)Device.Open("cpu", threads);
        using var buffer = device.RentZeroed<ulong>(length / sizeof(ulong), kept: true);
        return streams.Max(count => Enumerable.Range(0, Passes).Select(_ => Pass(device, buffer, count)).Order().ElementAt(Passes / 2));
    }

    static double Pass(CpuDevice device, Buffer<ulong> buffer, int streams)
    {
        var part = buffer.Length / device.Workers / streams / Step * Step;
        var start = Stopwatch.GetTimestamp();
        device.ForEach(device.Workers, (task, _) => Read(buffer.Pointer + task * part * streams, part, streams));
        return part * streams * device.Workers * sizeof(ulong) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    const int Step = 32;

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
}
