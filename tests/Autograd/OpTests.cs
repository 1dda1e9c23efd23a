using System.Collections.Concurrent;

namespace PureLora.Tests;

/// <summary>What every op must satisfy on every device.</summary>
public sealed class OpTests
{
    public static TheoryData<string, string> CasesOnDevices => Label(_ => true);

    public static TheoryData<string, string> DifferentiableCasesOnDevices => Label(item => item.Differentiable);

    static TheoryData<string, string> Label(Func<OpCase, bool> wanted)
    {
        var data = new TheoryData<string, string>();
        foreach (var (item, index) in OpCases.All.Select((item, index) => (item, index)).Where(pair => wanted(pair.item)))
            foreach (var device in Devices.Everywhere)
                data.Add($"{item.Name} {index}", device);
        return data;
    }

    static OpCase Find(string label) => OpCases.All.ElementAt(int.Parse(label.Split(' ')[1]));

    [Theory, MemberData(nameof(CasesOnDevices))]
    public void Value_equals_the_reference(string label, string deviceName)
    {
        var item = Find(label);
        using var device = Devices.Open(deviceName);
        var expected = item.Reference(Doubles(Inputs(item)));
        var (value, _) = Evaluate(item, device);
        Assert.Equal(expected.Length, value.Length);
        // f32 rounding of sums of at most a few hundred terms of size one.
        AssertClose(expected, value, 2e-6);
    }

    [Theory, MemberData(nameof(DifferentiableCasesOnDevices))]
    public void Gradient_equals_central_differences(string label, string deviceName)
    {
        var item = Find(label);
        using var device = Devices.Open(deviceName);
        var (value, gradients) = Evaluate(item, device);
        var slopes = differences.GetOrAdd(label, _ => new Lazy<double[][]>(() => Slopes(item, value.Length))).Value;
        for (var input = 0; input < slopes.Length; input++)
        {
            double[] expected = [.. slopes[input].Select(slope => slope + StartingGradient)];
            // The reference is in doubles, so its differences are good to 1e-8: what is left is f32 rounding.
            AssertClose(expected, gradients[input], 1e-5);
        }
    }

    [Theory, MemberData(nameof(CasesOnDevices))]
    public void The_same_computation_gives_the_same_bits(string label, string deviceName)
    {
        var item = Find(label);
        using var device = Devices.Open(deviceName);
        var (first, firstGradients) = Evaluate(item, device);
        var (second, secondGradients) = Evaluate(item, device);
        Assert.Equal(Bits(first), Bits(second));
        for (var i = 0; i < firstGradients.Length; i++)
            Assert.Equal(Bits(firstGradients[i]), Bits(secondGradients[i]));
        Assert.Equal(0, device.Bytes);
    }

    [Fact]
    public void Every_op_has_a_kernel_and_a_case_of_its_name()
    {
        var ops = typeof(Tape).Assembly.GetExportedTypes().Where(t => t.Name.EndsWith("Op", StringComparison.Ordinal)).Select(t => t.Name[..^2]).ToArray();
        Assert.NotEmpty(ops);
        foreach (var op in ops)
        {
            Assert.True(typeof(Device).Assembly.GetType($"PureLora.Kernels.{op}") is not null, $"{op} has no kernel: add src/Kernels/{op}.cs.");
            Assert.True(OpCases.All.Any(c => c.Name == op), $"{op} has no case: add it to tests/Autograd/OpCases.cs.");
        }
    }

    /// <summary>Gradients begin here, not at zero: a backward step adds, it does not assign.</summary>
    const float StartingGradient = 0.25f;

    internal static (float[] Value, float[][] Gradients) Evaluate(OpCase item, Device device)
    {
        var inputs = Inputs(item).Zip(item.Shapes, (values, shape) => new Parameter(device, "x", shape.Rows, shape.Columns, values)).ToArray();
        foreach (var input in inputs)
            input.Gradient.CopyFrom([.. Enumerable.Repeat(StartingGradient, (int)input.Data.Length)]);
        using var tape = new Tape(device);
        var result = item.Expression(tape, inputs);
        var value = result.Data.ToArray();
        // L = sum of w·y with fixed weights: d(L)/d(y) = w, by an op whose gradient is exact.
        result.Gradient.CopyFrom([.. Weights(value.Length).Select(w => (float)w)]);
        tape.Walk();
        var gradients = inputs.Select(input => input.Gradient.ToArray()).ToArray();
        tape.Dispose();
        foreach (var input in inputs)
            input.Dispose();
        return (value, gradients);
    }

    /// <summary>Central differences of the reference, which every device is compared with.</summary>
    static readonly ConcurrentDictionary<string, Lazy<double[][]>> differences = [];

    static double[][] Slopes(OpCase item, int length)
    {
        var (inputs, weights) = (Doubles(Inputs(item)), Weights(length));
        return [.. inputs.Select((values, input) => Enumerable.Range(0, values.Length).Select(i => Slope(item, inputs, input, i, weights)).ToArray())];
    }

    static double Slope(OpCase item, double[][] inputs, int input, int i, double[] weights)
    {
        const double h = 1e-5;
        var kept = inputs[input][i];
        inputs[input][i] = kept + h;
        var above = item.Reference(inputs).Zip(weights, (y, w) => y * w).Sum();
        inputs[input][i] = kept - h;
        var below = item.Reference(inputs).Zip(weights, (y, w) => y * w).Sum();
        inputs[input][i] = kept;
        return (above - below) / (2 * h);
    }

    static float[][] Inputs(OpCase item) =>
        [.. item.Shapes.Select((shape, n) => Devices.Noise(shape.Rows * shape.Columns, 17 + n))];

    static double[] Weights(int length) => [.. Devices.Noise(length, 5).Select(w => (double)w)];

    static double[][] Doubles(float[][] values) => [.. values.Select(v => v.Select(x => (double)x).ToArray())];

    internal static uint[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToUInt32Bits)];

    static void AssertClose(double[] expected, float[] actual, double tolerance)
    {
        var scale = Math.Max(1e-3, expected.Max(Math.Abs));
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * scale, $"element {i} is {actual[i]}, but the reference needs {expected[i]} (largest {scale}).");
    }
}
