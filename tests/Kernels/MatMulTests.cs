using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>The three products and the decoding product, in every weight format, on ragged shapes.</summary>
public sealed unsafe class MatMulTests
{
    static readonly WeightFormat[] formats = [WeightFormat.F32, WeightFormat.BF16, WeightFormat.F16];

    // One element; less than a tile; more than one block of rows, of columns and of k; a vocabulary; a rank.
    static readonly (int M, int N, int K)[] shapes = [(1, 1, 1), (5, 7, 3), (13, 33, 40), (131, 397, 300), (3, 1030, 65), (129, 4, 257)];

    public static TheoryData<string, WeightFormat, int> Cases
    {
        get
        {
            var data = new TheoryData<string, WeightFormat, int>();
            foreach (var device in Devices.Everywhere)
                foreach (var format in formats)
                    for (var i = 0; i < shapes.Length; i++)
                        data.Add(device, format, i);
            return data;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Every_form_equals_its_sum_in_doubles(string deviceName, WeightFormat format, int shape)
    {
        var (m, n, k) = shapes[shape];
        using var device = Devices.Open(deviceName);
        var (x, dy) = (Devices.Noise(m * k, 1), Devices.Noise(m * n, 2));
        var (bytes, w) = Encode(format, Devices.Noise(n * k, 3));
        fixed (byte* pointer = bytes)
        {
            using var weight = Weight.Over(device, format, n, k, pointer);
            using var xBuffer = device.RentCopy<float>(x);
            using var dyBuffer = device.RentCopy<float>(dy);
            using var y = device.RentCopy<float>(Devices.Noise(m * n, 4));
            MatMul.Forward(device, xBuffer, m, weight, y);
            Near(Sums(m, n, k, (i, j, l) => (double)x[i * k + l] * w[j * k + l]), y.ToArray(), k);
            MatVec.Forward(device, xBuffer, m, weight, y);
            Near(Sums(m, n, k, (i, j, l) => (double)x[i * k + l] * w[j * k + l]), y.ToArray(), k);
            using var dx = device.RentCopy<float>(x);
            MatMul.BackwardInput(device, dyBuffer, m, weight, dx);
            Near([.. Sums(m, k, n, (i, j, l) => (double)dy[i * n + l] * w[l * k + j]).Zip(x, (sum, held) => sum + held)], dx.ToArray(), n);
            using var dw = device.RentCopy<float>(w);
            MatMul.BackwardWeight(device, dyBuffer, xBuffer, m, n, k, dw);
            Near([.. Sums(n, k, m, (i, j, l) => (double)dy[l * n + i] * x[l * k + j]).Zip(w, (sum, held) => sum + held)], dw.ToArray(), m);
        }
    }

    /// <summary>
    /// More than one block of k, of columns and of a thread's own rows; C of few rows, which reads B in place; a rank,
    /// which makes half a panel and, as the gradient of a LoRA B, lies across C; and what is left over at every edge.
    /// </summary>
    [Theory, Trait("Category", "Determinism")]
    [InlineData(131, 397, 1300)]
    [InlineData(257, 40, 130)]
    [InlineData(16, 700, 70)]
    [InlineData(700, 16, 70)]
    [InlineData(133, 1, 9)]
    [InlineData(3, 5, 2)]
    public void An_element_is_one_chain_of_fused_multiply_adds_on_any_number_of_threads(int m, int n, int k)
    {
        float[] x = Devices.Noise(m * k, 1), w = Devices.Noise(n * k, 3), held = Devices.Noise(m * n, 5);
        var (xAcross, wAcross) = (Transpose(x, m, k), Transpose(w, n, k));
        foreach (var threads in (int[])[1, 2, 3])
        {
            using var device = Device.Open("cpu", threads);
            using var y = device.RentCopy<float>(held);
            using var xRows = device.RentCopy<float>(x);
            using var wRows = device.RentCopy<float>(w);
            using var xColumns = device.RentCopy<float>(xAcross);
            using var wColumns = device.RentCopy<float>(wAcross);
            MatMul.Forward(device, xRows, m, Weight.Over(wRows, n, k), y);
            Check(y, starts: new float[m * n]);
            y.CopyFrom(held);
            MatMul.BackwardInput(device, xRows, m, Weight.Over(wColumns, k, n), y);
            Check(y, held);
            y.CopyFrom(held);
            MatMul.BackwardWeight(device, xColumns, wColumns, k, m, n, y);
            Check(y, held);
        }

        void Check(FloatBuffer y, float[] starts)
        {
            var values = y.ToArray();
            foreach (var i in Sampled(m))
                foreach (var j in Sampled(n))
                {
                    var chain = starts[i * n + j];
                    for (var l = 0; l < k; l++)
                        chain = float.FusedMultiplyAdd(x[i * k + l], w[j * k + l], chain);
                    Assert.True(BitConverter.SingleToUInt32Bits(chain) == BitConverter.SingleToUInt32Bits(values[i * n + j]), $"element ({i}, {j}) is {values[i * n + j]:R}, but its chain is {chain:R}.");
                }
        }

        // The first and the last of a tile, of a block and of C.
        static IEnumerable<int> Sampled(int length) =>
            ((int[])[0, 3, 5, 11, 12, 15, 16, 31, 32, 119, 120, 319, 320, length - 2, length - 1]).Where(i => i >= 0 && i < length).Distinct();

        static float[] Transpose(float[] values, int rows, int columns) =>
            [.. Enumerable.Range(0, rows * columns).Select(i => values[i % rows * columns + i / rows])];
    }

    [Fact]
    public void A_sum_of_nothing_is_zero_or_what_was_there()
    {
        const int m = 100, n = 400;
        using var device = Device.Open("cpu", 2);
        using var nothing = device.Rent<float>(0);
        using var y = device.RentCopy<float>(Devices.Noise(m * n, 1));
        MatMul.BackwardWeight(device, nothing, nothing, 0, m, n, y);
        Assert.Equal(Devices.Noise(m * n, 1), y.ToArray());
        MatMul.Forward(device, nothing, m, Weight.Over(nothing, n, 0), y);
        Assert.All(y.ToArray(), value => Assert.Equal(0f, value));
        y.CopyFrom(Devices.Noise(m * n, 1));
        MatVec.Forward(device, nothing, m, Weight.Over(nothing, n, 0), y);
        Assert.All(y.ToArray(), value => Assert.Equal(0f, value));
    }

    [Fact, Trait("Category", "Determinism")]
    public void Decoding_a_row_gives_the_same_bits_alone_and_among_others()
    {
        var (m, n, k) = (5, 67, 90);
        using var device = Device.Open("cpu", 2);
        var x = Devices.Noise(m * k, 1);
        using var w = device.RentCopy<float>(Devices.Noise(n * k, 3));
        using var all = device.Rent<float>(m * n);
        using var one = device.Rent<float>(n);
        using var xBuffer = device.RentCopy<float>(x);
        MatVec.Forward(device, xBuffer, m, Weight.Over(w, n, k), all);
        for (var row = 0; row < m; row++)
        {
            using var alone = device.RentCopy<float>(x.AsSpan(row * k, k));
            MatVec.Forward(device, alone, 1, Weight.Over(w, n, k), one);
            Assert.Equal(one.ToArray(), all.ToArray()[(row * n)..((row + 1) * n)]);
        }
    }

    [Theory]
    [InlineData("cpu", 256)]
    [InlineData("cpu", 4)] // fewer than a vector
    [InlineData("ilgpu", 256)]
    public void Every_sixteen_bit_value_decodes_exactly(string deviceName, int columns)
    {
        using var device = Devices.Open(deviceName);
        var halves = Enumerable.Range(0, 65536).Select(i => (ushort)i).ToArray();
        fixed (ushort* pointer = halves)
        {
            using var bf16 = Weight.Over(device, WeightFormat.BF16, 65536 / columns, columns, (byte*)pointer);
            using var f16 = Weight.Over(device, WeightFormat.F16, 65536 / columns, columns, (byte*)pointer);
            using var wide = bf16.ToF32(device);
            using var narrow = f16.ToF32(device);
            var (fromBF16, fromF16) = (wide.ToArray(), narrow.ToArray());
            for (var i = 0; i < halves.Length; i++)
            {
                Assert.Equal((uint)i << 16, BitConverter.SingleToUInt32Bits(fromBF16[i]));
                Assert.Equal(BitConverter.SingleToUInt32Bits(HalfFloats.FromF16(halves[i])), BitConverter.SingleToUInt32Bits(fromF16[i]));
            }
        }
    }

    static (byte[] Bytes, float[] Values) Encode(WeightFormat format, float[] values)
    {
        if (format == WeightFormat.F32)
            return (System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values).ToArray(), values);
        ushort[] halves = [.. values.Select(v => format == WeightFormat.BF16 ? HalfFloats.ToBF16(v) : HalfFloats.ToF16(v))];
        return (System.Runtime.InteropServices.MemoryMarshal.AsBytes<ushort>(halves).ToArray(), [.. halves.Select(h => format == WeightFormat.BF16 ? HalfFloats.FromBF16(h) : HalfFloats.FromF16(h))]);
    }

    static double[] Sums(int rows, int columns, int depth, Func<int, int, int, double> term) =>
        [.. Enumerable.Range(0, rows * columns).Select(i => Enumerable.Range(0, depth).Sum(l => term(i / columns, i % columns, l)))];

    /// <summary>A chain of f32 additions of terms below one is off by at most depth roundings of a partial sum below depth.</summary>
    static void Near(double[] expected, float[] actual, int depth)
    {
        var tolerance = 2e-7 * Math.Max(4, depth);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"element {i} is {actual[i]}, but needs {expected[i]}.");
    }
}
