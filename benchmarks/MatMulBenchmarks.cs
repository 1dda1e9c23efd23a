using BenchmarkDotNet.Attributes;
using PureLora.Kernels;

namespace PureLora.Benchmarks;

/// <summary>
/// The three products of a linear layer at 512 tokens, 2048 inputs, 2048 outputs: 2·M·N·K = 4.29 GFLOP each.
/// <c>dotnet run -c Release --project benchmarks -- --filter '*MatMul*'</c>
/// </summary>
public unsafe class MatMulBenchmarks
{
    const int Tokens = 512, Inputs = 2048, Outputs = 2048;
    Device device = null!;
    Buffer<ushort> halves = null!;
    FloatBuffer x = null!, y = null!, dx = null!, dy = null!, dw = null!, floats = null!;
    Weight weight = null!;

    [Params(WeightFormat.F32, WeightFormat.BF16)]
    public WeightFormat Format { get; set; }

    [Params(1, 0)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        device = Device.Open("cpu", Threads);
        (x, dx) = (Noise(Tokens * Inputs), device.RentZeroed<float>(Tokens * Inputs));
        (y, dy) = (device.RentZeroed<float>(Tokens * Outputs), Noise(Tokens * Outputs));
        (floats, dw) = (Noise(Outputs * Inputs), device.RentZeroed<float>(Outputs * Inputs));
        halves = device.RentCopy<ushort>([.. floats.ToArray().Select(w => (ushort)(BitConverter.SingleToUInt32Bits(w) >> 16))]);
        weight = Weight.Over(device, Format, Outputs, Inputs, Format == WeightFormat.F32 ? (byte*)floats.Pointer : (byte*)halves.Pointer);
    }

    /// <summary>Values in [-1, 1) that are the same in every run.</summary>
    FloatBuffer Noise(int length)
    {
        var values = new float[length];
        for (var i = 0; i < length; i++)
            values[i] = 2f * Philox.Uniform(Philox.Block(1, (uint)i, 0, 0, 0).X) - 1f;
        return device.RentCopy<float>(values);
    }

    [Benchmark(Description = "y = x·Wᵀ")]
    public void Forward() => MatMul.Forward(device, x, Tokens, weight, y);

    [Benchmark(Description = "dx += dy·W")]
    public void BackwardInput() => MatMul.BackwardInput(device, dy, Tokens, weight, dx);

    /// <summary>The gradient is f32 whatever the format, so this form is the same in both.</summary>
    [Benchmark(Description = "dW += dyᵀ·x")]
    public void BackwardWeight() => MatMul.BackwardWeight(device, dy, x, Tokens, Outputs, Inputs, dw);

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (var buffer in (FloatBuffer[])[x, y, dx, dy, dw, floats])
            buffer.Dispose();
        halves.Dispose();
        weight.Dispose();
        device.Dispose();
    }
}
