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

    [Theory, InlineData("default", 1e4), InlineData("default_theta5e5", 5e5)]
    public void Inverse_frequencies_equal_those_of_Transformers(string name, double theta)
    {
        float[] expected = Read($"{name}/inv_freq"), actual = RotaryTable.InverseFrequencies(theta, 16);
        Assert.Equal(expected.Length, actual.Length);
        for (var j = 0; j < expected.Length; j++)
            // One f32 rounding of the power may differ by its last bit.
            Assert.Equal(1.0, actual[j] / expected[j], 1e-6);
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Rotated_heads_equal_those_of_Transformers(string deviceName)
    {
        using var device = Device.Open(deviceName);
        using var table = new RotaryTable(device, Read("llama3/inv_freq"));
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
        using var table = new RotaryTable(device, Read("llama3/inv_freq"), 24);
        // Correctly rounded here, within an ulp there.
        AssertClose(cos, table.Cos.ToArray(), 6e-8);
        AssertClose(sin, table.Sin.ToArray(), 6e-8);
    }

    static float[] Half(float[] table) => [.. table.Chunk(16).SelectMany(row => row.Take(8))];

    [Fact]
    public void A_table_that_grows_keeps_the_rows_it_had()
    {
        using var device = Device.Open("cpu");
        var frequencies = RotaryTable.InverseFrequencies(1e4, 10);
        using var table = new RotaryTable(device, frequencies, 5);
        FloatBuffer firstCos = table.Cos, firstSin = table.Sin;
        float[] cos = firstCos.ToArray(), sin = firstSin.ToArray();
        table.Grow(5);
        Assert.Equal(5, table.Positions);
        table.Grow(6);
        Assert.Equal(10, table.Positions);
        table.Grow(33);
        Assert.Equal(33, table.Positions);
        // A tape that waits for its backward walk still reads the first buffers.
        Assert.Equal(cos, firstCos.ToArray());
        Assert.Equal(sin, firstSin.ToArray());
        Assert.Equal(cos, table.Cos.ToArray()[..25]);
        Assert.Equal(sin, table.Sin.ToArray()[..25]);
        using var whole = new RotaryTable(device, 1e4, 10);
        Assert.Equal(64, whole.Positions);
        Assert.Equal(whole.Cos.ToArray()[..165], table.Cos.ToArray());
        Assert.Equal(Math.Cos((float)32 * frequencies[1]), table.Cos.ToArray()[32 * 5 + 1], 6e-8);
        table.Dispose();
        whole.Dispose();
        Assert.Equal(0, device.Bytes);
    }

    [Theory, InlineData(0), InlineData(7)]
    public void A_head_that_has_no_halves_is_refused(int headSize) => Assert.Equal(
        $"RotaryTable: headSize is {headSize}, but halves need a positive even number.",
        Assert.Throws<ArgumentException>(() => RotaryTable.InverseFrequencies(1e4, headSize)).Message);
}
