using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>Quantizing while reading: pieces, threads, sizes, and numbers that are none.</summary>
public sealed unsafe class QuantizerTests
{
    static QuantizedMatrix Quantize(CpuDevice? host, Quantization how, int rows, int columns, Func<long, float> element) =>
        Quantizer.Quantize(host, how, "layers.0.w", rows, columns, (first, span) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = element(first + i);
        });

    static byte[] Bytes(QuantizedMatrix matrix) =>
        [.. matrix.Parts.SelectMany(part => new ReadOnlySpan<byte>((byte*)part.Source, (int)part.Bytes).ToArray()), .. BitConverter.GetBytes(matrix.Offset)];

    static float Noise(long i) => Philox.Uniform(Philox.Block(1, (uint)i, 0, 0, 0).X) - 0.5f;

    /// <summary>A matrix of more than one piece: what is read in pieces, by three threads, is what one thread reads.</summary>
    [Fact, Trait("Category", "Determinism")]
    public void Threads_and_pieces_do_not_change_a_byte()
    {
        using var one = (CpuDevice)Device.Open("cpu", 1);
        using var three = (CpuDevice)Device.Open("cpu", 3);
        foreach (var how in QuantizedWeightTests.Formats)
        {
            using var alone = Quantize(null, how, 1031, 259, Noise);
            using var single = Quantize(one, how, 1031, 259, Noise);
            using var several = Quantize(three, how, 1031, 259, Noise);
            Assert.Equal(Bytes(alone), Bytes(single));
            Assert.Equal(Bytes(alone), Bytes(several));
        }
    }

    /// <summary>The last block of a piece and the first of the next, each on its own.</summary>
    [Fact]
    public void A_block_has_the_codes_that_it_has_alone()
    {
        using var whole = Quantize(null, new(WeightFormat.NF4), 8200, 64, Noise);
        foreach (var row in (int[])[0, 1, 4095, 4096, 8199])
        {
            using var alone = Quantize(null, new(WeightFormat.NF4), 1, 64, i => Noise(64L * row + i));
            Assert.Equal(alone.Scales[0], whole.Scales[row]);
            Assert.Equal(new ReadOnlySpan<byte>(alone.Codes, 32).ToArray(), new ReadOnlySpan<byte>(whole.Codes + 32 * row, 32).ToArray());
        }
    }

    [Fact]
    public void A_weight_quantized_on_the_device_is_the_matrix_that_the_quantizer_makes()
    {
        using var device = Device.Open("cpu", 2);
        foreach (var how in QuantizedWeightTests.Formats)
        {
            using var matrix = Quantize(null, how, 61, 67, Noise);
            using var weight = Weight.Quantize(device, how, "w", 61, 67, (first, span) =>
            {
                for (var i = 0; i < span.Length; i++)
                    span[i] = Noise(first + i);
            });
            Assert.Equal(Bytes(matrix), Bytes(weight.Quantized!));
            Assert.Equal(how, weight.Quantized!.Quantization);
        }
    }

    /// <summary>4096 x 4096 is 4.127 bits a parameter with double quantization, and the code books are 1,088 bytes.</summary>
    [Theory]
    [InlineData(WeightFormat.NF4, true, 4096, 4096, 8388608 + 262144 + 4096 + 4 + 64 + 1024)]
    [InlineData(WeightFormat.NF4, false, 4096, 4096, 8388608 + 4 * 262144 + 64)]
    [InlineData(WeightFormat.FP4, true, 7, 13, 46 + 2 + 4 + 4 + 64 + 1024)]
    [InlineData(WeightFormat.FP4, false, 7, 13, 46 + 8 + 64)]
    [InlineData(WeightFormat.INT8, false, 7, 13, 91 + 28)]
    public void Bytes_of_a_weight_are_those_of_its_parts(WeightFormat format, bool doubleQuant, int rows, int columns, long expected)
    {
        using var device = Device.Open("cpu", 2);
        using var weight = Weight.Random(device, new(format, doubleQuant), "w", rows, columns, 1, 1f);
        Assert.Equal(expected, weight.Bytes);
        Assert.Equal(expected, weight.Quantized!.Parts.Sum(part => part.Bytes) + (doubleQuant ? sizeof(float) : 0));
        Assert.Equal((expected + 255) / 256 * 256, device.Bytes);
    }

    [Fact]
    public void NF4_with_double_quantization_takes_4_127_bits_a_parameter()
    {
        var layout = new QuantizedLayout(new(WeightFormat.NF4, true), 14336, 4096);
        Assert.Equal(4.127, 8.0 * layout.Bytes / (14336.0 * 4096), 3);
    }

    [Theory]
    [InlineData(WeightFormat.NF4, float.NaN, "NaN", "NF4 needs finite numbers")]
    [InlineData(WeightFormat.FP4, float.NegativeInfinity, "-Infinity", "FP4 needs finite numbers")]
    [InlineData(WeightFormat.INT8, float.PositiveInfinity, "Infinity", "INT8 needs finite numbers of at most 65504")]
    [InlineData(WeightFormat.INT8, 65520f, "65520", "INT8 needs finite numbers of at most 65504")]
    public void A_number_that_is_not_finite_is_refused_by_name_and_index(WeightFormat format, float bad, string written, string needs)
    {
        using var device = Device.Open("cpu", 3);
        foreach (var at in (long[])[0, 262_150, 1031 * 259 - 1])
        {
            // A second one, further on, must not be the one that is named.
            var error = Assert.Throws<PureLoraException>(() => Weight.Quantize(device, new(format), "layers.0.w", 1031, 259, (first, span) =>
            {
                for (var i = 0; i < span.Length; i++)
                    span[i] = first + i == at || first + i == at + 3 ? bad : 0.5f;
            }));
            Assert.Equal($"layers.0.w: element {at} (row {at / 259}, column {at % 259}) is {written}, but {needs}. Download the checkpoint again, or keep this layer unquantized.", error.Message);
            Assert.Equal(0, device.Bytes);
        }
    }

    [Fact]
    public void Zeros_have_the_code_of_zero_and_stay_zeros()
    {
        using var nf4 = Quantize(null, new(WeightFormat.NF4), 1, 130, i => i < 64 ? 0f : Noise(i));
        using var int8 = Quantize(null, new(WeightFormat.INT8), 2, 3, i => i < 3 ? 0f : Noise(i));
        Assert.Equal(Enumerable.Repeat((byte)0x77, 32), new ReadOnlySpan<byte>(nf4.Codes, 32).ToArray());
        Assert.Equal(0f, nf4.Scales[0]);
        Assert.Equal(new byte[3], new ReadOnlySpan<byte>(int8.Codes, 3).ToArray());
        Assert.Equal(0f, int8.Scales[0]);
    }

    /// <summary>Each threshold, and the numbers just beside it: a tie takes the lower value.</summary>
    [Theory, InlineData(WeightFormat.NF4), InlineData(WeightFormat.FP4)]
    public void A_tie_between_two_values_takes_the_lower(WeightFormat format)
    {
        var book = CodeBook.Of(format);
        for (var i = 0; i < 15; i++)
        {
            var threshold = book.Thresholds[i];
            using var matrix = Quantize(null, new(format), 1, 4, e => e switch { 0 => 1f, 1 => threshold, 2 => MathF.BitIncrement(threshold), _ => MathF.BitDecrement(threshold) });
            Assert.Equal(book.Codes[i], matrix.Codes[0] & 15);
            Assert.Equal(book.Codes[i + 1], matrix.Codes[1] >> 4);
            Assert.Equal(book.Codes[i], matrix.Codes[1] & 15);
        }
    }

    /// <summary>INT8 over sizes from the smallest binary16 to the largest, with ties, in vectors and in their tails.</summary>
    [Fact, Trait("Category", "Determinism")]
    public void INT8_rounds_to_binary16_and_then_to_integers()
    {
        const int columns = 37;
        static float Element(long i) => (i / columns) switch
        {
            0 => Noise(i) * 100000f,
            1 => Noise(i) * 1e-7f,
            2 => (i % columns - 18) * 1.4901161e-8f,
            3 => 1f + (i % columns) * 0.00048828125f,
            4 => Math.Clamp((i % columns) * 8f - 127f, -127f, 127f) + 0.5f * (i % 2),
            var row => Noise(i) * MathF.Pow(2, row - 24),
        };
        using var matrix = Quantize(null, new(WeightFormat.INT8), 40, columns, Element);
        for (var row = 0; row < 40; row++)
        {
            float[] halves = [.. Enumerable.Range(0, columns).Select(c => (float)(Half)Element(row * columns + c))];
            var absmax = halves.Max(MathF.Abs);
            Assert.Equal(absmax, matrix.Scales[row]);
            for (var c = 0; c < columns; c++)
                Assert.Equal((sbyte)MathF.Round(halves[c] * (1f / absmax * 127f), MidpointRounding.ToEven), (sbyte)matrix.Codes[row * columns + c]);
        }
    }
}
