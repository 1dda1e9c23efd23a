namespace PureLora;

public static class AddBiasOp
{
    /// <summary>y = x + b for each row of x [T, C]; b [1, C].</summary>
    public static Tensor AddBias(this Tape tape, Tensor x, Tensor b)
    {
        if (b.Rows != 1 || b.Columns != x.Columns)
            throw new ArgumentException($"AddBias: b is {b.Shape}, but x {x.Shape} needs [1, {x.Columns}].");
        var y = tape.Make(x.Rows, x.Columns, x.NeedsGrad || b.NeedsGrad);
        Kernels.AddBias.Forward(tape.Device, x.Data, b.Data, y.Data);
        return tape.Record(y, () =>
        {
            if (x.NeedsGrad)
                Kernels.AddBias.BackwardInput(tape.Device, y.Gradient, x.Gradient);
            if (b.NeedsGrad)
                Kernels.AddBias.BackwardBias(tape.Device, y.Gradient, b.Gradient);
        });
    }
}
