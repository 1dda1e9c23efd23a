using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PureLora.Kernels;

namespace PureLora.Benchmarks;

/// <summary>
/// The f32 matmul 512x2048x2048 as a share of what the processor can do, both measured in this process, turn by turn:
/// <c>dotnet run -c Release --project benchmarks -- peak</c>.
/// </summary>
static class Peak
{
    const int M = 512, N = 2048, K = 2048, Rounds = 9;

    public static void Run()
    {
        List<double> peaks = [], ones = [], twos = [];
        using var one = new Product(1);
        using var two = new Product(2);
        for (var round = 0; round < Rounds; round++)
        {
            peaks.Add(FusedMultiplyAdds());
            ones.Add(one.GigaFlops());
            twos.Add(two.GigaFlops());
        }
        var (peak, single, pair) = (Median(peaks), Median(ones), Median(twos));
        Console.WriteLine($"independent FMAs, 1 thread   {peak,8:F1} GFLOP/s");
        Console.WriteLine($"matmul {M}x{N}x{K}, 1 thread  {single,8:F1} GFLOP/s, {single / peak:P0} of the peak");
        Console.WriteLine($"the same, 2 threads          {pair,8:F1} GFLOP/s, {pair / single:F2} times one thread");
    }

    static Vector512<float> sink;

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>GFLOP/s of one thread.</summary>
    public static double FusedMultiplyAdds()
    {
        const int steps = 20_000_000;
        var clock = Stopwatch.StartNew();
        sink = Chains(steps);
        return 2.0 * 16 * 14 * steps / clock.Elapsed.TotalSeconds / 1e9;
    }

    /// <summary>
    /// Fourteen chains that stay in registers: more than latency times width on any processor of today. A call in this
    /// method, even outside of the loop, would put them on the stack; chains that began alike would become one.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<float> Chains(int steps)
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
        return a + b + c + d + e + f + g + h + i + j + k + l + m + n;
    }

    sealed class Product : IDisposable
    {
        readonly Device device;
        readonly FloatBuffer x, w, y;
        readonly Weight weight;

        public Product(int threads)
        {
            device = Device.Open("cpu", threads);
            (x, w, y) = (device.RentZeroed<float>(M * K), device.RentZeroed<float>(N * K), device.RentZeroed<float>(M * N));
            weight = Weight.Over(w, N, K);
        }

        public double GigaFlops()
        {
            var clock = Stopwatch.StartNew();
            MatMul.Forward(device, x, M, weight, y);
            return 2.0 * M * N * K / clock.Elapsed.TotalSeconds / 1e9;
        }

        public void Dispose()
        {
            x.Dispose();
            w.Dispose();
            y.Dispose();
            device.Dispose();
        }
    }
}
