using ILGPU;

namespace PureLora.Kernels;

/// <summary>One query of one head: <see cref="Count"/> keys from <see cref="From"/> on that it sees, and what the backward pass knows of it.</summary>
struct TensorQuery
{
    public float Lse, Delta;
    public int From, Count;

    /// <summary>One that is not there, from <paramref name="end"/> on, sees nothing.</summary>
    public static TensorQuery Of(ArrayView<int> starts, int row, int end, AttentionShape shape)
    {
        var first = FlashAttention.FirstKey(starts, row, end, shape);
        return new() { From = first, Count = first <= row ? row + 1 - first : 0 };
    }

    /// <summary>Where dy is not finite, and so delta, no weight is a number: dy itself has been made zero.</summary>
    public static TensorQuery Of(ArrayView<int> starts, ArrayView<float> lse, ArrayView<float> delta, int row, int end, int head, AttentionShape shape)
    {
        var query = Of(starts, row, end, shape);
        if (row < end)
        {
            query.Delta = delta[row * shape.Heads + head];
            query.Lse = TensorHeads.IsFinite(query.Delta) ? lse[row * shape.Heads + head] : float.NaN;
        }
        return query;
    }

    public readonly bool Sees(int key) => (uint)(key - From) < (uint)Count;

    /// <summary>Of two queries, each a row, and the keys from <paramref name="key"/> on: what is seen.</summary>
    public static Float4 SeenByRows(Float4 x, TensorQuery a, TensorQuery b, int key, float instead) => new()
    {
        X = a.Sees(key) ? x.X : instead,
        Y = a.Sees(key + 1) ? x.Y : instead,
        Z = b.Sees(key) ? x.Z : instead,
        W = b.Sees(key + 1) ? x.W : instead,
    };

    /// <summary>Of two queries, each a column, and the keys <paramref name="key"/> and key + 8.</summary>
    public static Float4 SeenByColumns(Float4 x, TensorQuery a, TensorQuery b, int key) => new()
    {
        X = a.Sees(key) ? x.X : 0f,
        Y = b.Sees(key) ? x.Y : 0f,
        Z = a.Sees(key + 8) ? x.Z : 0f,
        W = b.Sees(key + 8) ? x.W : 0f,
    };
}
