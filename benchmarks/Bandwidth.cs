using System.Diagnostics;
using PureLora.Kernels;

namespace PureLora.Benchmarks;

/// <summary>
/// The kernels of a step that are not products, in GB/s of what they must read and write, as shares of the first, a bare
/// loop y = a + s·b (like all that do not add, it also reads what it will write): <c>dotnet run -c Release --project benchmarks -- bandwidth [threads]</c>.
/// </summary>
static class Bandwidth
{
    // As many elements as no cache holds; rows, heads and vocabulary of SmolLM2-135M.
    const int Count = 15360 * 1536, Width = 576, HeadSize = 64, Vocabulary = 49152, Rounds = 9;

    public static void Run(int threads)
    {
        using var device = Device.Open("cpu", threads);
        const int rows = Count / Width, logitRows = Count / Vocabulary;
        var buffers = Enumerable.Range(0, 6).Select(i => Noise.Rent(device, Count, (uint)i)).ToArray();
        var (a, b, c, d, e) = (buffers[0], buffers[1], buffers[2], buffers[3], buffers[4]);
        using FloatBuffer headWeight = Noise.Rent(device, HeadSize, 10), headR = device.RentZeroed<float>(Count / HeadSize), pairs = device.RentZeroed<float>(2 * rows), part = Noise.Rent(device, Count / 3, 11);
        using FloatBuffer weight = Noise.Rent(device, Width, 7), r = device.RentZeroed<float>(rows), angles = Noise.Rent(device, 256 * HeadSize / 2, 8);
        using var partials = device.RentZeroed<float>(SumOfSquares.Partials(Count));
        using var positions = device.RentCopy<int>([.. Enumerable.Range(0, rows).Select(i => i % 256)]);
        using var targets = device.RentCopy<int>([.. Enumerable.Range(0, logitRows)]);
        using FloatBuffer losses = device.RentZeroed<float>(logitRows), stats = device.RentZeroed<float>(2 * logitRows), ones = Noise.Rent(device, logitRows, 9);
        var step = AdamWStep.Of(1e-4, 0.9, 0.999, 1e-8, 0.01, 3);
        // Arrays that are read or written; what is added to counts as both.
        (string Name, double Arrays, Action Run)[] kernels =
        [
            ("AddScaled.Forward", 3, () => AddScaled.Forward(device, a, b, 0.5f, c)),
            ("AddScaled.Backward", 3, () => AddScaled.Backward(device, a, 0.5f, c)),
            ("Activate.Forward, silu", 3, () => Activate.Forward(device, Activation.Silu, a, b, c)),
            ("Activate.Backward, silu", 7, () => Activate.Backward(device, Activation.Silu, a, b, c, d, e)),
            ("Activate.Forward, tanh", 3, () => Activate.Forward(device, Activation.GeluTanh, a, b, c)),
            ("Activate.Backward, tanh", 7, () => Activate.Backward(device, Activation.GeluTanh, a, b, c, d, e)),
            ("Activate.Forward, erf", 2, () => Activate.Forward(device, Activation.Gelu, a, null, c)),
            ("Activate.Backward, erf", 4, () => Activate.Backward(device, Activation.Gelu, a, b, null, c, null)),
            ("SoftCap.Forward", 2, () => SoftCap.Forward(device, a, 0.7f, c)),
            ("SoftCap.Backward", 4, () => SoftCap.Backward(device, a, b, 0.7f, c)),
            ("Columns.Forward", 2d / 3, () => Columns.Forward(device, a, 3 * Width, Width, Width, part)),
            ("Columns.Backward", 1, () => Columns.Backward(device, part, 3 * Width, Width, Width, c)),
            ("RmsNorm.Forward, heads", 2, () => RmsNorm.Forward(device, a, headWeight, 1f, 1e-5f, headR, c)),
            ("RmsNorm.BackwardInput, heads", 4, () => RmsNorm.BackwardInput(device, a, b, headWeight, 1f, headR, c)),
            ("RmsNorm.BackwardWeight, heads", 2, () => RmsNorm.BackwardWeight(device, a, b, headR, headWeight)),
            ("RmsNorm.Forward", 2, () => RmsNorm.Forward(device, a, weight, 0f, 1e-5f, r, c)),
            ("RmsNorm.BackwardInput", 4, () => RmsNorm.BackwardInput(device, a, b, weight, 0f, r, c)),
            ("RmsNorm.BackwardWeight", 2, () => RmsNorm.BackwardWeight(device, a, b, r, weight)),
            ("LayerNorm.Forward", 2, () => LayerNorm.Forward(device, a, weight, weight, 1e-5f, pairs, c)),
            ("LayerNorm.BackwardInput", 4, () => LayerNorm.BackwardInput(device, a, b, weight, pairs, c)),
            ("LayerNorm.BackwardWeight", 2, () => LayerNorm.BackwardWeight(device, a, b, pairs, weight)),
            ("Rotary.Forward", 2, () => Rotary.Forward(device, a, positions, angles, angles, HeadSize / 2, HeadSize, c)),
            ("Rotary.Backward", 3, () => Rotary.Backward(device, a, positions, angles, angles, HeadSize / 2, HeadSize, c)),
            ("CrossEntropy.Forward", 1, () => CrossEntropy.Forward(device, a, Vocabulary, targets, 0, losses, stats)),
            ("CrossEntropy.Backward", 3, () => CrossEntropy.Backward(device, a, Vocabulary, targets, 0, ones, stats, c, add: true)),
            ("AdamW.Step", 7, () => AdamW.Step(device, a, b, d, e, step, 1f)),
            ("SumOfSquares.Forward", 1, () => SumOfSquares.Forward(device, a, partials, 0)),
            ("Clear", 1, () => c.Clear()),
        ];
        d.Clear();
        e.Clear();
        var seconds = kernels.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round <= Rounds; round++)
            for (var i = 0; i < kernels.Length; i++)
            {
                var clock = Stopwatch.StartNew();
                kernels[i].Run();
                if (round > 0)
                    seconds[i].Add(clock.Elapsed.TotalSeconds);
            }
        Console.WriteLine($"{device.Description}; median of {Rounds} rounds");
        var rates = kernels.Select((kernel, i) => 4e-9 * Count * kernel.Arrays / seconds[i].Order().ElementAt(Rounds / 2)).ToArray();
        for (var i = 0; i < kernels.Length; i++)
            Console.WriteLine($"{kernels[i].Name,-32}{rates[i],8:F1} GB/s {rates[i] / rates[0],6:P0}");
        foreach (var buffer in buffers)
            buffer.Dispose();
    }
}
