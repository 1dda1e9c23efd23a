namespace PureLora;

public static class ScaleOp
{
    /// <summary>y = s·x.</summary>
    public static Tensor Scale(this Tape tape, Tensor x, float s)
    {
        var y = tape.Make(x.Rows, x.Columns, x.NeedsGrad);
        Kernels.Scale.Forward(tape.Device, x.Data, s, y.Data);
        return tape.Record(y, () => Kernels.Scale.Backward(tape.Device, y.Gradient, s, x.Gradient));
    }
}
