namespace PureLora;

public static class ColumnsOp
{
    /// <summary>
    /// The <paramref name="width"/> columns from <paramref name="start"/> on of each of <paramref name="groups"/> equal parts
    /// of the columns: x [M, G·S] gives [M, G·width]. What a fused linear holds is taken apart with it: of qkv in one group, or
    /// of q, k and v head by head in H groups.
    /// </summary>
    public static Tensor Columns(this Tape tape, Tensor x, int start, int width, int groups = 1)
    {
        if (groups < 1 || x.Columns % groups != 0)
            throw new ArgumentException($"Columns: groups is {groups}, but x {x.Shape} needs a divisor of {x.Columns}.");
        var stride = x.Columns / groups;
        if (start < 0 || width < 1 || start > stride - width)
            throw new ArgumentException($"Columns: {width} columns from {start} on were asked for, but each group of x {x.Shape} has {stride}.");
        var y = tape.Make(x.Rows, groups * width, x.NeedsGrad);
        tape.Compute(y, () => Kernels.Columns.Forward(tape.Device, x.Data, stride, start, width, y.Data));
        return tape.Record(y, () => Kernels.Columns.Backward(tape.Device, y.Gradient, stride, start, width, x.Gradient));
    }
}
