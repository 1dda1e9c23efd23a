namespace PureLora.Tests;

/// <summary>Attention over several tiles, on a GPU whose groups share memory.</summary>
public sealed class FlashAttentionTests
{
    const int Padding = int.MaxValue;

    /// <summary>Wider heads have kernels that PoCL compiles for half a minute each: <c>dotnet test</c> has them in the interpreter.</summary>
    const int WideSize = 64;

    static readonly (int Batch, int Size, int Length, int Heads, int KeyHeads, int Window, float Cap)[] shapes =
    [
        (1, 5, 131, 4, 2, 0, 0f), (2, 16, 150, 4, 2, 0, 0f), (1, 40, 130, 2, 2, 9, 0f), (2, 64, 129, 3, 1, 0, 0.8f), (1, 64, 192, 2, 1, 1, 0f),
        (1, 80, 140, 2, 1, 70, 0f), (1, 128, 100, 2, 1, 0, 1.5f), (1, 130, 66, 2, 2, 65, 0f), (1, 256, 97, 2, 1, 0, 0f), (1, 200, 70, 1, 1, 0, 0f),
    ];

    /// <summary>The interpreter, and OpenCL where there is a device, with each of <paramref name="sizes"/> that it is quick at.</summary>
    static TheoryData<string, int> On(IEnumerable<int> sizes)
    {
        var data = new TheoryData<string, int>();
        foreach (var device in Devices.Gpus.Concat(Devices.Interpreters))
            foreach (var (size, i) in sizes.Select((size, i) => (size, i)))
                if (size <= WideSize || Devices.Thorough || device.StartsWith("ptx", StringComparison.Ordinal))
                    data.Add(device, i);
        return data;
    }

    public static TheoryData<string, int> Shapes => On(shapes.Select(shape => shape.Size));

    public static TheoryData<string, int> Spoilt => On(brokenSizes);

    public static TheoryData<string, int> Caches => On(caches.Select(cache => cache.Size));

    public static TheoryData<string, int> Alone => On([12]);

    static readonly int[] brokenSizes = [20, 72];

    static readonly (int Size, int Window, float Cap)[] caches = [(24, 0, 0f), (7, 1100, 0.8f), (200, 30, 0f)];

    /// <summary>
    /// Head sizes of one, two and four blocks of features, whole and not, and some that are no multiple of four; batches;
    /// windows shorter and longer than a tile; soft-caps.
    /// </summary>
    [Theory, MemberData(nameof(Shapes))]
    public void Several_tiles_equal_the_reference_and_the_host(string deviceName, int which)
    {
        var (batch, size, length, heads, keyHeads, window, cap) = shapes[which];
        using var device = Devices.Open(deviceName);
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

    [Theory, MemberData(nameof(Spoilt))]
    public void A_document_that_is_not_a_number_spoils_no_other_in_its_tiles(string deviceName, int which)
    {
        var size = brokenSizes[which];
        using var device = Devices.Open(deviceName);
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
    [Theory, MemberData(nameof(Alone))]
    public void Gradients_are_the_same_alone_and_add_up_in_one_buffer(string deviceName, int _)
    {
        using var device = Devices.Open(deviceName);
        CheckGradientsAlone(device);
    }

    internal static void CheckGradientsAlone(Device device)
    {
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

    [Theory, MemberData(nameof(Caches))]
    public void Decoding_over_a_long_cache_equals_the_host(string deviceName, int which)
    {
        const int capacity = 1300;
        var (size, window, cap) = caches[which];
        var shape = new AttentionShape(4, 1, 4, 2, size) { Window = window, SoftCap = cap };
        using var device = Devices.Open(deviceName);
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
