using System.Diagnostics;
using PureLora.Kernels;

namespace PureLora.Benchmarks;

/// <summary>
/// Attention forward and backward in GFLOP/s of useful work (two and five products of D features for each pair of a query
/// and a key that it sees), and as a share of independent FMAs on as many threads:
/// <c>dotnet run -c Release --project benchmarks -- attention [threads]</c>.
/// </summary>
static class AttentionRates
{
    const int Warm = 30, Rounds = 9;

    // SmolLM2-135M at five lengths, Llama 3.2 1B, and other head sizes.
    static readonly AttentionShape[] shapes =
    [
        new(8, 128, 9, 3, 64), new(4, 256, 9, 3, 64), new(2, 512, 9, 3, 64), new(1, 1024, 9, 3, 64), new(1, 2048, 9, 3, 64),
        new(2, 256, 32, 8, 64), new(4, 256, 8, 8, 32), new(4, 256, 8, 2, 80), new(4, 256, 8, 2, 128), new(1, 2048, 8, 2, 128),
    ];

    public static void Run(int threads)
    {
        using var device = Device.Open("cpu", threads);
        Console.WriteLine($"{device.Description}; median of {Rounds} rounds");
        foreach (var shape in shapes)
            Print(device, shape);
    }

    static void Print(Device device, AttentionShape shape)
    {
        using FloatBuffer q = Queries(1), k = Keys(2), v = Keys(3), dy = Queries(4), dq = Queries(5), dk = Keys(6), dv = Keys(7);
        using FloatBuffer o = device.RentZeroed<float>(q.Length), lse = device.RentZeroed<float>((long)shape.Rows * shape.Heads);
        using var starts = device.RentCopy<int>([.. Enumerable.Range(0, shape.Rows).Select(i => i / shape.Length * shape.Length)]);
        List<double> forward = [], backward = [];
        // The peak comes first: beside the rounds it would let the other threads fall asleep.
        var peak = Median([.. Enumerable.Range(0, 3).Select(_ => FmaPeak.GigaFlops(device.Workers))]);
        for (var round = -Warm; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            Attention.Forward(device, q, k, v, starts, shape, o, lse);
            var middle = Stopwatch.GetTimestamp();
            Attention.Backward(device, q, k, v, starts, shape, o, lse, dy, dq, dk, dv);
            var end = Stopwatch.GetTimestamp();
            if (round < 0)
                continue;
            forward.Add(Stopwatch.GetElapsedTime(start, middle).TotalSeconds);
            backward.Add(Stopwatch.GetElapsedTime(middle, end).TotalSeconds);
        }
        var product = 1e-9 * shape.Batch * shape.Heads * shape.HeadSize * shape.Length * (shape.Length + 1);
        Console.WriteLine(
            $"{shape.Batch,2} x {shape.Length,4}, heads {shape.Heads,2}/{shape.KeyHeads} of {shape.HeadSize,3}  " +
            $"forward {Rate(2 * product, forward)}  backward {Rate(5 * product, backward)}");

        FloatBuffer Queries(uint seed) => Noise.Rent(device, (long)shape.Rows * shape.QueryColumns, seed);

        FloatBuffer Keys(uint seed) => Noise.Rent(device, (long)shape.Rows * shape.KeyColumns, seed);

        string Rate(double gigaFlop, List<double> seconds) =>
            $"{gigaFlop / Median(seconds),6:F1} GFLOP/s {gigaFlop / Median(seconds) / peak,4:P0}";
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
