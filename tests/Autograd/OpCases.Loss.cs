using PureLora.Kernels;

namespace PureLora.Tests;

public static partial class OpCases
{
    static readonly int[] examples = [900, 7, 7, 41, 2], positions = [0, 3, 4, 70000, 0];

    static readonly OpCase[] loss =
    [
        new("Dropout", [(5, 37)],
            (tape, x) => DropoutOp.Dropout(tape, x[0], 0.3, "layer", new DropoutKeys(11, 6, KeptInts(tape, examples), KeptInts(tape, positions))),
            x => Dropped(x[0], 37)),
        // Fewer columns than lanes and than slices, chunks that do not divide the rows, an ignored target.
        new("CrossEntropy", [(7, 5), (1, 5)],
            (tape, x) => tape.CrossEntropy(x[0], KeptInts(tape, 1, 2, 4, 6, 0), KeptInts(tape, 4, 0, -100, 3, 3), (t, h) => Head(t, h, x[1]), 2),
            x => TokenLosses(x, 5, [1, 2, 4, 6, 0], [4, 0, -100, 3, 3])),
        new("CrossEntropy", [(4, 131), (1, 131)],
            (tape, x) => tape.CrossEntropy(x[0], KeptInts(tape, 0, 1, 3), KeptInts(tape, 130, 0, 64), (t, h) => Head(t, h, x[1]), 100),
            x => TokenLosses(x, 131, [0, 1, 3], [130, 0, 64])),
        // A head whose last op bends its logits.
        new("CrossEntropy", [(4, 37), (1, 37)],
            (tape, x) => tape.CrossEntropy(x[0], KeptInts(tape, 0, 1, 3), KeptInts(tape, 36, 0, 7), (t, h) => t.SoftCap(Head(t, h, x[1]), 1.5f), 2),
            x => TokenLosses(x, 37, [0, 1, 3], [36, 0, 7], logit => 1.5 * Math.Tanh(logit / 1.5))),
        new("CrossEntropy", [(3, 70), (1, 70)],
            (tape, x) => tape.CrossEntropy(Head(tape, x[0], x[1]), KeptInts(tape, 69, -100, 7)),
            x => TokenLosses(x, 70, [0, 1, 2], [69, -100, 7])),
        // More columns than a group has threads; more than one group of a row.
        new("CrossEntropy", [(4, 300), (1, 300)],
            (tape, x) => tape.CrossEntropy(Head(tape, x[0], x[1]), KeptInts(tape, 299, 0, -100, 257)),
            x => TokenLosses(x, 300, [0, 1, 2, 3], [299, 0, -100, 257])),
        new("CrossEntropy", [(1, 2500), (1, 2500)],
            (tape, x) => tape.CrossEntropy(Head(tape, x[0], x[1]), KeptInts(tape, 2310)),
            x => TokenLosses(x, 2500, [0], [2310])),
    ];

    static IntBuffer KeptInts(Tape tape, params int[] values)
    {
        var buffer = tape.Keep<int>(values.Length);
        buffer.CopyFrom(values);
        return buffer;
    }

    static double[] Dropped(double[] x, int columns) =>
        [.. x.Select((value, i) =>
        {
            int row = i / columns, feature = i % columns;
            var block = Philox.Block(Philox.Key(11, "layer"), (uint)feature / 4, (uint)positions[row], (uint)examples[row], 6);
            var bits = (feature % 4) switch { 0 => block.X, 1 => block.Y, 2 => block.Z, _ => block.W };
            return Philox.Uniform(bits) >= 0.3 ? value / 0.7 : 0;
        })];

    /// <summary>A head that widens the logits, so that the softmax is not flat, and that has a trained part.</summary>
    static Tensor Head(Tape tape, Tensor h, Tensor bias) => tape.AddBias(tape.AddScaled(h, h, 2.5f), bias);

    static double[] TokenLosses(double[][] x, int columns, int[] rows, int[] targets, Func<double, double>? bend = null) =>
        [.. rows.Zip(targets, (row, target) =>
        {
            var logits = Enumerable.Range(0, columns).Select(c => 3.5 * x[0][row * columns + c] + x[1][c]).Select(bend ?? (logit => logit)).ToArray();
            return target == -100 ? 0 : Math.Log(logits.Sum(Math.Exp)) - logits[target];
        })];
}
