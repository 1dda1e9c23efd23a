namespace PureLora.Tests;

/// <summary>What ops over rows do besides their formulas: refuse shapes that do not fit, leave frozen inputs alone.</summary>
public sealed class RowOpTests : IDisposable
{
    readonly Device device = Device.Open("cpu");
    readonly Tape tape;

    public RowOpTests() => tape = new Tape(device);

    Tensor Make(int rows, int columns, bool needsGrad = false) =>
        tape.Input(rows, columns, Devices.Noise(rows * columns, rows + columns), needsGrad);

    static void Says(string message, Action action) => Assert.Equal(message, Assert.Throws<ArgumentException>(action).Message);

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var x = Make(3, 12);
        Says("RmsNorm: w is [1, 11], but x [3, 12] needs one row whose columns divide 12.", () => tape.RmsNorm(x, Make(1, 11), 1e-5f));
        Says("AddBias: b is [2, 12], but x [3, 12] needs [1, 12].", () => tape.AddBias(x, Make(2, 12)));
        Says("LayerNorm: w is [3, 12], but x [3, 12] needs [1, 12].", () => tape.LayerNorm(x, x, null, 1e-5f));
        Says("LayerNorm: b is [1, 11], but x [3, 12] needs [1, 12].", () => tape.LayerNorm(x, Make(1, 12), Make(1, 11), 1e-5f));
        Says("Columns: groups is 5, but x [3, 12] needs a divisor of 12.", () => tape.Columns(x, 0, 1, 5));
        Says("Columns: 3 columns from 2 on were asked for, but each group of x [3, 12] has 4.", () => tape.Columns(x, 2, 3, 3));
        Says("SoftCap: cap is 0, but a bound needs a positive number.", () => tape.SoftCap(x, 0));
        Says("Activate: up is [12, 3], but x needs [3, 12].", () => tape.Activate(Activation.Silu, x, Make(12, 3)));
    }

    [Fact]
    public void Rotary_names_what_does_not_fit()
    {
        var x = Make(3, 12);
        using IntBuffer positions = device.RentZeroed<int>(3), few = device.RentZeroed<int>(2);
        using FloatBuffer table = device.RentZeroed<float>(12), odd = device.RentZeroed<float>(10);
        Says("Rotary: headSize is 3, but halves need a positive even number.", () => tape.Rotary(x, positions, table, table, 3));
        Says("Rotary: x is [3, 12], but headSize 8 needs a multiple of it as columns.", () => tape.Rotary(x, positions, table, table, 8));
        Says("Rotary: positions has 2 elements, but x [3, 12] needs 3.", () => tape.Rotary(x, few, table, table, 6));
        Says("Rotary: rotated is 8, but headSize 6 needs a positive even number that is no larger.", () => tape.Rotary(x, positions, table, table, 6, 8));
        Says("Rotary: rotated is 3, but headSize 6 needs a positive even number that is no larger.", () => tape.Rotary(x, positions, table, table, 6, 3));
        Says("Rotary: cos and sin have 12 and 10 elements, but 6 rotated dimensions need equal multiples of 3.", () => tape.Rotary(x, positions, table, odd, 6));
    }

    [Fact]
    public void A_frozen_input_gets_no_gradient()
    {
        Tensor frozen = Make(3, 12), row = Make(1, 12);
        using var trained = new Parameter(device, "x", 3, 12, Devices.Noise(36, 1));
        using var vector = new Parameter(device, "w", 1, 12, Devices.Noise(12, 2));
        foreach (var y in (Tensor[])[
            tape.RmsNorm(trained, row, 1e-5f), tape.RmsNorm(frozen, vector, 1e-5f),
            tape.LayerNorm(trained, row, row, 1e-5f), tape.LayerNorm(frozen, row, vector, 1e-5f), tape.LayerNorm(frozen, vector, null, 1e-5f), tape.AddBias(trained, row), tape.AddBias(frozen, vector),
            tape.Activate(Activation.Silu, trained, frozen), tape.Activate(Activation.Silu, frozen, trained)])
        {
            Assert.True(y.NeedsGrad);
            y.Gradient.CopyFrom(Devices.Noise(36, 3));
        }
        Assert.False(tape.RmsNorm(frozen, row, 1e-5f).NeedsGrad);
        tape.Walk(frozen);
        Assert.False(frozen.HasGradient || row.HasGradient);
        Assert.All(trained.Gradient.ToArray(), g => Assert.NotEqual(0f, g));
        Assert.All(vector.Gradient.ToArray(), g => Assert.NotEqual(0f, g));
    }

    public void Dispose()
    {
        tape.Dispose();
        Assert.Equal(0, device.Bytes);
        device.Dispose();
    }
}
