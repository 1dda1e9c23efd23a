namespace PureLora.Tests;

/// <summary>Attention over several tiles, on a GPU whose groups share memory.</summary>
public sealed class FlashAttentionTests
{
    const int Padding = int.MaxValue;

    static Device Open()
    {
        Skip.If(Devices.NoOpenCL is not null, Devices.NoOpenCL);
        return Device.Open("opencl");
    }

    /// <summary>
    /// Head sizes of one, two and four blocks of features, whole and not, and some that are no multiple of four; batches;
    /// windows shorter and longer than a tile; soft-caps.
    /// </summary>
    [SkippableTheory]
    [InlineData(1, 5, 131, 4, 2, 0, 0f)]
    [InlineData(2, 16, 150, 4, 2, 0, 0f)]
    [InlineData(1, 40, 130, 2, 2, 9, 0f)]
    [InlineData(2, 64, 129, 3, 1, 0, 0.8f)]
    [InlineData(1, 64, 192, 2, 1, 1, 0f)]
    [InlineData(1, 80, 140, 2, 1, 70, 0f)]
    [InlineData(1, 128, 100, 2, 1, 0, 1.5f)]
    [InlineData(1, 130, 66, 2, 2, 65, 0f)]
    [InlineData(1, 256, 97, 2, 1, 0, 0f)]
    public void Several_tiles_equal_the_reference_and_the_host(int batch, int size, int length, int heads, int keyHeads, int window, float cap)
    {
        using var device = Open();
        using var host = Device.Open("cpu", 2);
        AttentionShape shape = new(batch, length, heads, keyHeads, size) { Window = window, SoftCap = cap };
        // A short document, one to a few tokens before the end, and padding; in each row of the batch elsewhere.
        int[] starts = [.. Enumerable.Range(0, shape.Rows).Select(row =>
        {
            var (first, token) = (row / length * length, row % length);
            return token >= length - 3 ? Padding : first + (token < 25 + first % 7 ? 0 : token < length - 10 ? 25 + first % 7 : length - 10);
        })];
        var result = AttentionTests.Run(device, shape, starts, row => row);
        Assert.Equal(result, AttentionTests.Run(device, shape, starts, row => row));

        var inputs = Enumerable.Range(1, 3).Select(seed => Doubles(AttentionTests.Noise(shape.Rows, seed == 1 ? shape.QueryColumns : shape.KeyColumns, seed, row => row))).ToArray();
        var expected = OpCases.AttentionInDoubles(inputs[0], inputs[1], inputs[2], starts, shape);
        // Averages of values below one: a few units in the last place of f32.
        Near.Absolute([.. expected.Select(y => (float)y)], Floats(result[0]), 1e-6, "o");
        // Both devices sum hundreds of products of size one in f32, each in an order of its own.
        var gradients = AttentionTests.Run(host, shape, starts, row => row);
        foreach (var (i, name) in (ReadOnlySpan<(int, string)>)[(1, "dq"), (2, "dk"), (3, "dv")])
            Near.Relative(Floats(gradients[i]), Floats(result[i]), 1e-5, name);
    }

    [SkippableTheory]
    [InlineData(20)]
    [InlineData(72)]
    public void A_document_that_is_not_a_number_spoils_no_other_in_its_tiles(int size)
    {
        using var device = Open();
        const int length = 150, begin = 40, end = 101;
        var shape = new AttentionShape(1, length, 2, 1, size);
        int[] starts = [.. Enumerable.Range(0, length).Select(i => i < begin ? 0 : i < end ? begin : end)];
        var clean = AttentionTests.Run(device, shape, starts, row => row);
        var spoilt = AttentionTests.Run(device, shape, starts, row => row, row => row is >= begin and < end);
        for (var part = 0; part < clean.Length; part++)
        {
            var columns = clean[part].Length / length;
            for (var i = 0; i < clean[part].Length; i++)
                if (i / columns is < begin or >= end)
                    Assert.Equal(clean[part][i], spoilt[part][i]);
                else
                    Assert.True(float.IsNaN(BitConverter.UInt32BitsToSingle(spoilt[part][i])), $"{part}: {i}");
        }
    }

    /// <summary>On a device with groups one kernel makes dk and dv, of which one may not be wanted, or both be one.</summary>
    [SkippableFact]
    public void Gradients_are_the_same_alone_and_add_up_in_one_buffer()
    {
        using var device = Open();
        var shape = new AttentionShape(1, 70, 2, 2, 12);
        using var starts = device.RentCopy<int>([.. Enumerable.Range(0, 70).Select(i => i < 20 ? 0 : 20)]);
        using FloatBuffer q = Noise(1), k = Noise(2), v = Noise(3), dy = Noise(4), o = Noise(5), lse = device.Rent<float>(140);
        PureLora.Kernels.Attention.Forward(device, q, k, v, starts, shape, o, lse);
        using FloatBuffer dq = Noise(6), dk = Noise(6), dv = Noise(6), one = Noise(6), alone = Noise(6), other = Noise(6);
        var begun = one.ToArray();
        Backward(dq, dk, dv);
        Backward(null, alone, null);
        Backward(null, null, other);
        Assert.Equal(OpTests.Bits(dk.ToArray()), OpTests.Bits(alone.ToArray()));
        Assert.Equal(OpTests.Bits(dv.ToArray()), OpTests.Bits(other.ToArray()));
        Backward(one, one, one);
        float[] x = dq.ToArray(), y = dk.ToArray(), z = dv.ToArray();
        // Three sums of size one, added in another order.
        Near.Relative([.. x.Select((value, i) => value + (y[i] - begun[i]) + (z[i] - begun[i]))], one.ToArray(), 1e-6, "one");

        FloatBuffer Noise(int seed) => device.RentCopy<float>(Devices.Noise(shape.Rows * shape.QueryColumns, seed));
        void Backward(FloatBuffer? a, FloatBuffer? b, FloatBuffer? c) =>
            PureLora.Kernels.Attention.Backward(device, q, k, v, starts, shape, o, lse, dy, a, b, c);
    }

    [SkippableTheory]
    [InlineData(24, 0, 0f)]
    [InlineData(7, 1100, 0.8f)]
    [InlineData(200, 30, 0f)]
    public void Decoding_over_a_long_cache_equals_the_host(int size, int window, float cap)
    {
        const int capacity = 1300;
        var shape = new AttentionShape(4, 1, 4, 2, size) { Window = window, SoftCap = cap };
        using var device = Open();
        using var host = Device.Open("cpu", 2);
        // Averages of values below one: a few units in the last place of f32.
        Near.Absolute(Decode(host), Decode(device), 1e-6, "o");

        float[] Decode(Device device)
        {
            using var tape = new Tape(device, records: false);
            using FloatBuffer keys = device.RentCopy<float>(Devices.Noise(4 * capacity * shape.KeyColumns, 2)), values = device.RentCopy<float>(Devices.Noise(4 * capacity * shape.KeyColumns, 3));
            using var lengths = device.RentCopy<int>([capacity, 1025, 0, 31]);
            return tape.CachedAttention(tape.Input(4, shape.QueryColumns, Devices.Noise(4 * shape.QueryColumns, 1)), keys, values, lengths, capacity, shape).Data.ToArray();
        }
    }

    static float[] Floats(uint[] bits) => [.. bits.Select(BitConverter.UInt32BitsToSingle)];

    static double[] Doubles(float[] values) => [.. values.Select(x => (double)x)];
}
