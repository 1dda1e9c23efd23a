namespace PureLora;

/// <summary>
/// What one forward pass is over: <see cref="Sequences"/> rows of <see cref="Length"/> tokens, flattened, and for each
/// token what it may see and where it stands.
/// </summary>
public sealed class TokenBatch : IDisposable
{
    /// <param name="device">Where the ids go.</param>
    /// <param name="sequences">B.</param>
    /// <param name="ids">Token ids, [B * T].</param>
    /// <param name="positions">The position of each token in its document, [B * T].</param>
    /// <param name="starts">The first flat index each token may attend to; one above its own index sees nothing (padding).</param>
    public TokenBatch(Device device, int sequences, ReadOnlySpan<int> ids, ReadOnlySpan<int> positions, ReadOnlySpan<int> starts)
    {
        if (sequences < 1 || ids.Length % sequences != 0 || positions.Length != ids.Length || starts.Length != ids.Length)
            throw new ArgumentException($"TokenBatch: {ids.Length} ids, {positions.Length} positions and {starts.Length} starts do not make {sequences} sequences.");
        Sequences = sequences;
        Length = ids.Length / sequences;
        CheckStarts(starts);
        foreach (var position in positions)
            LastPosition = (uint)position > (uint)LastPosition ? position : LastPosition;
        foreach (var id in ids)
            LargestId = (uint)id > (uint)LargestId ? id : LargestId;
        Ids = device.RentCopy(ids);
        Positions = device.RentCopy(positions);
        Starts = device.RentCopy(starts);
    }

    /// <summary>Documents follow one another: no token sees beyond its sequence, or more than the token before it could.</summary>
    void CheckStarts(ReadOnlySpan<int> starts)
    {
        var earliest = 0;
        for (var i = 0; i < starts.Length; i++)
        {
            if (i % Length == 0)
                earliest = i;
            if (starts[i] < i - i % Length)
                throw new ArgumentException($"TokenBatch: starts[{i}] is {starts[i]}, but token {i} needs a start in its own sequence, which begins at {i - i % Length}.");
            if (starts[i] < earliest)
                throw new ArgumentException($"TokenBatch: starts[{i}] is {starts[i]}, but token {i} needs {earliest} or more, where the document of a token before it begins.");
            if (starts[i] <= i)
                earliest = starts[i];
        }
    }

    /// <summary>One whole document per sequence, all of one length.</summary>
    public static TokenBatch Of(Device device, params int[][] documents)
    {
        if (documents.Length == 0 || documents.Any(d => d.Length != documents[0].Length))
            throw new ArgumentException($"TokenBatch: the documents have {string.Join(", ", documents.Select(d => d.Length))} tokens, but one whole document per sequence needs equal lengths. Pad them, or pass positions and starts.");
        var length = documents[0].Length;
        var rows = Enumerable.Range(0, documents.Length * length);
        return new TokenBatch(device, documents.Length, [.. documents.SelectMany(d => d)], [.. rows.Select(r => r % length)], [.. rows.Select(r => r / length * length)]);
    }

    /// <summary>B.</summary>
    public int Sequences { get; }

    /// <summary>T.</summary>
    public int Length { get; }

    /// <summary>The largest position in the batch; a negative one counts as larger than any.</summary>
    public int LastPosition { get; }

    /// <summary>The largest id in the batch; a negative id counts as larger than any.</summary>
    public int LargestId { get; }

    public IntBuffer Ids { get; }

    public IntBuffer Positions { get; }

    public IntBuffer Starts { get; }

    public void Dispose()
    {
        Ids.Dispose();
        Positions.Dispose();
        Starts.Dispose();
    }
}
