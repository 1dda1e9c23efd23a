namespace PureLora.Tests;

/// <summary>One op: how to compute it on a tape, and the same in plain doubles.</summary>
/// <param name="Name">The op's name: its kernel's class, its method on the tape.</param>
/// <param name="Shapes">Rows and columns of each input; odd on purpose.</param>
/// <param name="Expression">The op on a tape.</param>
/// <param name="Reference">The inputs' values in, the result's values out.</param>
public sealed record OpCase(
    string Name, (int Rows, int Columns)[] Shapes, Func<Tape, Tensor[], Tensor> Expression, Func<double[][], double[]> Reference)
{
    /// <summary>False for what only inference uses: it has no gradient to check.</summary>
    public bool Differentiable { get; init; } = true;
}

/// <summary>Every op, once or more.</summary>
public static partial class OpCases
{
    static readonly OpCase[] elementwise =
    [
        new("AddScaled", [(5, 37), (5, 37)],
            (tape, x) => tape.AddScaled(x[0], x[1], 0.7f),
            x => [.. x[0].Zip(x[1], (a, b) => a + (double)0.7f * b)]),
        new("Scale", [(5, 37)], (tape, x) => tape.Scale(x[0], 0.7f), x => [.. x[0].Select(a => (double)0.7f * a)]),
    ];

    static readonly OpCase[] products =
    [
        Product(7, 37, 5),
        Product(3, 300, 33), // more than one block over k, more than one panel of columns
        Product(130, 19, 34), // more than one block of rows
        new("MatMul", [(7, 37), (33, 37), (7, 5), (33, 5)], // a LoRA linear: the second product goes on from the first
            (tape, x) => tape.AddMatMul(tape.MatMul(x[0], x[1]), x[2], x[3]),
            x => [.. Sums(x[0], x[1], 7, 37, 33).Zip(Sums(x[2], x[3], 7, 5, 33), (a, b) => a + b)]),
    ];

    static OpCase Product(int m, int k, int n) => new("MatMul", [(m, k), (n, k)],
        (tape, x) => tape.MatMul(x[0], x[1]), x => [.. Sums(x[0], x[1], m, k, n)]);

    static IEnumerable<double> Sums(double[] x, double[] w, int m, int k, int n) =>
        Enumerable.Range(0, m * n).Select(i => Enumerable.Range(0, k).Sum(j => x[i / n * k + j] * w[i % n * k + j]));

    public static IEnumerable<OpCase> All => [.. elementwise, .. products, .. rows, .. activations, .. loss, .. experts, .. attention];
}
