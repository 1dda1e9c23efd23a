namespace PureLora.Tests;

/// <summary>One op: how to compute it on a tape, and the same in plain doubles.</summary>
/// <param name="Name">The op's name: its kernel's class, its method on the tape.</param>
/// <param name="Shapes">Rows and columns of each input; odd on purpose.</param>
/// <param name="Expression">The op on a tape.</param>
/// <param name="Reference">The inputs' values in, the result's values out.</param>
public sealed record OpCase(
    string Name, (int Rows, int Columns)[] Shapes, Func<Tape, Tensor[], Tensor> Expression, Func<double[][], double[]> Reference);

/// <summary>Every op, once or more.</summary>
public static partial class OpCases
{
    static readonly OpCase[] elementwise =
    [
        new("AddScaled", [(5, 37), (5, 37)],
            (tape, x) => tape.AddScaled(x[0], x[1], 0.7f),
            x => [.. x[0].Zip(x[1], (a, b) => a + (double)0.7f * b)]),
    ];

    public static IEnumerable<OpCase> All => [.. elementwise, .. rows, .. loss];
}
