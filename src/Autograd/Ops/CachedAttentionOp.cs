using PureLora.Kernels;

namespace PureLora;

public static class CachedAttentionOp
{
    /// <summary>
    /// Attention of the newest token of each sequence over its cached keys and values; no gradient. q and the result are
    /// [S, H·D] with shape.Batch = S and shape.Length = 1, the caches [S, KeyHeads, capacity, D]. lengths [S] counts the
    /// cached tokens of each sequence, the newest included; none is above the capacity.
    /// </summary>
    public static Tensor CachedAttention(
        this Tape tape, Tensor q, FloatBuffer keys, FloatBuffer values, IntBuffer lengths, int capacity, AttentionShape shape)
    {
        shape.Check("CachedAttention");
        if (shape.Length != 1)
            throw new ArgumentException($"CachedAttention: Length is {shape.Length}, but one new token of each sequence needs 1.");
        if (q.Rows != shape.Batch || q.Columns != shape.QueryColumns)
            throw new ArgumentException($"CachedAttention: q is {q.Shape}, but {shape} needs [{shape.Batch}, {shape.QueryColumns}].");
        var needed = (long)shape.Batch * capacity * shape.KeyColumns;
        if (keys.Length < needed || values.Length < needed)
            throw new ArgumentException($"CachedAttention: keys and values have {keys.Length} and {values.Length} values, but {shape} with room for {capacity} tokens needs {needed}.");
        if (lengths.Length != shape.Batch)
            throw new ArgumentException($"CachedAttention: lengths has {lengths.Length} values, but {shape} needs {shape.Batch}.");
        var y = tape.Make(q.Rows, q.Columns, needsGrad: false);
        Kernels.CachedAttention.Forward(tape.Device, q.Data, keys, values, lengths, shape with { Length = capacity }, y.Data);
        return y;
    }
}
