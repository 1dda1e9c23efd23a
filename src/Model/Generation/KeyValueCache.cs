using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// The keys and values of tokens already seen, for each layer [S, capacity, KeyHeads·D], so that each new token costs
/// one row. It owns its buffers; a pass copies its new rows in. <see cref="Generation"/> makes and fills one.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    readonly LayerCache[] layers;
    readonly int[] lengths;

    /// <param name="model">The model whose layers it serves.</param>
    /// <param name="sequences">S, sequences generated side by side.</param>
    /// <param name="capacity">The most tokens of one sequence.</param>
    internal KeyValueCache(Decoder model, int sequences, int capacity)
    {
        Capacity = capacity;
        lengths = new int[sequences];
        var columns = model.Config.KeyHeads * model.Config.HeadSize;
        layers = [.. Enumerable.Range(0, model.Config.Layers).Select(_ => new LayerCache(model.Device, sequences, capacity, columns))];
    }

    public int Capacity { get; }

    /// <summary>Tokens held of each sequence.</summary>
    public IReadOnlyList<int> Lengths => lengths;

    internal LayerCache Layer(int index) => layers[index];

    /// <summary>
    /// Makes room for the next pass: <paramref name="added"/>[s] new tokens of sequence s, at the front of its row of
    /// the batch. A sequence that adds none is left as it is.
    /// </summary>
    internal Placement Place(Device device, IReadOnlyList<int> added, int length)
    {
        var rows = new int[lengths.Length * length];
        var first = lengths.All(l => l == 0);
        for (var s = 0; s < lengths.Length; s++)
            if (added[s] < 0 || added[s] > length || lengths[s] + added[s] > Capacity)
                throw new ArgumentException($"KeyValueCache: sequence {s} holds {lengths[s]} tokens and {added[s]} of {length} are added, but it has room for {Capacity}. Make a cache of a larger capacity.");
        for (var s = 0; s < lengths.Length; s++)
        {
            for (var t = 0; t < length; t++)
                rows[s * length + t] = t < added[s] ? s * Capacity + lengths[s] + t : -1;
            lengths[s] += added[s];
        }
        var placement = new Placement(device.RentCopy<int>(rows), device.RentCopy<int>(lengths), first);
        foreach (var layer in layers)
            layer.Placement = placement;
        return placement;
    }

    public void Dispose()
    {
        foreach (var layer in layers)
            layer.Dispose();
    }
}

/// <summary>Where the rows of one pass go, and how long each sequence is after it.</summary>
sealed record Placement(IntBuffer Rows, IntBuffer Lengths, bool First) : IDisposable
{
    public void Dispose()
    {
        Rows.Dispose();
        Lengths.Dispose();
    }
}

/// <summary>One layer's keys and values.</summary>
sealed class LayerCache(Device device, int sequences, int capacity, int columns) : IDisposable
{
    readonly FloatBuffer keys = device.RentZeroed<float>((long)sequences * capacity * columns);
    readonly FloatBuffer values = device.RentZeroed<float>((long)sequences * capacity * columns);

    public Placement? Placement { get; set; }

    /// <summary>Takes up the new keys and values; attends within the batch on the first pass, to the cache after that.</summary>
    public Tensor Attend(Tape tape, Tensor q, Tensor k, Tensor v, TokenBatch batch, AttentionShape shape)
    {
        var placement = Placement ?? throw new InvalidOperationException("Place the pass in the cache first.");
        CopyRows.Forward(device, k.Data, columns, placement.Rows, keys);
        CopyRows.Forward(device, v.Data, columns, placement.Rows, values);
        return placement.First
            ? tape.Attention(q, k, v, batch.Starts, shape)
            : tape.CachedAttention(q, keys, values, placement.Lengths, capacity, shape);
    }

    public void Dispose()
    {
        keys.Dispose();
        values.Dispose();
    }
}
