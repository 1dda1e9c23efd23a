namespace PureLora;

public static class ScatterAddOp
{
    /// <summary>
    /// y[slots[i] / K] += weights[slots[i]]·x[i], in place: what one expert made of its rows, x [n, C], goes back to them. y
    /// [T, C] is what the expert before returned, which nobody else may have read, or null for zeros; weights [T, K] and slots
    /// are a <see cref="Routing"/>'s. An element of y is one chain over its experts, as they come. The backward pass needs x,
    /// and no values of y.
    /// </summary>
    public static Tensor ScatterAdd(this Tape tape, Tensor? y, Tensor x, Tensor weights, IntBuffer slots)
    {
        if (slots.Length != x.Rows)
            throw new ArgumentException($"ScatterAdd: slots has {slots.Length} elements, but x {x.Shape} needs {x.Rows}.");
        if (y is not null && (y.Rows != weights.Rows || y.Columns != x.Columns))
            throw new ArgumentException($"ScatterAdd: y is {y.Shape}, but x {x.Shape} and weights {weights.Shape} need [{weights.Rows}, {x.Columns}].");
        var (k, columns) = (weights.Columns, x.Columns);
        if (y is null)
        {
            y = tape.Make(weights.Rows, columns, needsGrad: false);
            y.Data.Clear();
        }
        tape.Compute(y, () =>
        {
            y.Data.Changed();
            Kernels.ScatterAdd.Forward(tape.Device, x.Data, slots, weights.Data, k, columns, y.Data);
        });
        y.NeedsGrad |= x.NeedsGrad || weights.NeedsGrad;
        return tape.Record(y, () => Kernels.ScatterAdd.Backward(
            tape.Device, y.Gradient, x.Data, slots, weights.Data, k, columns, x.NeedsGrad ? x.Gradient : null, weights.NeedsGrad ? weights.Gradient : null));
    }
}
