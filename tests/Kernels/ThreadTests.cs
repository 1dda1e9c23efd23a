namespace PureLora.Tests;

/// <summary>Which thread computes what never shows in a result.</summary>
public sealed class ThreadTests
{
    static readonly int[] picks = [.. Enumerable.Range(0, 149).Select(i => i * i % 61)];

    /// <summary>Large enough that three threads share every forward and backward loop, with an odd rest everywhere.</summary>
    static readonly OpCase[] shared =
    [
        new("AddScaled", [(149, 421), (149, 421)], (tape, x) => tape.AddScaled(x[0], x[1], 0.7f), _ => []),
        new("RmsNorm", [(149, 421), (1, 421)], (tape, x) => tape.RmsNorm(x[0], x[1], 1e-5f), _ => []),
        new("RmsNorm", [(149, 420), (1, 60)], (tape, x) => tape.RmsNorm(x[0], x[1], 1e-5f, 1f), _ => []),
        new("Columns", [(149, 420)], (tape, x) => tape.Columns(x[0], 23, 117, groups: 3), _ => []),
        new("LayerNorm", [(149, 421), (1, 421), (1, 421)], (tape, x) => tape.LayerNorm(x[0], x[1], x[2], 1e-5f), _ => []),
        new("AddBias", [(149, 421), (1, 421)], (tape, x) => tape.AddBias(x[0], x[1]), _ => []),
        new("Activate", [(149, 421), (149, 421)], (tape, x) => tape.Activate(Activation.Silu, x[0], x[1]), _ => []),
        new("Activate", [(149, 421)], (tape, x) => tape.Activate(Activation.GeluTanh, x[0]), _ => []),
        new("SoftCap", [(149, 421)], (tape, x) => tape.SoftCap(x[0], 0.7f), _ => []),
        new("Embedding", [(61, 421)], (tape, x) => tape.Embedding(x[0], OpCases.Keep(tape, picks)), _ => []),
        new("ScatterAdd", [(149, 7), (149, 421)], (tape, x) => OpCases.Mix(tape, x[0], x[1], 3, normalized: false), _ => []),
        new("Rotary", [(149, 420)], (tape, x) => OpCases.Rotate(tape, x[0], picks, 42), _ => []),
        new("Rotary", [(149, 420)], (tape, x) => OpCases.Rotate(tape, x[0], picks, 42, 10), _ => []),
    ];

    public static TheoryData<string> Cases =>
        [.. OpCases.All.Concat(shared).Select((item, index) => $"{item.Name} {index}")];

    [Theory, MemberData(nameof(Cases))]
    public void Any_number_of_threads_gives_the_same_bits(string label)
    {
        var item = OpCases.All.Concat(shared).ElementAt(int.Parse(label.Split(' ')[1]));
        var (value, gradients) = On(item, threads: 1);
        foreach (var threads in (int[])[2, 3])
        {
            var (otherValue, otherGradients) = On(item, threads);
            Assert.Equal(OpTests.Bits(value), OpTests.Bits(otherValue));
            for (var i = 0; i < gradients.Length; i++)
                Assert.Equal(OpTests.Bits(gradients[i]), OpTests.Bits(otherGradients[i]));
        }
    }

    /// <summary>One element alone is in a loop's tail, and in a lane when it has company.</summary>
    [Theory]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.Gelu)]
    [InlineData(Activation.GeluTanh)]
    public void Activate_of_one_element_has_the_bits_it_has_among_many(Activation activation)
    {
        float[] gates = [.. Devices.Noise(64, 3).Select(x => 30 * x)], ups = Devices.Noise(64, 4);
        using var device = Device.Open("cpu");
        var (value, dgate, dup) = Gated(device, activation, gates, ups);
        for (var i = 0; i < gates.Length; i++)
        {
            var (valueAlone, dgateAlone, dupAlone) = Gated(device, activation, [gates[i]], [ups[i]]);
            Assert.Equal(OpTests.Bits([value[i], dgate[i], dup[i]]), OpTests.Bits([valueAlone[0], dgateAlone[0], dupAlone[0]]));
        }
    }

    static (float[] Value, float[] DGate, float[] DUp) Gated(Device device, Activation activation, float[] gates, float[] ups)
    {
        using var tape = new Tape(device);
        using Parameter gate = new(device, "gate", 1, gates.Length, gates), up = new(device, "up", 1, ups.Length, ups);
        var y = tape.Activate(activation, gate, up);
        var value = y.Data.ToArray();
        tape.Backward(y, 0.3f);
        return (value, gate.Gradient.ToArray(), up.Gradient.ToArray());
    }

    static (float[] Value, float[][] Gradients) On(OpCase item, int threads)
    {
        using var device = Device.Open("cpu", threads);
        return OpTests.Evaluate(item, device);
    }
}
