namespace PureLora;

public static class EmbeddingOp
{
    /// <summary>
    /// y[t] = table[ids[t]] from a frozen table [V, C] in any format: y [T, C], which needs no gradient. An id
    /// outside of 0..V-1 is a <see cref="PureLoraException"/> on the host; on a GPU its row is NaN.
    /// </summary>
    public static Tensor Embedding(this Tape tape, Weight table, IntBuffer ids)
    {
        var y = tape.Make(checked((int)ids.Length), table.Columns, needsGrad: false);
        Kernels.Embedding.Forward(tape.Device, table, ids, y.Data);
        return y;
    }

    /// <summary>
    /// y[t] = table[ids[t]] from a table [V, C] that is a parameter or an activation: y [T, C]. An id outside of
    /// 0..V-1 is as above. The caller keeps <paramref name="ids"/> until the backward walk is done.
    /// </summary>
    public static Tensor Embedding(this Tape tape, Tensor table, IntBuffer ids)
    {
        var y = tape.Make(checked((int)ids.Length), table.Columns, table.NeedsGrad);
        Kernels.Embedding.Forward(tape.Device, table.Matrix, ids, y.Data);
        return tape.Record(y, () =>
            Kernels.Embedding.Backward(tape.Device, y.Gradient, ids, table.Columns, table.Gradient));
    }
}
