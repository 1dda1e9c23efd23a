namespace PureLora;

public static class SoftCapOp
{
    /// <summary>
    /// y = cap·tanh(x / cap), element by element, so that no logit goes beyond ±cap (Gemma 2, arXiv 2408.00118). The backward
    /// pass needs x and not y, whose place a gradient may take: it can be the last op of a head.
    /// </summary>
    public static Tensor SoftCap(this Tape tape, Tensor x, float cap)
    {
        if (!(cap > 0) || !float.IsFinite(cap))
            throw new ArgumentException($"SoftCap: cap is {cap}, but a bound needs a positive number.");
        var y = tape.Make(x.Rows, x.Columns, x.NeedsGrad);
        tape.Compute(y, () => Kernels.SoftCap.Forward(tape.Device, x.Data, cap, y.Data));
        return tape.Record(y, () => Kernels.SoftCap.Backward(tape.Device, y.Gradient, x.Data, cap, x.Gradient));
    }
}
