namespace PureLora.Tests;

public static partial class OpCases
{
    static readonly OpCase[] activations =
    [
        .. Gated(Activation.Silu, x => x / (1 + Math.Exp(-x))),
        .. Gated(Activation.Gelu, x => x / 2 * (1 + Erf(x / Math.Sqrt(2)))),
        .. Gated(Activation.GeluTanh, x => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))),
        .. Gated(Activation.QuickGelu, x => x / (1 + Math.Exp(-1.702 * x))),
        .. Gated(Activation.Relu, x => Math.Max(x, 0)),
        .. Gated(Activation.SquaredRelu, x => Math.Max(x, 0) * Math.Max(x, 0)),
        new("SoftCap", [(5, 37)], (tape, x) => tape.SoftCap(x[0], 0.7f), x => [.. x[0].Select(value => 0.7f * Math.Tanh(value / 0.7f))]),
        new("SoftCap", [(3, 11)], (tape, x) => tape.SoftCap(tape.Scale(x[0], 20f), 3f), x => [.. x[0].Select(value => 3 * Math.Tanh(20 * value / 3))]),
    ];

    /// <summary>Gated; where the curve is flat, from -20 to 20, with one tensor in both places; alone, where it bends.</summary>
    static OpCase[] Gated(Activation activation, Func<double, double> f) =>
    [
        new("Activate", [(5, 37), (5, 37)],
            (tape, x) => tape.Activate(activation, x[0], x[1]),
            x => [.. x[0].Zip(x[1], (gate, up) => f(gate) * up)]),
        new("Activate", [(3, 11)],
            (tape, x) => tape.Activate(activation, tape.AddScaled(x[0], x[0], 19f), x[0]),
            x => [.. x[0].Select(value => f(20 * value) * value)]),
        new("Activate", [(5, 37)],
            (tape, x) => tape.Activate(activation, tape.AddScaled(x[0], x[0], 2f)),
            x => [.. x[0].Select(value => f(3 * value))]),
    ];

    /// <summary>2/√π times the integral of e^-t² from 0 to x, as the series whose terms all have the sign of x; within 1e-15.</summary>
    internal static double Erf(double x)
    {
        if (Math.Abs(x) > 6)
            return Math.Sign(x);
        double term = x, sum = x;
        for (var n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
            sum += term *= 2 * x * x / (2 * n + 1);
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
