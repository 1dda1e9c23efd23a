using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// The queries that pass by keys first..first + 128 of one key head: of one query head after the other, tiles of
/// <paramref name="rows"/>, those left out of which none sees any of the keys.
/// </summary>
readonly struct TensorSteps(ArrayView<int> bounds, AttentionShape shape, int keyHead, int batch, int first, int rows)
{
    readonly ArrayView<int> bounds = bounds;
    readonly int group = shape.Group, keyHead = keyHead, length = shape.Length, begin = batch * shape.Length, first = first, rows = rows;
    readonly int bound = batch * FlashAttention.Tiles(shape), perHead = ((batch + 1) * shape.Length - first + rows - 1) / rows;

    public int Count => group * perHead;

    public int Head(int step) => keyHead * group + step / perHead;

    public int Query(int step) => first + step % perHead * rows;

    /// <summary>The next from <paramref name="step"/> on, or <see cref="Count"/>.</summary>
    public int Next(int step)
    {
        while (step < Count && bounds[2 * (bound + (Query(step) - begin) / AttentionTile.Size)] >= first + TensorAttention.Rows)
            step++;
        return step;
    }
}
