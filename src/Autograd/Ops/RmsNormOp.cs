namespace PureLora;

public static class RmsNormOp
{
    /// <summary>
    /// y = x·(offset + w) / sqrt(mean(x²) + eps), the mean over each run of N columns of x [T, C] by itself, with w [1, N]:
    /// N = C for a whole row, N = D for each head. Root mean square normalisation (Zhang and Sennrich, arXiv 1910.07467);
    /// Gemma's offset is 1. Keeps one number a run for the backward pass.
    /// </summary>
    public static Tensor RmsNorm(this Tape tape, Tensor x, Tensor w, float eps, float offset = 0f)
    {
        if (w.Rows != 1 || w.Columns < 1 || x.Columns % w.Columns != 0)
            throw new ArgumentException($"RmsNorm: w is {w.Shape}, but x {x.Shape} needs one row whose columns divide {x.Columns}.");
        var y = tape.Make(x.Rows, x.Columns, x.NeedsGrad || w.NeedsGrad);
        var r = tape.Keep<float>((long)x.Rows * (x.Columns / w.Columns));
        Kernels.RmsNorm.Forward(tape.Device, x.Data, w.Data, offset, eps, r, y.Data);
        return tape.Record(y, () =>
        {
            if (x.NeedsGrad)
                Kernels.RmsNorm.BackwardInput(tape.Device, y.Gradient, x.Data, w.Data, offset, r, x.Gradient);
            if (w.NeedsGrad)
                Kernels.RmsNorm.BackwardWeight(tape.Device, y.Gradient, x.Data, r, w.Gradient);
        });
    }
}
