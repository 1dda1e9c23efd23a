namespace PureLora.Tests;

public sealed class AttentionTests
{
    const int Padding = int.MaxValue;
    static readonly AttentionShape heads = new(1, 1, 4, 2, 18);

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void Padding_gets_zeros_and_gives_none_of_its_gradient(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        int[] starts = [Padding, 1, 1, 1, 4, 4, Padding, Padding];
        var result = Run(device, heads with { Length = 8 }, starts, row => row);
        foreach (var row in (int[])[0, 6, 7])
            foreach (var part in result)
                Assert.All(Row(part, row, 8), bits => Assert.Equal(0u, bits));
        foreach (var part in result)
            Assert.All(Row(part, 2, 8), bits => Assert.NotEqual(0u, bits));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(9, 0)]
    [InlineData(50, 0)]
    [InlineData(150, 0)]
    [InlineData(9, 4)]
    [InlineData(150, 31)]
    [InlineData(300, 70)]
    public void A_document_gets_the_same_bits_alone_padded_or_packed(int length, int window)
    {
        using var device = Device.Open("cpu", 2);
        var heads = AttentionTests.heads with { Window = window, SoftCap = window / 10f };
        var alone = Run(device, heads with { Length = length }, [.. Enumerable.Repeat(0, length)], row => row);
        // The document lies in the second row of the batch, after another of 21 tokens and before one of 5 and padding.
        const int before = 21, after = 5;
        var total = before + length + after + 3;
        int[] second =
        [
            .. Enumerable.Repeat(0, before), .. Enumerable.Repeat(before, length),
            .. Enumerable.Repeat(before + length, after), .. Enumerable.Repeat(Padding - total, 3),
        ];
        int[] starts = [.. Enumerable.Repeat(0, total), .. second.Select(s => s + total)];
        var packed = Run(device, heads with { Batch = 2, Length = total }, starts, row => row - total - before);
        int[] rightPadded = [.. Enumerable.Repeat(0, length), .. Enumerable.Repeat(Padding, 7)];
        var padded = Run(device, heads with { Length = length + 7 }, rightPadded, row => row);
        for (var part = 0; part < alone.Length; part++)
            for (var row = 0; row < length; row++)
            {
                Assert.Equal(Row(alone[part], row, length), Row(padded[part], row, length + 7));
                Assert.Equal(Row(alone[part], row, length), Row(packed[part], total + before + row, 2 * total));
            }
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void A_document_that_is_not_a_number_spoils_no_other_and_stays_none(string deviceName)
    {
        using var device = Devices.Open(deviceName, 1);
        int[] starts = [.. Enumerable.Repeat(0, 10), .. Enumerable.Repeat(10, 13), .. Enumerable.Repeat(23, 11)];
        var clean = Run(device, heads with { Length = 34 }, starts, row => row);
        var spoilt = Run(device, heads with { Length = 34 }, starts, row => row, row => row is >= 10 and < 23);
        for (var part = 0; part < clean.Length; part++)
            foreach (var row in (int[])[.. Enumerable.Range(0, 10), .. Enumerable.Range(23, 11)])
                Assert.Equal(Row(clean[part], row, 34), Row(spoilt[part], row, 34));
        Assert.All(Row(spoilt[0], 12, 34), bits => Assert.True(float.IsNaN(BitConverter.UInt32BitsToSingle(bits))));
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void A_cache_that_is_not_a_number_spoils_no_other_and_stays_none(string deviceName)
    {
        using var device = Devices.Open(deviceName, 1);
        using var tape = new Tape(device, records: false);
        var shape = heads with { Batch = 2 };
        var keys = Devices.Noise(2 * 20 * shape.KeyColumns, 2);
        keys[5 * shape.HeadSize] = float.NaN;
        using FloatBuffer cached = device.RentCopy<float>(keys), values = device.RentCopy<float>(Devices.Noise(keys.Length, 3));
        using var lengths = device.RentCopy<int>([11, 20]);
        var y = tape.CachedAttention(tape.Input(2, shape.QueryColumns, Devices.Noise(2 * shape.QueryColumns, 1)), cached, values, lengths, 20, shape).Data.ToArray();
        // The key is of the first of two key heads, which the first two query heads read.
        Assert.All(y[..(2 * shape.HeadSize)], x => Assert.Equal(float.NaN, x));
        Assert.All(y[(2 * shape.HeadSize)..], x => Assert.True(float.IsFinite(x)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(33)]
    [InlineData(64)]
    public void The_number_of_threads_does_not_show(int window)
    {
        using var one = Device.Open("cpu", 1);
        using var three = Device.Open("cpu", 3);
        int[] starts = [.. Enumerable.Range(0, 500).Select(i => i < 250 ? i < 20 ? 0 : 20 : i < 270 ? 250 : 270)];
        var shape = heads with { Batch = 2, Length = 250, Window = window };
        Assert.Equal(Run(one, shape, starts, row => row), Run(three, shape, starts, row => row));
    }

    [Fact]
    public void A_window_that_holds_every_token_changes_no_bit()
    {
        using var device = Device.Open("cpu", 2);
        var shape = heads with { Length = 150 };
        var all = Run(device, shape, new int[150], row => row);
        Assert.Equal(all, Run(device, shape with { Window = 150 }, new int[150], row => row));
        Assert.NotEqual(all[0], Run(device, shape with { Window = 149 }, new int[150], row => row)[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_gradient_is_the_same_whether_or_not_others_are_wanted(int threads)
    {
        using var device = Device.Open("cpu", threads);
        var shape = heads with { Length = 300 };
        int[] starts = [.. Enumerable.Range(0, 300).Select(i => i < 20 ? 0 : i < 290 ? 20 : Padding)];
        var all = Gradients(true, true, true);
        for (var one = 0; one < 3; one++)
        {
            var alone = Gradients(one == 0, one == 1, one == 2);
            Assert.Equal(all[one], alone[one]);
            Assert.All(Enumerable.Range(0, 3).Where(other => other != one), other => Assert.Empty(alone[other]));
        }

        uint[][] Gradients(bool wantsQ, bool wantsK, bool wantsV)
        {
            using var tape = new Tape(device);
            using var rows = device.RentCopy<int>(starts);
            Tensor Make(int columns, int seed, bool wanted) => tape.Input(300, columns, Noise(300, columns, seed, row => row), wanted);
            Tensor[] inputs = [Make(shape.QueryColumns, 1, wantsQ), Make(shape.KeyColumns, 2, wantsK), Make(shape.KeyColumns, 3, wantsV)];
            using var o = device.Rent<float>(300L * shape.QueryColumns);
            using var dy = device.RentCopy<float>(Noise(300, shape.QueryColumns, 4, row => row));
            using var lse = device.Rent<float>(300L * shape.Heads);
            PureLora.Kernels.Attention.Forward(device, inputs[0].Data, inputs[1].Data, inputs[2].Data, rows, shape, o, lse);
            FloatBuffer? Wanted(int i) => inputs[i].NeedsGrad ? inputs[i].Gradient : null;
            PureLora.Kernels.Attention.Backward(device, inputs[0].Data, inputs[1].Data, inputs[2].Data, rows, shape, o, lse, dy, Wanted(0), Wanted(1), Wanted(2));
            return [.. inputs.Select(x => x.HasGradient ? OpTests.Bits(x.Gradient.ToArray()) : [])];
        }
    }

    [Theory]
    [InlineData(64, 130, 0)]
    [InlineData(8, 70, 0)]
    [InlineData(128, 40, 0)]
    [InlineData(10, 33, 0)]
    [InlineData(64, 300, 65)]
    [InlineData(16, 200, 1)]
    public void Many_tokens_equal_the_reference(int size, int length, int window)
    {
        using var device = Device.Open("cpu", 2);
        AttentionShape shape = new(1, length, 2, 1, size) { Window = window };
        int[] starts = [.. Enumerable.Range(0, length).Select(i => i < 25 ? 0 : 25)];
        var result = Run(device, shape, starts, row => row)[0].Select(BitConverter.UInt32BitsToSingle).ToArray();
        var (q, k, v) = (Noise(shape.Rows, shape.QueryColumns, 1, row => row), Noise(shape.Rows, shape.KeyColumns, 2, row => row), Noise(shape.Rows, shape.KeyColumns, 3, row => row));
        var expected = OpCases.AttentionInDoubles(Doubles(q), Doubles(k), Doubles(v), starts, shape);
        // Averages of values below one: a few units in the last place of f32.
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], result[i], 1e-6);
    }

    public static TheoryData<string, int> DevicesAndWindows
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var name in Devices.Names.Concat(Devices.Interpreters))
                foreach (var window in (int[])[0, 7, 45])
                    data.Add(name, window);
            return data;
        }
    }

    [Theory, MemberData(nameof(DevicesAndWindows))]
    public void Decoding_over_a_cache_equals_the_last_row(string deviceName, int window)
    {
        using var device = Devices.Open(deviceName);
        using var tape = new Tape(device, records: false);
        const int length = 45, capacity = 50;
        var shape = heads with { Length = length, Window = window };
        var (q, k, v) = (Noise(length, shape.QueryColumns, 1, row => row), Noise(length, shape.KeyColumns, 2, row => row), Noise(length, shape.KeyColumns, 3, row => row));
        using var starts = device.RentCopy<int>(new int[length]);
        var full = tape.Attention(
            tape.Input(length, shape.QueryColumns, q), tape.Input(length, shape.KeyColumns, k), tape.Input(length, shape.KeyColumns, v), starts, shape);
        var last = full.Data.ToArray()[^shape.QueryColumns..];

        using var one = device.RentCopy<int>([length]);
        var alone = Decode(one, 0);
        for (var i = 0; i < last.Length; i++)
            Assert.Equal(last[i], alone[i], 1e-6f);
        using var three = device.RentCopy<int>([7, length, 1]);
        Assert.Equal(alone, Decode(three, 1)[shape.QueryColumns..(2 * shape.QueryColumns)]);

        float[] Decode(IntBuffer lengths, int sequence)
        {
            var cache = shape with { Batch = (int)lengths.Length, Length = capacity };
            using var keys = device.RentZeroed<float>(cache.Rows * cache.KeyColumns);
            using var values = device.RentZeroed<float>(cache.Rows * cache.KeyColumns);
            using var rows = device.RentCopy<int>([.. Enumerable.Range(0, length * cache.KeyHeads).Select(row => (sequence * cache.KeyHeads + row % cache.KeyHeads) * capacity + row / cache.KeyHeads)]);
            using var newKeys = device.RentCopy<float>(k);
            using var newValues = device.RentCopy<float>(v);
            PureLora.Kernels.CopyRows.Forward(device, newKeys, cache.HeadSize, rows, keys);
            PureLora.Kernels.CopyRows.Forward(device, newValues, cache.HeadSize, rows, values);
            var queries = Enumerable.Range(0, cache.Batch).SelectMany(_ => q[^shape.QueryColumns..]).ToArray();
            return tape.CachedAttention(tape.Input(cache.Batch, shape.QueryColumns, queries), keys, values, lengths, capacity, cache with { Length = 1 }).Data.ToArray();
        }
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void Copied_rows_land_where_they_are_told_and_negative_ones_nowhere(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var source = device.RentCopy<float>([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        using var rows = device.RentCopy<int>([3, -1, 0]);
        using var target = device.RentZeroed<float>(12);
        PureLora.Kernels.CopyRows.Forward(device, source, 3, rows, target);
        Assert.Equal([7, 8, 9, 0, 0, 0, 0, 0, 0, 1, 2, 3], target.ToArray());
    }

    [Fact]
    public void Wrong_shapes_are_named()
    {
        using var device = Device.Open("cpu", 1);
        using var tape = new Tape(device);
        using var starts = device.RentZeroed<int>(3);
        Tensor Input(int rows, int columns) => tape.Input(rows, columns, new float[rows * columns]);
        string Message(int heads, int keyHeads, Tensor k, int length = 3) => Assert.Throws<ArgumentException>(
            () => tape.Attention(Input(length, 8), k, Input(length, 4), starts, new(1, length, heads, keyHeads, 4))).Message;
        Assert.Equal(
            "Attention: k is [3, 8], but AttentionShape { Batch = 1, Length = 3, Heads = 2, KeyHeads = 1, HeadSize = 4, Rows = 3, QueryColumns = 8, KeyColumns = 4, Window = 0, SoftCap = 0, Scale = 0.5 } needs [3, 4].",
            Message(2, 1, Input(3, 8)));
        Assert.Equal("Attention: Heads is 3, but KeyHeads 2 needs a multiple of it.", Message(3, 2, Input(3, 8)));
        Assert.Equal(
            "Attention: Window is -1, SoftCap 0 and Scale 0.5, but an attention needs finite numbers, the first two not negative.",
            Assert.Throws<ArgumentException>(() => tape.Attention(Input(3, 8), Input(3, 4), Input(3, 4), starts, new(1, 3, 2, 1, 4) { Window = -1 })).Message);
        Assert.StartsWith("Attention: starts has 3 values, but ", Message(2, 1, Input(4, 4), 4));
    }

    /// <summary>
    /// The bits of the result and of the gradients of q, k and v. Row r of every input is a function of token(r), the same
    /// for the same document wherever it lies.
    /// </summary>
    internal static uint[][] Run(Device device, AttentionShape shape, int[] starts, Func<int, int> token, Func<int, bool>? spoilt = null)
    {
        using var tape = new Tape(device);
        using var startRows = device.RentCopy<int>(starts);
        Parameter Make(int columns, int seed) => new(device, "x", shape.Rows, columns, Noise(shape.Rows, columns, seed, token, spoilt));
        using var q = Make(shape.QueryColumns, 1);
        using var k = Make(shape.KeyColumns, 2);
        using var v = Make(shape.KeyColumns, 3);
        var y = tape.Attention(q, k, v, startRows, shape);
        var value = y.Data.ToArray();
        y.Gradient.CopyFrom(Noise(shape.Rows, shape.QueryColumns, 4, token));
        tape.Walk();
        return [.. new[] { value, q.Gradient.ToArray(), k.Gradient.ToArray(), v.Gradient.ToArray() }
            .Select(values => values.Select(BitConverter.SingleToUInt32Bits).ToArray())];
    }

    internal static float[] Noise(int rows, int columns, int seed, Func<int, int> token, Func<int, bool>? spoilt = null) =>
        [.. Enumerable.Range(0, rows).SelectMany(row => spoilt?.Invoke(row) == true
            ? Enumerable.Repeat(float.NaN, columns) : Devices.Noise(columns, 100 * token(row) + seed))];

    static uint[] Row(uint[] values, int row, int rows) => values[(row * (values.Length / rows))..((row + 1) * (values.Length / rows))];

    static double[] Doubles(float[] values) => [.. values.Select(x => (double)x)];
}
