using PureLora.Kernels;

namespace PureLora;

public static class AttentionOp
{
    /// <summary>
    /// softmax(q·kᵀ / √D)·v for each head, over the keys of rows starts[i]..i (arXiv 2205.14135); the shape may set another
    /// scale, a window and a soft-cap. q is [B·T, H·D], k and v [B·T, KeyHeads·D], the result [B·T, H·D]. starts gives for each row the row where its document
    /// starts, in the same row of the batch; beyond the row itself for padding, which sees no key: zeros, no gradient.
    /// </summary>
    public static Tensor Attention(this Tape tape, Tensor q, Tensor k, Tensor v, IntBuffer starts, AttentionShape shape)
    {
        shape.Check("Attention");
        Check("q", q, shape.Rows, shape.QueryColumns);
        Check("k", k, shape.Rows, shape.KeyColumns);
        Check("v", v, shape.Rows, shape.KeyColumns);
        if (starts.Length != shape.Rows)
            throw new ArgumentException($"Attention: starts has {starts.Length} values, but {shape} needs {shape.Rows}.");
        var y = tape.Make(q.Rows, q.Columns, q.NeedsGrad || k.NeedsGrad || v.NeedsGrad);
        var lse = tape.Keep<float>((long)shape.Rows * shape.Heads);
        Kernels.Attention.Forward(tape.Device, q.Data, k.Data, v.Data, starts, shape, y.Data, lse);
        return tape.Record(y, () => Kernels.Attention.Backward(
            tape.Device, q.Data, k.Data, v.Data, starts, shape, y.Data, lse, y.Gradient,
            q.NeedsGrad ? q.Gradient : null, k.NeedsGrad ? k.Gradient : null, v.NeedsGrad ? v.Gradient : null));

        void Check(string name, Tensor x, int rows, int columns)
        {
            if (x.Rows != rows || x.Columns != columns)
                throw new ArgumentException($"Attention: {name} is {x.Shape}, but {shape} needs [{rows}, {columns}].");
        }
    }
}
