using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// The keys and values of tokens already seen, for each layer [S, KeyHeads, room, D], so that each new token costs one
/// row a head. It owns its buffers, which grow with the longest sequence; a pass copies its new rows in.
/// <see cref="Generation"/> makes and fills one.
/// </summary>
public sealed class KeyValueCache : IDisposable
{
    /// <summary>Room for new tokens that a cache is given at once: each growth copies it.</summary>
    const int Spare = 64;

    readonly Device device;
    readonly LayerCache[] layers;
    readonly int[] lengths;
    readonly int heads;

    /// <param name="model">The model whose layers it serves.</param>
    /// <param name="sequences">S, sequences generated side by side.</param>
    /// <param name="capacity">The most tokens of one sequence.</param>
    internal KeyValueCache(Decoder model, int sequences, int capacity)
    {
        Capacity = capacity;
        device = model.Device;
        lengths = new int[sequences];
        heads = model.Config.KeyHeads;
        layers = [.. Enumerable.Range(0, model.Config.Layers).Select(_ => new LayerCache(model.Device, model.Config.HeadSize))];
    }

    /// <summary>The most tokens that a sequence may come to.</summary>
    public int Capacity { get; }

    /// <summary>Tokens of each sequence that there is memory for now.</summary>
    public int Room { get; private set; }

    /// <summary>Tokens held of each sequence.</summary>
    public IReadOnlyList<int> Lengths => lengths;

    internal LayerCache Layer(int index) => layers[index];

    /// <summary>
    /// Makes room for the next pass: <paramref name="added"/>[s] new tokens of sequence s, at the front of its row of
    /// the batch. A sequence that adds none is left as it is.
    /// </summary>
    internal Placement Place(IReadOnlyList<int> added, int length)
    {
        var rows = new int[lengths.Length * length * heads];
        var first = lengths.All(l => l == 0);
        for (var s = 0; s < lengths.Length; s++)
            if (added[s] < 0 || added[s] > length || lengths[s] + added[s] > Capacity)
                throw new ArgumentException($"KeyValueCache: sequence {s} holds {lengths[s]} tokens and {added[s]} of {length} are added, but it has room for {Capacity}. Make a cache of a larger capacity.");
        var needed = lengths.Zip(added, (held, more) => held + more).Max();
        if (needed > Room)
            Grow((int)Math.Min(Capacity, Math.Max(needed + (long)Spare, 2L * Room)));
        for (var s = 0; s < lengths.Length; s++)
        {
            for (var row = 0; row < length * heads; row++)
                rows[s * length * heads + row] = row / heads < added[s] ? (s * heads + row % heads) * Room + lengths[s] + row / heads : -1;
            lengths[s] += added[s];
        }
        var placement = new Placement(device.RentCopy<int>(rows), device.RentCopy<int>(lengths), first);
        foreach (var layer in layers)
            layer.Placement = placement;
        return placement;
    }

    /// <summary>Moves every row to its place in larger buffers, one layer after the other.</summary>
    void Grow(int room)
    {
        var places = new int[lengths.Length * heads * Room];
        for (var row = 0; row < places.Length; row++)
            places[row] = row % Room < lengths[row / Room / heads] ? row / Room * room + row % Room : -1;
        using var rows = device.RentCopy<int>(places);
        foreach (var layer in layers)
            layer.Grow(lengths.Length * heads, room, rows);
        Room = room;
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
sealed class LayerCache(Device device, int headSize) : IDisposable
{
    FloatBuffer? values;
    int room;

    public FloatBuffer? Keys { get; private set; }

    public Placement? Placement { get; set; }

    /// <summary>Room for so many tokens of each head of each sequence; row i of what there was goes to row rows[i].</summary>
    public void Grow(int heads, int newRoom, IntBuffer rows)
    {
        room = newRoom;
        (Keys, values) = (Larger(Keys), Larger(values));

        FloatBuffer Larger(FloatBuffer? old)
        {
            var larger = device.RentZeroed<float>((long)heads * room * headSize, kept: true);
            if (old is not null)
                CopyRows.Forward(device, old, headSize, rows, larger);
            old?.Dispose();
            return larger;
        }
    }

    /// <summary>Takes up the new keys and values; attends within the batch on the first pass, to the cache after that.</summary>
    public Tensor Attend(Tape tape, Tensor q, Tensor k, Tensor v, TokenBatch batch, AttentionShape shape)
    {
        if (Placement is not { } placement || Keys is not { } keys || values is null)
            throw new InvalidOperationException("Place the pass in the cache first.");
        CopyRows.Forward(device, k.Data, headSize, placement.Rows, keys);
        CopyRows.Forward(device, v.Data, headSize, placement.Rows, values);
        return placement.First
            ? tape.Attention(q, k, v, batch.Starts, shape)
            : tape.CachedAttention(q, keys, values, placement.Lengths, room, shape);
    }

    public void Dispose()
    {
        Keys?.Dispose();
        values?.Dispose();
    }
}
