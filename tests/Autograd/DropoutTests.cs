namespace PureLora.Tests;

/// <summary>A mask is a function of seed, step, module, example, position and feature: of nothing else, and of each.</summary>
public sealed class DropoutTests
{
    const int Columns = 100;

    static float[] Mask(string deviceName, int[] examples, int[] positions, double p = 0.25, ulong seed = 3, int step = 9, string module = "a.b", int threads = 0, int columns = Columns)
    {
        using var device = Devices.Open(deviceName, deviceName == "cpu" ? threads : 0);
        using var e = device.RentCopy<int>(examples);
        using var t = device.RentCopy<int>(positions);
        using var tape = new Tape(device, records: false) { Dropout = new DropoutKeys(seed, step, e, t) };
        var ones = new float[examples.Length * columns];
        Array.Fill(ones, 1f);
        return tape.Dropout(tape.Input(examples.Length, columns, ones), p, module).Data.ToArray();
    }

    static int[] Range(int n) => [.. Enumerable.Range(0, n)];

    static int[] Same(int n, int value) => [.. Enumerable.Repeat(value, n)];

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Drops_at_its_rate_and_keeps_the_mean(double p)
    {
        const int n = 2000;
        var mask = Mask("cpu", Same(n, 4), Range(n), p);
        var rate = mask.Count(m => m == 0) / (double)mask.Length;
        // Five standard deviations of a fair count.
        Assert.InRange(rate, p - 5 * Math.Sqrt(p * (1 - p) / mask.Length), p + 5 * Math.Sqrt(p * (1 - p) / mask.Length));
        Assert.All(mask, m => Assert.True(m == 0 || m == (float)(1 / (1 - p)), $"{m} is neither 0 nor 1/(1-p)"));
    }

    [Fact]
    public void Every_device_and_thread_count_draws_the_same_mask()
    {
        int[] examples = [.. Range(300).Select(i => i / 7)], positions = [.. Range(300).Select(i => i % 7)];
        var expected = Mask("cpu", examples, positions, threads: 1, columns: 37);
        Assert.Equal(expected, Mask("cpu", examples, positions, threads: 3, columns: 37));
        Assert.Equal(expected, Mask("ilgpu", examples, positions, columns: 37));
    }

    [Fact]
    public void A_row_keeps_its_mask_in_any_batch()
    {
        var whole = Mask("cpu", [5, 5, 8, 8], [0, 1, 0, 1]);
        var other = Mask("cpu", [8, 1, 5], [1, 0, 0]);
        Assert.Equal(whole[(3 * Columns)..], other[..Columns]);
        Assert.Equal(whole[..Columns], other[(2 * Columns)..]);
    }

    [Fact]
    public void Seed_step_module_example_and_position_each_change_the_mask()
    {
        float[][] masks =
        [
            Mask("cpu", [5], [1]), Mask("cpu", [5], [2]), Mask("cpu", [6], [1]), Mask("cpu", [1], [5]),
            Mask("cpu", [5], [1], seed: 4), Mask("cpu", [5], [1], step: 10), Mask("cpu", [5], [1], module: "a.c"),
        ];
        for (var i = 0; i < masks.Length; i++)
            for (var j = 0; j < i; j++)
                // Independent masks at p = 0.25 differ in 37.5 of 100 features, give or take 5.
                Assert.InRange(masks[i].Zip(masks[j], (a, b) => a != b).Count(d => d), 15, 60);
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void The_gradient_passes_where_the_value_does(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var e = device.RentCopy<int>([3, 4]);
        using var t = device.RentCopy<int>([0, 9]);
        using var tape = new Tape(device) { Dropout = new DropoutKeys(1, 2, e, t) };
        float[] ones = [.. Enumerable.Repeat(1f, 2 * Columns)];
        using var x = new Parameter(device, "x", 2, Columns, ones);
        var y = tape.Dropout(x, 0.4, "m");
        var value = y.Data.ToArray();
        tape.Backward(y);
        Assert.Contains(0f, value);
        Assert.Equal(value, x.Gradient.ToArray());
    }

    [Fact]
    public void Evaluation_and_a_rate_of_zero_give_x_itself()
    {
        using var device = Device.Open("cpu");
        using var rows = device.RentCopy<int>([0]);
        using var evaluation = new Tape(device, records: false);
        var x = evaluation.Input(1, 2, [1f, 2f]);
        Assert.Same(x, evaluation.Dropout(x, 0.5, "m"));
        using var training = new Tape(device) { Dropout = new DropoutKeys(1, 2, rows, rows) };
        Assert.Same(x, training.Dropout(x, 0, "m"));
        Assert.NotSame(x, training.Dropout(x, 0.5, "m"));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void A_rate_outside_of_zero_to_one_is_an_error(double p)
    {
        var error = Assert.Throws<ArgumentException>(() => Mask("cpu", [0], [0], p));
        Assert.Equal($"Dropout: p is {p}, but a.b needs 0 or more and less than 1.", error.Message);
    }

    [Fact]
    public void Keys_for_another_number_of_rows_are_an_error()
    {
        var error = Assert.Throws<ArgumentException>(() => Mask("cpu", [0, 1], [0]));
        Assert.Equal("Dropout: the keys have 2 examples and 1 positions, but x of a.b needs 2 of each.", error.Message);
    }
}
