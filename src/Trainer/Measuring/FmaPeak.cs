using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PureLora;

/// <summary>
/// The most that this processor does in f32: fused multiply-adds in registers, on one thread or several, in the widest
/// vectors that there are. Nothing that reads memory can be faster.
/// </summary>
static class FmaPeak
{
    const int Milliseconds = 30;
    static float sink;

    /// <summary>GFLOP/s of <paramref name="threads"/> threads together, in one span of time; a fused multiply-add is two operations.</summary>
    public static double GigaFlops(int threads)
    {
        var (operations, clock) = (0.0, new Stopwatch());
        using var ready = new Barrier(threads, _ => clock.Start());
        var others = Enumerable.Range(1, threads - 1).Select(_ => new Thread(Run)).ToArray();
        foreach (var other in others)
            other.Start();
        Run();
        foreach (var other in others)
            other.Join();
        return operations / clock.Elapsed.TotalSeconds / 1e9;

        void Run()
        {
            ready.SignalAndWait();
            var done = OneThread(clock);
            lock (ready)
                operations += done;
        }
    }

    /// <summary>Operations of one thread until the clock has run its time.</summary>
    static double OneThread(Stopwatch clock)
    {
        const int steps = 20_000;
        var done = 0L;
        for (; clock.ElapsedMilliseconds < Milliseconds; done += steps)
            sink = Vector512.IsHardwareAccelerated ? Run512(steps) : Vector256.IsHardwareAccelerated ? Run256(steps) : Run128(steps);
        var (lanes, chains) = Vector512.IsHardwareAccelerated ? (16, 14) : (Vector256.IsHardwareAccelerated ? 8 : 4, 12);
        return 2.0 * lanes * chains * done;
    }

    /// <summary>
    /// Chains that stay in registers: more than latency times width on any processor of today. A call in here, even
    /// outside of the loop, would put them on the stack, as would more chains than registers; chains that began alike
    /// would become one.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static float Run512(int steps)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(0.001f);
        Vector512<float> a = y, b = a + y, c = b + y, d = c + y, e = d + y, f = e + y, g = f + y;
        Vector512<float> h = g + y, i = h + y, j = i + y, k = j + y, l = k + y, m = l + y, n = m + y;
        for (var step = 0; step < steps; step++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
            m = Vector512.FusedMultiplyAdd(m, x, y);
            n = Vector512.FusedMultiplyAdd(n, x, y);
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l + m + n);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static float Run256(int steps)
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256.Create(0.001f);
        Vector256<float> a = y, b = a + y, c = b + y, d = c + y, e = d + y, f = e + y, g = f + y;
        Vector256<float> h = g + y, i = h + y, j = i + y, k = j + y, l = k + y;
        for (var step = 0; step < steps; step++)
        {
            a = Vector256.FusedMultiplyAdd(a, x, y);
            b = Vector256.FusedMultiplyAdd(b, x, y);
            c = Vector256.FusedMultiplyAdd(c, x, y);
            d = Vector256.FusedMultiplyAdd(d, x, y);
            e = Vector256.FusedMultiplyAdd(e, x, y);
            f = Vector256.FusedMultiplyAdd(f, x, y);
            g = Vector256.FusedMultiplyAdd(g, x, y);
            h = Vector256.FusedMultiplyAdd(h, x, y);
            i = Vector256.FusedMultiplyAdd(i, x, y);
            j = Vector256.FusedMultiplyAdd(j, x, y);
            k = Vector256.FusedMultiplyAdd(k, x, y);
            l = Vector256.FusedMultiplyAdd(l, x, y);
        }
        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static float Run128(int steps)
    {
        Vector128<float> x = Vector128.Create(0.999f), y = Vector128.Create(0.001f);
        Vector128<float> a = y, b = a + y, c = b + y, d = c + y, e = d + y, f = e + y, g = f + y;
        Vector128<float> h = g + y, i = h + y, j = i + y, k = j + y, l = k + y;
        for (var step = 0; step < steps; step++)
        {
            a = Vector128.FusedMultiplyAdd(a, x, y);
            b = Vector128.FusedMultiplyAdd(b, x, y);
            c = Vector128.FusedMultiplyAdd(c, x, y);
            d = Vector128.FusedMultiplyAdd(d, x, y);
            e = Vector128.FusedMultiplyAdd(e, x, y);
            f = Vector128.FusedMultiplyAdd(f, x, y);
            g = Vector128.FusedMultiplyAdd(g, x, y);
            h = Vector128.FusedMultiplyAdd(h, x, y);
            i = Vector128.FusedMultiplyAdd(i, x, y);
            j = Vector128.FusedMultiplyAdd(j, x, y);
            k = Vector128.FusedMultiplyAdd(k, x, y);
            l = Vector128.FusedMultiplyAdd(l, x, y);
        }
        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
