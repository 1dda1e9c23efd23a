namespace PureLora.Tests;

/// <summary>Angles, cosines and rotated heads against those of Transformers (tests/Golden/rope).</summary>
public sealed class RotaryTableTests
{
    static float[] Read(string name)
    {
        using var file = SafetensorsFile.Open(Path.Combine(Golden.Folder("rope"), "rope.safetensors"));
        return file.ReadFloats(name);
    }

    static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"element {i} is {actual[i]:R}, but {expected[i]:R} was expected.");
    }

    /// <summary>The scaled frequencies of the file, as they are.</summary>
    sealed record Given(float[] Values) : Rope(1, 2 * Values.Length)
    {
        public override float[] Frequencies(int length) => Values;
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Rotated_heads_equal_those_of_Transformers(string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var table = new RotaryTable(device, new Given(Read("llama3/inv_freq")));
        // The peer rotated with the tables of its llama3-rope-scaled model.
        using var positions = device.RentCopy<int>([.. Enumerable.Range(0, 24)]);
        using var tape = new Tape(device, records: false);
        foreach (var (name, heads) in (ReadOnlySpan<(string, int)>)[("q", 4), ("k", 2)])
        {
            var x = tape.Input(24, heads * 16, ByToken(Read($"apply/{name}"), heads));
            var y = tape.Rotary(x, positions, table.Cos, table.Sin, 16);
            // Two products of size one and their sum, each rounded to f32.
            AssertClose(ByToken(Read($"apply/{name}_rot"), heads), y.Data.ToArray(), 5e-7);
        }
    }

    /// <summary>[heads, 24, 16] as the file has it to [24, heads·16] as a tape has it.</summary>
    static float[] ByToken(float[] values, int heads) =>
        [.. Enumerable.Range(0, 24).SelectMany(t => Enumerable.Range(0, heads).SelectMany(h => values.Skip((h * 24 + t) * 16).Take(16)))];

    [Fact]
    public void Cosines_and_sines_equal_those_of_Transformers()
    {
        // The file's table [24, 16] holds each half-row twice; its scaled frequencies are the angles at position 1.
        float[] cos = Half(Read("llama3-rope-scaled/cos")), sin = Half(Read("llama3-rope-scaled/sin"));
        using var device = Device.Open("cpu");
        using var table = new RotaryTable(device, new Given(Read("llama3/inv_freq")), 24);
        // Correctly rounded here, within an ulp there.
        AssertClose(cos, table.Cos.ToArray(), 6e-8);
        AssertClose(sin, table.Sin.ToArray(), 6e-8);
    }

    static float[] Half(float[] table) => [.. table.Chunk(16).SelectMany(row => row.Take(8))];

    [Fact]
    public void A_table_that_grows_keeps_the_rows_it_had()
    {
        using var device = Device.Open("cpu");
        var rope = new Rope(1e4, 10);
        using var table = new RotaryTable(device, rope, 5);
        table.Cover(5, held: true);
        Assert.Equal(5, table.Positions);
        FloatBuffer firstCos = table.Cos, firstSin = table.Sin;
        float[] cos = firstCos.ToArray(), sin = firstSin.ToArray();
        table.Cover(6, held: true);
        Assert.Equal(10, table.Positions);
        table.Reserve(33);
        Assert.Equal(33, table.Positions);
        // A tape that waits for its backward walk still reads the first buffers.
        Assert.Equal(cos, firstCos.ToArray());
        Assert.Equal(sin, firstSin.ToArray());
        Assert.Equal(cos, table.Cos.ToArray()[..25]);
        Assert.Equal(sin, table.Sin.ToArray()[..25]);
        using var whole = new RotaryTable(device, rope);
        Assert.Equal(64, whole.Positions);
        Assert.Equal(whole.Cos.ToArray()[..165], table.Cos.ToArray());
        Assert.Equal(Math.Cos((float)32 * rope.Frequencies(1)[1]), table.Cos.ToArray()[32 * 5 + 1], 6e-8);
        table.Dispose();
        whole.Dispose();
        Assert.Equal(0, device.Bytes);
    }

    [Fact]
    public void Where_no_tape_waits_for_it_an_older_table_is_freed()
    {
        using var device = Device.Open("cpu");
        using var table = new RotaryTable(device, new DynamicRope(1e4, 10, 2, 32), 64);
        table.Cover(64, held: false);
        var before = device.Bytes;
        for (var length = 65; length < 128; length++)
            table.Cover(length, held: false);
        Assert.Equal(2 * before, device.Bytes);
    }

    /// <summary>Otherwise a token's angles would depend on which other sequences stand in its batch.</summary>
    [Fact]
    public void What_depends_on_the_length_takes_at_least_the_reserved_one()
    {
        using var device = Device.Open("cpu");
        var rope = new DynamicRope(1e4, 10, 2, 32);
        using var table = new RotaryTable(device, rope);
        table.Reserve(100);
        var reserved = table.Sin.ToArray();
        foreach (var length in (int[])[1, 32, 50, 100])
        {
            table.Cover(length, held: false);
            Assert.Equal(reserved, table.Sin.ToArray());
        }
        Assert.Equal(Math.Sin(rope.Frequencies(100)[3]), reserved[5 + 3], 6e-8);
        table.Cover(101, held: false);
        Assert.Equal(Math.Sin(rope.Frequencies(101)[3]), table.Sin.ToArray()[5 + 3], 6e-8);
        Assert.NotEqual(reserved[5 + 3], table.Sin.ToArray()[5 + 3]);
    }

    [Fact]
    public void Cosines_and_sines_are_scaled_by_the_rope()
    {
        using var device = Device.Open("cpu");
        using var table = new RotaryTable(device, new LongRope(1e4, 4, [1, 1], [2, 2], 64, 1.5));
        Assert.Equal(1.5f, table.Cos.ToArray()[0]);
        Assert.Equal(1.5 * Math.Sin(1), table.Sin.ToArray()[2], 1e-7);
    }
}
