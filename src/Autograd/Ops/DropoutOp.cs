using PureLora.Kernels;

namespace PureLora;

public static class DropoutOp
{
    /// <summary>
    /// y = x / (1 - p) where the mask keeps, 0 elsewhere; x itself when the tape's <see cref="Tape.Dropout"/> is null
    /// (evaluation) or p is 0. The mask of a row depends on the tape's keys, on <paramref name="module"/> and on the
    /// feature, and is drawn again in the backward pass. 0 &lt;= p &lt; 1; row i of x is row i of the keys.
    /// </summary>
    public static Tensor Dropout(this Tape tape, Tensor x, double p, string module) => Dropout(tape, x, p, module, tape.Dropout);

    internal static Tensor Dropout(Tape tape, Tensor x, double p, string module, DropoutKeys? keys)
    {
        if (!(p >= 0 && p < 1))
            throw new ArgumentException($"Dropout: p is {p}, but {module} needs 0 or more and less than 1.");
        if (keys is null || p == 0)
            return x;
        if (keys.Examples.Length != x.Rows || keys.Positions.Length != x.Rows)
            throw new ArgumentException($"Dropout: the keys have {keys.Examples.Length} examples and {keys.Positions.Length} positions, but x of {module} needs {x.Rows} of each.");
        var mask = DropoutMask.Of(keys.Seed, keys.Step, module, p);
        var y = tape.Make(x.Rows, x.Columns, x.NeedsGrad);
        Kernels.Dropout.Forward(tape.Device, x.Data, x.Columns, keys.Examples, keys.Positions, mask, y.Data);
        return tape.Record(y, () => Kernels.Dropout.Backward(tape.Device, y.Gradient, x.Columns, keys.Examples, keys.Positions, mask, x.Gradient));
    }
}
