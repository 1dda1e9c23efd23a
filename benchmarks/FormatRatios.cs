using System.Diagnostics;
using PureLora.Kernels;

namespace PureLora.Benchmarks;

/// <summary>
/// Seconds of the products of a frozen weight in each format over those of BF16, at the shapes of SmolLM2-135M and
/// 1024 tokens, in turn in one process: <c>dotnet run -c Release --project benchmarks -- formats [threads]</c>.
/// </summary>
static class FormatRatios
{
    const int Tokens = 1024, Rounds = 15;

    // Query and output; key and value; gate and up; down.
    static readonly (int Outputs, int Inputs)[] shapes = [(576, 576), (192, 576), (1536, 576), (576, 1536)];

    static readonly Quantization[] formats =
    [
        new(WeightFormat.BF16), new(WeightFormat.F32), new(WeightFormat.INT8), new(WeightFormat.FP4), new(WeightFormat.NF4), new(WeightFormat.NF4, DoubleQuant: true),
    ];

    public static void Run(int threads)
    {
        using var device = Device.Open("cpu", threads);
        Console.WriteLine($"{Tokens} tokens, {device.Description}; median of {Rounds} rounds, times those of BF16 (GFLOP/s)");
        Console.WriteLine($"{"",-24}{string.Join("", formats.Select(f => $"{Name(f),18}"))}");
        foreach (var (outputs, inputs) in shapes)
        {
            using var x = device.RentZeroed<float>((long)Tokens * inputs);
            using var y = device.RentZeroed<float>((long)Tokens * outputs);
            var weights = formats.Select(f => Weight.Random(device, f, "w", outputs, inputs, 1, 0.1f)).ToArray();
            Print($"x·Wᵀ  [{outputs}, {inputs}]", outputs, inputs, weights, w => MatMul.Forward(device, x, Tokens, w, y));
            Print($"dy·W  [{outputs}, {inputs}]", outputs, inputs, weights, w => MatMul.BackwardInput(device, y, Tokens, w, x));
            Print($"one token [{outputs}, {inputs}]", outputs, inputs, weights, w => MatVec.Forward(device, x, 1, w, y), tokens: 1);
            foreach (var weight in weights)
                weight.Dispose();
        }
        foreach (var how in formats.Where(f => f.IsQuantized))
            PrintQuantizing(device, how);
    }

    static void PrintQuantizing(Device device, Quantization how)
    {
        const int side = 4096;
        using var values = Weight.Random(device, new(WeightFormat.F32), "w", side, side, 1, 0.1f);
        var clock = Stopwatch.StartNew();
        unsafe
        {
            using var weight = Weight.Quantize(device, how, "w", side, side, (first, span) => new Span<float>(values.Floats + first, span.Length).CopyTo(span));
        }
        Console.WriteLine($"quantizing to {Name(how),-12}{side * side / clock.Elapsed.TotalSeconds / 1e6,8:F0} million numbers a second");
    }

    static string Name(Quantization how) => how.DoubleQuant ? $"{how.Format} nested" : $"{how.Format}";

    static void Print(string what, int outputs, int inputs, Weight[] weights, Action<Weight> product, int tokens = Tokens)
    {
        var seconds = weights.Select(_ => new List<double>()).ToArray();
        foreach (var weight in weights)
            product(weight);
        for (var round = 0; round < Rounds; round++)
            for (var i = 0; i < weights.Length; i++)
            {
                var clock = Stopwatch.StartNew();
                product(weights[i]);
                seconds[i].Add(clock.Elapsed.TotalSeconds);
            }
        var medians = seconds.Select(all => all.Order().ElementAt(Rounds / 2)).ToArray();
        var cells = medians.Select(m => $"{m / medians[0],8:F2} ({2e-9 * tokens * outputs * inputs / m,5:F0})   ");
        Console.WriteLine($"{what,-24}{string.Join("", cells)}");
    }
}
