using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PureLora;

/// <summary>
/// How many bytes a second this machine reads from memory: threads go over their parts of a buffer that no cache holds and
/// do nothing but read, plainly, in several streams, and asking for each line before its turn.
/// </summary>
sealed unsafe class MemoryBandwidth : IDisposable
{
    const long Length = 512L << 20;
    const int Step = 32;

    /// <summary>Bytes ahead at which a line is asked for; 0 for not.</summary>
    static readonly (int Streams, int Ahead)[] ways = [(1, 0), (4, 0), (1, 8192), (1, 16384)];

    static Vector512<ulong> sink;
    readonly CpuDevice device;
    readonly Buffer<ulong> buffer;

    /// <param name="threads">The most that read at once.</param>
    /// <param name="length">Of the buffer, in bytes.</param>
    public MemoryBandwidth(int threads, long length = Length)
    {
        device = (CpuDevice)Device.Open("cpu", threads);
        buffer = device.Rent<ulong>(length / sizeof(ulong), kept: true);
        // Pages that are written are the process's own, and no two alike.
        device.For(buffer.Length, Step, (from, to) =>
        {
            for (var i = from; i < to; i++)
                buffer.Pointer[i] = (ulong)i;
        });
    }

    /// <summary>Bytes a second now, in the best way of reading, with one thread or all.</summary>
    public double Measure() => ways.Max(way => Math.Max(Pass(1, way.Streams, way.Ahead), Pass(device.Workers, way.Streams, way.Ahead)));

    double Pass(int threads, int streams, int ahead)
    {
        var part = buffer.Length / threads / streams / Step * Step;
        var start = Stopwatch.GetTimestamp();
        device.ForEach(threads, (task, _) =>
        {
            var from = buffer.Pointer + task * part * streams;
            if (ahead == 0)
                Read(from, part, streams);
            else
                ReadAhead(from, part, ahead);
        });
        return part * streams * threads * sizeof(ulong) / Stopwatch.GetElapsedTime(start).TotalSeconds;
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

    public void Dispose()
    {
        buffer.Dispose();
        device.Dispose();
    }
}
