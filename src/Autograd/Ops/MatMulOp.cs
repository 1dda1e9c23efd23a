namespace PureLora;

public static class MatMulOp
{
    /// <summary>y = x·Wᵀ with a frozen W [N, K] in any format; x [M, K], y [M, N]. Only x can need a gradient.</summary>
    public static Tensor MatMul(this Tape tape, Tensor x, Weight w) => Multiply(tape, x, w, null);

    /// <summary>y = x·Wᵀ with a trainable W [N, K]; x [M, K], y [M, N].</summary>
    public static Tensor MatMul(this Tape tape, Tensor x, Tensor w) => Multiply(tape, x, w.Matrix, w.NeedsGrad ? w : null);

    /// <summary>
    /// y += x·Wᵀ, in place, with a trainable W [N, K]; x [M, K], y [M, N]. The op that made y must not need its values in
    /// the backward pass, which holds for a product and a bias, and nobody else may have read y before.
    /// </summary>
    internal static Tensor AddMatMul(this Tape tape, Tensor y, Tensor x, Tensor w)
    {
        Check(x, w.Matrix);
        if (y.Rows != x.Rows || y.Columns != w.Rows)
            throw new ArgumentException($"AddMatMul: y is {y.Shape}, but x {x.Shape} and W {w.Shape} need [{x.Rows}, {w.Rows}].");
        tape.Compute(y, () =>
        {
            y.Data.Changed();
            if (tape.Decodes)
            {
                using var change = tape.Device.Rent<float>(y.Data.Length);
                Kernels.MatVec.Forward(tape.Device, x.Data, x.Rows, w.Matrix, change);
                Kernels.AddScaled.Backward(tape.Device, change, 1f, y.Data);
            }
            else
                Kernels.MatMul.Forward(tape.Device, x.Data, x.Rows, w.Matrix, y.Data, add: true, tape.Packed(x.Data, x.Rows));
        });
        y.NeedsGrad |= x.NeedsGrad || w.NeedsGrad;
        return Record(tape, y, x, w.Matrix, w.NeedsGrad ? w : null);
    }

    static Tensor Multiply(Tape tape, Tensor x, Weight w, Tensor? trainable)
    {
        Check(x, w);
        var y = tape.Make(x.Rows, w.Rows, x.NeedsGrad || trainable is not null);
        tape.Compute(y, () =>
        {
            if (tape.Decodes)
                Kernels.MatVec.Forward(tape.Device, x.Data, x.Rows, w, y.Data);
            else
                Kernels.MatMul.Forward(tape.Device, x.Data, x.Rows, w, y.Data, packed: tape.Packed(x.Data, x.Rows));
        });
        return Record(tape, y, x, w, trainable);
    }

    static Tensor Record(Tape tape, Tensor y, Tensor x, Weight w, Tensor? trainable) => tape.Record(y, () =>
    {
        if (x.NeedsGrad)
        {
            var add = x.HasGradient;
            Kernels.MatMul.BackwardInput(tape.Device, y.Gradient, x.Rows, w, add ? x.Gradient : x.NewGradient(), add, tape.Packed(y.Gradient, x.Rows));
        }
        if (trainable is not null)
            AddGradient(tape, y.Gradient, x, trainable);
    });

    static void AddGradient(Tape tape, FloatBuffer dy, Tensor x, Tensor w)
    {
        // First: it may be a product that was put off, which packs a side of its own.
        var input = x.Data;
        (FloatBuffer, FloatBuffer)? packed = Kernels.MatMul.IsWeightPacked(tape.Device, w.Rows, w.Columns)
            ? (tape.Packed(dy, x.Rows)!, tape.PackedInput(input, x.Rows))
            : null;
        Kernels.MatMul.BackwardWeight(tape.Device, dy, input, x.Rows, w.Rows, w.Columns, w.Gradient, packed);
    }

    static void Check(Tensor x, Weight w)
    {
        if (x.Columns != w.Columns)
            throw new ArgumentException($"MatMul: x is {x.Shape}, but W [{w.Rows}, {w.Columns}] needs {w.Columns} columns.");
    }
}
