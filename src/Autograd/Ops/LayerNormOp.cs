namespace PureLora;

public static class LayerNormOp
{
    /// <summary>
    /// y = (x - mean(x))·w / sqrt(var(x) + eps) + b, mean and variance over each row of x [T, C]; w and b [1, C], b may be
    /// missing. Layer normalisation (Ba et al., arXiv 1607.06450). Keeps two numbers a row for the backward pass.
    /// </summary>
    public static Tensor LayerNorm(this Tape tape, Tensor x, Tensor w, Tensor? b, float eps)
    {
        if (w.Rows != 1 || w.Columns != x.Columns)
            throw new ArgumentException($"LayerNorm: w is {w.Shape}, but x {x.Shape} needs [1, {x.Columns}].");
        if (b is not null && b.Shape != w.Shape)
            throw new ArgumentException($"LayerNorm: b is {b.Shape}, but x {x.Shape} needs {w.Shape}.");
        var y = tape.Make(x.Rows, x.Columns, x.NeedsGrad || w.NeedsGrad || b is { NeedsGrad: true });
        var stats = tape.Keep<float>(2L * x.Rows);
        Kernels.LayerNorm.Forward(tape.Device, x.Data, w.Data, b?.Data, eps, stats, y.Data);
        return tape.Record(y, () =>
        {
            if (x.NeedsGrad)
                Kernels.LayerNorm.BackwardInput(tape.Device, y.Gradient, x.Data, w.Data, stats, x.Gradient);
            if (w.NeedsGrad)
                Kernels.LayerNorm.BackwardWeight(tape.Device, y.Gradient, x.Data, stats, w.Gradient);
            if (b is { NeedsGrad: true })
                Kernels.LayerNorm.BackwardBias(tape.Device, y.Gradient, b.Gradient);
        });
    }
}
