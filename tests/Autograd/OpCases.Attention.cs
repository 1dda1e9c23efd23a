namespace PureLora.Tests;

public static partial class OpCases
{
    static readonly OpCase[] attention =
    [
        // Two rows of the batch: 4 + 2 packed tokens and one of padding; a lone 5 and two of padding.
        Attention(new(2, 7, 4, 2, 6), [0, 0, 0, 0, 4, 4, int.MaxValue, 7, 7, 7, 7, 7, 14, 14]),
        // More keys than two vectors hold, two documents, more features than one vector holds.
        Attention(new(1, 37, 2, 1, 18), [.. Enumerable.Range(0, 37).Select(i => i < 3 ? 0 : 3)]),
        // One tensor in the place of two or three.
        Shared(new(1, 37, 2, 2, 18), x => (x[0], x[0], x[0])),
        Shared(new(1, 37, 2, 2, 18), x => (x[0], x[1], x[0])),
        Shared(new(1, 37, 2, 2, 18), x => (x[0], x[1], x[1])),
        Shared(new(1, 37, 2, 2, 18), x => (x[0], x[0], x[1])),
        // A window shorter than a block of queries, and one across blocks; a soft-cap that bends; a scale of its own.
        Attention(new(2, 7, 4, 2, 6) { Window = 3 }, [0, 0, 0, 0, 4, 4, int.MaxValue, 7, 7, 7, 7, 7, 14, 14]),
        Attention(new(1, 83, 2, 1, 5) { Window = 34, Scale = 0.7f }, [.. Enumerable.Range(0, 83).Select(i => i < 3 ? 0 : 3)]),
        Attention(new(1, 37, 4, 2, 18) { SoftCap = 0.8f, Scale = 0.9f }, [.. Enumerable.Range(0, 37).Select(i => i < 3 ? 0 : 3)]),
        Attention(new(1, 21, 2, 1, 6) { Window = 5, SoftCap = 1.5f }, new int[21]),
        // More tokens than a GPU's tile has: two rows of the batch, the second with a document across the edge; a window shorter than a tile.
        Attention(new(2, 67, 2, 1, 2), [.. Enumerable.Range(0, 134).Select(i => i < 67 ? 0 : i < 97 ? 67 : i < 132 ? 97 : int.MaxValue)]),
        Attention(new(1, 70, 2, 1, 4) { Window = 9, SoftCap = 0.8f }, new int[70]),
        Cached(new(2, 37, 4, 2, 18) { Window = 9, SoftCap = 0.8f, Scale = 0.9f }, [5, 36]),
        Cached(new(3, 19, 4, 2, 6), [19, 1, 7]),
        Cached(new(2, 37, 2, 1, 18), [0, 36]),
    ];

    static OpCase Attention(AttentionShape shape, int[] starts) => new(
        "Attention",
        [(shape.Rows, shape.QueryColumns), (shape.Rows, shape.KeyColumns), (shape.Rows, shape.KeyColumns)],
        (tape, x) => tape.Attention(x[0], x[1], x[2], Ints(tape, starts), shape),
        x => AttentionInDoubles(x[0], x[1], x[2], starts, shape));

    static OpCase Shared(AttentionShape shape, Func<int[], (int Q, int K, int V)> choose)
    {
        var (q, k, v) = choose([0, 1]);
        int[] starts = new int[shape.Rows];
        return new(
            "Attention", [.. Enumerable.Repeat((shape.Rows, shape.QueryColumns), Math.Max(q, Math.Max(k, v)) + 1)],
            (tape, x) => tape.Attention(x[q], x[k], x[v], Ints(tape, starts), shape),
            x => AttentionInDoubles(x[q], x[k], x[v], starts, shape));
    }

    static OpCase Cached(AttentionShape shape, int[] lengths) => new(
        "CachedAttention",
        [(shape.Batch, shape.QueryColumns), (shape.Rows, shape.KeyColumns), (shape.Rows, shape.KeyColumns)],
        (tape, x) => tape.CachedAttention(x[0], x[1].Data, x[2].Data, Ints(tape, lengths), shape.Length, shape with { Length = 1 }),
        x => [.. Enumerable.Range(0, shape.Batch).SelectMany(s => Enumerable.Range(0, shape.Heads).SelectMany(head =>
            HeadInDoubles(x[0], ByToken(x[1], shape), ByToken(x[2], shape), s, s * shape.Length, s * shape.Length + lengths[s], head, shape)))])
    { Differentiable = false };

    /// <summary>[S, capacity, KeyHeads, D] of a cache [S, KeyHeads, capacity, D].</summary>
    static double[] ByToken(double[] cache, AttentionShape shape) => [.. Enumerable.Range(0, cache.Length).Select(i =>
    {
        var (token, head) = (i / shape.KeyColumns, i / shape.HeadSize % shape.KeyHeads);
        return cache[((token / shape.Length * shape.KeyHeads + head) * shape.Length + token % shape.Length) * shape.HeadSize + i % shape.HeadSize];
    })];

    static IntBuffer Ints(Tape tape, int[] values)
    {
        var buffer = tape.Keep<int>(values.Length);
        buffer.CopyFrom(values);
        return buffer;
    }

    internal static double[] AttentionInDoubles(double[] q, double[] k, double[] v, int[] starts, AttentionShape shape) =>
        [.. Enumerable.Range(0, shape.Rows).SelectMany(row => Enumerable.Range(0, shape.Heads).SelectMany(head =>
            HeadInDoubles(q, k, v, row, Math.Max(starts[row], row / shape.Length * shape.Length), row + 1, head, shape)))];

    /// <summary>One row of q and one head over the rows from..to of k and v.</summary>
    static double[] HeadInDoubles(double[] q, double[] k, double[] v, int row, int from, int to, int head, AttentionShape shape)
    {
        var (size, output) = (shape.HeadSize, new double[shape.HeadSize]);
        if (from >= to)
            return output;
        var column = head / (shape.Heads / shape.KeyHeads) * size;
        if (shape.Window > 0)
            from = Math.Max(from, to - shape.Window);
        var weights = new double[to - from];
        for (var j = from; j < to; j++)
            for (var d = 0; d < size; d++)
                weights[j - from] += q[row * shape.QueryColumns + head * size + d] * k[j * shape.KeyColumns + column + d] * shape.Scale;
        for (var j = 0; shape.SoftCap > 0 && j < weights.Length; j++)
            weights[j] = shape.SoftCap * Math.Tanh(weights[j] / shape.SoftCap);
        var max = weights.Max();
        for (var j = 0; j < weights.Length; j++)
            weights[j] = Math.Exp(weights[j] - max);
        var sum = weights.Sum();
        for (var j = from; j < to; j++)
            for (var d = 0; d < size; d++)
                output[d] += weights[j - from] / sum * v[j * shape.KeyColumns + column + d];
        return output;
    }
}
