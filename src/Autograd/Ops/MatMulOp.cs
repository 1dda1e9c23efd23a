namespace PureLora;

public static class MatMulOp
{
    /// <summary>y = x·Wᵀ with a frozen W [N, K] in any format; x [M, K], y [M, N]. Only x can need a gradient.</summary>
    public static Tensor MatMul(this Tape tape, Tensor x, Weight w) => Multiply(tape, x, w, null);

    /// <summary>y = x·Wᵀ with a trainable W [N, K]; x [M, K], y [M, N].</summary>
    public static Tensor MatMul(this Tape tape, Tensor x, Tensor w) => Multiply(tape, x, w.Matrix, w.NeedsGrad ? w : null);

    static Tensor Multiply(Tape tape, Tensor x, Weight w, Tensor? trainable)
    {
        if (x.Columns != w.Columns)
            throw new ArgumentException($"MatMul: x is {x.Shape}, but W [{w.Rows}, {w.Columns}] needs {w.Columns} columns.");
        var y = tape.Make(x.Rows, w.Rows, x.NeedsGrad || trainable is not null);
        if (tape.Decodes)
            Kernels.MatVec.Forward(tape.Device, x.Data, x.Rows, w, y.Data);
        else
            Kernels.MatMul.Forward(tape.Device, x.Data, x.Rows, w, y.Data);
        return tape.Record(y, () =>
        {
            if (x.NeedsGrad)
                Kernels.MatMul.BackwardInput(tape.Device, y.Gradient, x.Rows, w, x.Gradient);
            if (trainable is not null)
                Kernels.MatMul.BackwardWeight(tape.Device, y.Gradient, x.Data, x.Rows, w.Rows, w.Columns, trainable.Gradient);
        });
    }
}
