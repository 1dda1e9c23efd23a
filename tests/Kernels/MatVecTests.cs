using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>The order of every addition of a decoding product, against the same order written out with plain floats.</summary>
[Trait("Category", "Determinism")]
public sealed class MatVecTests
{
    static readonly Quantization[] formats = [new(WeightFormat.F32), new(WeightFormat.BF16), new(WeightFormat.F16), .. QuantizedWeightTests.Formats];

    // Rows in fours and a rest; columns that fill chunks of 32 and blocks of 64, or one of the two, or none.
    static readonly (int N, int K)[] shapes = [(1, 1), (3, 31), (4, 32), (5, 33), (9, 64), (67, 96), (301, 192), (130, 577), (2, 1536)];

    public static TheoryData<int, int> Cases
    {
        get
        {
            var data = new TheoryData<int, int>();
            for (var format = 0; format < formats.Length; format++)
                for (var shape = 0; shape < shapes.Length; shape++)
                    data.Add(format, shape);
            return data;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Each_element_is_sixteen_chains_over_pairs_and_a_tree(int format, int shape)
    {
        var (n, k) = shapes[shape];
        var x = Devices.Noise(3 * k, 1);
        foreach (var threads in (int[])[1, 3])
        {
            using var device = Device.Open("cpu", threads);
            using var weight = Weight.Random(device, formats[format], "w", n, k, 5, 0.5f);
            using var decoded = weight.ToF32(device);
            var w = decoded.ToArray();
            foreach (var rows in (int[])[1, 3])
            {
                using var input = device.RentCopy<float>(x.AsSpan(0, rows * k));
                using var y = device.Rent<float>(rows * n);
                MatVec.Forward(device, input, rows, weight, y);
                float[] expected = [.. Enumerable.Range(0, rows * n).Select(i => Sum(x.AsSpan(i / n * k, k), w.AsSpan(i % n * k, k)))];
                Assert.Equal(OpTests.Bits(expected), OpTests.Bits(y.ToArray()));
            }
        }
    }

    static float Sum(ReadOnlySpan<float> x, ReadOnlySpan<float> w)
    {
        var v = new float[16];
        for (var i = 0; i < x.Length; i++)
            v[i / 2 % 16] = MathF.FusedMultiplyAdd(x[i], w[i], v[i / 2 % 16]);
        return ((v[0] + v[8]) + (v[4] + v[12]) + ((v[2] + v[10]) + (v[6] + v[14])))
            + ((v[1] + v[9]) + (v[5] + v[13]) + ((v[3] + v[11]) + (v[7] + v[15])));
    }

    /// <summary>Every binary16 there is, with its sign, as <see cref="HalfFloats"/> has it; x picks one of 32 at a time.</summary>
    [Fact]
    public unsafe void Every_binary16_is_the_float_that_it_means()
    {
        var halves = new ushort[1 << 16];
        for (var i = 0; i < halves.Length; i++)
            halves[i] = (ushort)i;
        fixed (ushort* source = halves)
            for (var first = 0; first < halves.Length; first += 32)
            {
                var (even, odd) = F16Pairs.Read((byte*)(source + first), default);
                for (var i = 0; i < 16; i++)
                {
                    Assert.Equal(BitConverter.SingleToUInt32Bits(HalfFloats.FromF16(halves[first + 2 * i])), BitConverter.SingleToUInt32Bits(even[i]));
                    Assert.Equal(BitConverter.SingleToUInt32Bits(HalfFloats.FromF16(halves[first + 2 * i + 1])), BitConverter.SingleToUInt32Bits(odd[i]));
                }
            }
    }
}
