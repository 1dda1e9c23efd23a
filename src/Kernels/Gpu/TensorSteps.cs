using ILGPU;

namespace PureLora.Kernels;

/// <summary>A tile of queries of one head.</summary>
readonly struct TensorStep(int head, int query)
{
    public readonly int Head = head, Query = query;
}

/// <summary>
/// The queries that pass by keys first..first + 128 of one key head: of one query head after the other, tiles of
/// <paramref name="rows"/>, those left out of which none sees any of the keys.
/// </summary>
readonly struct TensorSteps(ArrayView<int> bounds, AttentionShape shape, int keyHead, int batch, int first, int rows)
{
    readonly ArrayView<int> bounds = bounds;
    readonly int firstHead = keyHead * shape.Group, lastHead = (keyHead + 1) * shape.Group - 1, begin = batch * shape.Length;
    readonly int first = first, end = (batch + 1) * shape.Length, rows = rows, tile = batch * FlashAttention.Tiles(shape);

    public TensorStep First => Seeing(new TensorStep(firstHead, first));

    public TensorStep After(TensorStep step) => Seeing(Following(step));

    public bool Has(TensorStep step) => step.Head <= lastHead;

    TensorStep Following(TensorStep step) => step.Query + rows < end ? new(step.Head, step.Query + rows) : new(step.Head + 1, first);

    /// <summary>The first from <paramref name="step"/> on that is not left out.</summary>
    TensorStep Seeing(TensorStep step)
    {
        while (Has(step) && bounds[2 * (tile + (step.Query - begin) / AttentionTile.Size)] >= first + TensorAttention.Rows)
            step = Following(step);
        return step;
    }
}
