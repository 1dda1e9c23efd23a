namespace PureLora;

public static class RmsNormOp
{
    /// <summary>
    /// y = x·w / sqrt(mean(x²) + eps), the mean over each row of x [T, C]; w [1, C]. Root mean square normalisation
    /// (Zhang and Sennrich, arXiv 1910.07467). Keeps one number a row for the backward pass.
    /// </summary>
    public static Tensor RmsNorm(this Tape tape, Tensor x, Tensor w, float eps)
    {
        if (w.Rows != 1 || w.Columns != x.Columns)
            throw new ArgumentException($"RmsNorm: w is {w.Shape}, but x {x.Shape} needs [1, {x.Columns}].");
        var y = tape.Make(x.Rows, x.Columns, x.NeedsGrad || w.NeedsGrad);
        var r = tape.Keep<float>(x.Rows);
        Kernels.RmsNorm.Forward(tape.Device, x.Data, w.Data, eps, r, y.Data);
        return tape.Record(y, () =>
        {
            if (x.NeedsGrad)
                Kernels.RmsNorm.BackwardInput(tape.Device, y.Gradient, x.Data, w.Data, r, x.Gradient);
            if (w.NeedsGrad)
                Kernels.RmsNorm.BackwardWeight(tape.Device, y.Gradient, x.Data, r, w.Gradient);
        });
    }
}
