using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>A product over a quantized weight is the product over its decoded elements, bit for bit on the host.</summary>
public sealed unsafe class QuantizedWeightTests
{
    public static readonly Quantization[] Formats =
    [
        new(WeightFormat.INT8), new(WeightFormat.FP4), new(WeightFormat.NF4), new(WeightFormat.FP4, true), new(WeightFormat.NF4, true),
    ];

    // One element; odd rows, so that every second begins in the middle of a byte; blocks that cross rows, tiles, blocks
    // of k and of columns; more than 256 scales; a rank.
    static readonly (int M, int N, int K)[] shapes = [(1, 1, 1), (5, 7, 3), (13, 33, 41), (131, 397, 300), (3, 1030, 65), (129, 4, 257)];

    public static TheoryData<int, int> Cases
    {
        get
        {
            var data = new TheoryData<int, int>();
            for (var format = 0; format < Formats.Length; format++)
                for (var shape = 0; shape < shapes.Length; shape++)
                    data.Add(format, shape);
            return data;
        }
    }

    public static Weight Quantize(Device device, Quantization how, int rows, int columns, float[] values) =>
        Weight.Quantize(device, how, "w", rows, columns, (first, span) => values.AsSpan((int)first, span.Length).CopyTo(span));

    /// <summary>What the products must see, by the definition of each format.</summary>
    static float[] Elements(QuantizedMatrix matrix) => [.. Enumerable.Range(0, matrix.Rows * matrix.Columns).Select(i => matrix.Format == WeightFormat.INT8
        ? (sbyte)matrix.Codes[i] * (matrix.Scale(i / matrix.Columns) / 127f)
        : matrix.Map[(matrix.Codes[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15] * matrix.Scale(i / 64))];

    [Theory, Trait("Category", "Determinism"), MemberData(nameof(Cases))]
    public void Products_equal_those_over_the_decoded_matrix_bit_for_bit(int format, int shape)
    {
        var (m, n, k) = shapes[shape];
        var (x, dy, w) = (Devices.Noise(m * k, 1), Devices.Noise(m * n, 2), Devices.Noise(n * k, 3));
        int[] ids = [n - 1, 0, n / 2, 0];
        foreach (var threads in (int[])[1, 2, 3])
        {
            using var device = Device.Open("cpu", threads);
            using var weight = Quantize(device, Formats[format], n, k, w);
            using var decoded = device.RentCopy<float>(Elements(weight.Quantized!));
            using var plain = Weight.Over(decoded, n, k);
            using var xBuffer = device.RentCopy<float>(x);
            using var dyBuffer = device.RentCopy<float>(dy);
            using var idBuffer = device.RentCopy<int>(ids);
            Same(m * n, y => MatMul.Forward(device, xBuffer, m, weight, y), y => MatMul.Forward(device, xBuffer, m, plain, y));
            Same(m * k, y => MatMul.BackwardInput(device, dyBuffer, m, weight, y), y => MatMul.BackwardInput(device, dyBuffer, m, plain, y));
            Same(m * n, y => MatVec.Forward(device, xBuffer, m, weight, y), y => MatVec.Forward(device, xBuffer, m, plain, y));
            Same(4 * k, y => Embedding.Forward(device, weight, idBuffer, y), y => Embedding.Forward(device, plain, idBuffer, y));
            Same(n * k, y => Decode.Forward(device, weight, y), y => Decode.Forward(device, plain, y));

            void Same(int length, Action<FloatBuffer> quantized, Action<FloatBuffer> reference)
            {
                using var actual = device.RentCopy<float>(Devices.Noise(length, 4));
                using var expected = device.RentCopy<float>(Devices.Noise(length, 4));
                quantized(actual);
                reference(expected);
                Assert.Equal(expected.ToArray(), actual.ToArray());
            }
        }
    }

    /// <summary>On a GPU the chain of a product is one of multiplies and adds, so only the decoding is exact.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void A_gpu_decodes_the_same_bits_and_its_products_are_near(int format, int shape)
    {
        var (m, n, k) = shapes[shape];
        if (m * n * k > 1 << 20)
            (m, n, k) = (13, 397, 300);
        var (x, dy, w) = (Devices.Noise(m * k, 1), Devices.Noise(m * n, 2), Devices.Noise(n * k, 3));
        int[] ids = [n - 1, 0, n / 2, 0];
        using var host = Device.Open("cpu", 1);
        using var device = Device.Open("ilgpu");
        using var weight = Quantize(device, Formats[format], n, k, w);
        using var onHost = Quantize(host, Formats[format], n, k, w);
        using var copied = Weight.Over(device, onHost.Quantized!);
        Assert.Null(weight.Quantized);
        var elements = Elements(onHost.Quantized!);
        foreach (var each in (Weight[])[weight, copied])
        {
            using var decoded = each.ToF32(device);
            Assert.Equal(elements, decoded.ToArray());
        }
        using var xBuffer = device.RentCopy<float>(x);
        using var dyBuffer = device.RentCopy<float>(dy);
        using var idBuffer = device.RentCopy<int>(ids);
        using var y = device.Rent<float>(m * n);
        MatMul.Forward(device, xBuffer, m, weight, y);
        Near(m * n, i => Enumerable.Range(0, k).Sum(l => (double)x[i / n * k + l] * elements[i % n * k + l]), y, k);
        MatVec.Forward(device, xBuffer, m, weight, y);
        Near(m * n, i => Enumerable.Range(0, k).Sum(l => (double)x[i / n * k + l] * elements[i % n * k + l]), y, k);
        using var dx = device.RentZeroed<float>(m * k);
        MatMul.BackwardInput(device, dyBuffer, m, weight, dx);
        Near(m * k, i => Enumerable.Range(0, n).Sum(l => (double)dy[i / k * n + l] * elements[l * k + i % k]), dx, n);
        using var rows = device.Rent<float>(4 * k);
        Embedding.Forward(device, weight, idBuffer, rows);
        Assert.Equal([.. ids.SelectMany(id => elements.AsSpan(id * k, k).ToArray())], rows.ToArray());
    }

    /// <summary>A chain of f32 additions of terms below one is off by at most depth roundings of a partial sum below depth.</summary>
    static void Near(int length, Func<int, double> expected, FloatBuffer actual, int depth)
    {
        var values = actual.ToArray();
        for (var i = 0; i < length; i++)
            Assert.True(Math.Abs(expected(i) - values[i]) <= 2e-7 * Math.Max(4, depth), $"element {i} is {values[i]}, but needs {expected(i)}.");
    }

    /// <summary>Every subnormal, and a sample of the others with both signs, infinity and the largest number among them.</summary>
    [Theory, MemberData(nameof(GroupTests.Gpus), MemberType = typeof(GroupTests))]
    public void A_device_widens_F16_as_the_host_does(string deviceName)
    {
        ushort[] halves = [.. Enumerable.Range(0, 1024).Select(i => (ushort)i), .. Enumerable.Range(0, 3072).Select(i => (ushort)(i * 0xFC01 / 3071 % 0xFC01)), 0x7BFF, 0x7C00, 0xFBFF, 0xFC00];
        halves = [.. halves.Where(half => (half & 0x7FFF) <= 0x7C00)];
        using var device = Devices.Open(deviceName);
        fixed (ushort* bytes = halves)
        {
            using var weight = Weight.Over(device, WeightFormat.F16, 1, halves.Length, (byte*)bytes);
            using var wide = weight.ToF32(device);
            Assert.Equal(OpTests.Bits([.. halves.Select(HalfFloats.FromF16)]), OpTests.Bits(wide.ToArray()));
        }
    }

    [Theory, InlineData("cpu", 1), InlineData("cpu", 3), InlineData("ilgpu", 1)]
    public void A_seed_and_a_name_draw_the_same_weight_in_any_format(string deviceName, int threads)
    {
        using var device = Device.Open(deviceName, deviceName == "cpu" ? threads : 0);
        using var host = Device.Open("cpu", 1);
        var (rows, columns) = (301, 229);
        foreach (var how in (Quantization[])[new(WeightFormat.F32), new(WeightFormat.BF16), new(WeightFormat.F16), .. Formats])
        {
            float[] Draw(Device on, string name, ulong seed)
            {
                using var weight = Weight.Random(on, how, name, rows, columns, seed, 0.5f);
                using var values = weight.ToF32(on);
                return values.ToArray();
            }
            var values = Draw(device, "w", 7);
            Assert.Equal(Draw(host, "w", 7), values);
            Assert.NotEqual(Draw(host, "v", 7), values);
            Assert.NotEqual(Draw(host, "w", 8), values);
            Assert.InRange(values.Max(Math.Abs), 0.25f, 0.51f);
            Assert.InRange(values.Select(v => (double)v).Average(), -0.03, 0.03);
            Assert.InRange(values.Distinct().Count(), how.IsFourBit ? 100 : 1000, int.MaxValue);
        }
    }
}
