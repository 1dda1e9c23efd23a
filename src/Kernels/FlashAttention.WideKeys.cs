using ILGPU;

namespace PureLora.Kernels;

static partial class FlashAttention
{
    /// <summary>
    /// <see cref="KeyKernel"/> for four blocks of features, whose sums for dk and dv together would not stay in registers:
    /// <paramref name="sums"/> is one of the two.
    /// </summary>
    static void WideKeyKernel<TSum>(
        ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> starts, ArrayView<int> bounds, ArrayView<float> lse,
        ArrayView<float> delta, ArrayView<float> dy, ArrayView<float> sums, AttentionShape shape, float scale)
        where TSum : struct, IKeySum
    {
        var rows = SharedMemory.Allocate<Float4>(AttentionTile.Quads);
        var others = SharedMemory.Allocate<Float4>(AttentionTile.Quads);
        int size = shape.HeadSize, tiles = Tiles(shape);
        int keyHead = Grid.IdxX % shape.KeyHeads, rest = Grid.IdxX / shape.KeyHeads, batch = rest % shape.Batch, tile = rest / shape.Batch;
        int begin = batch * shape.Length, end = begin + shape.Length, first = begin + tile * AttentionTile.Size, row = first + 4 * AttentionTile.Y;
        var keys = new HeadRows(k, end, shape.KeyColumns, keyHead * size, size);
        var values = new HeadRows(v, end, shape.KeyColumns, keyHead * size, size);
        Block4x4 sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int perHead = tiles - tile, steps = shape.Group * perHead, bound = 2 * (batch * tiles + tile), beyond = first + AttentionTile.Size;
        for (var step = NextStep(bounds, bound, perHead, 0, steps, beyond); step < steps; step = NextStep(bounds, bound, perHead, step + 1, steps, beyond))
        {
            int head = keyHead * shape.Group + step / perHead, query = first + step % perHead * AttentionTile.Size;
            // Before its own place no query sees a key, and from there on all do if no document begins in between.
            var allFrom = bounds[bound + 2 * (step % perHead) + 1] <= first ? row + 6 - query >> 2 : AttentionTile.RowQuads;
            var seen = new SeenQuads(row - query >> 2, AttentionTile.RowQuads, allFrom, AttentionTile.RowQuads);
            var queries = new HeadRows(q, end, shape.QueryColumns, head * size, size);
            var slopes = new HeadRows(dy, end, shape.QueryColumns, head * size, size);
            var column = query + 4 * AttentionTile.X;
            int firstX = FirstKey(starts, column, end, shape), firstY = FirstKey(starts, column + 1, end, shape);
            int firstZ = FirstKey(starts, column + 2, end, shape), firstW = FirstKey(starts, column + 3, end, shape);
            var offsets = OfRows(lse, column, end, shape.Heads, head);
            var s = Scores(Products(keys, first, rows, queries, query, others, size), scale, shape.SoftCap);
            var p = new Block4x4
            {
                A = QueryWeights(s.A, offsets, row, firstX, firstY, firstZ, firstW, column),
                B = QueryWeights(s.B, offsets, row + 1, firstX, firstY, firstZ, firstW, column),
                C = QueryWeights(s.C, offsets, row + 2, firstX, firstY, firstZ, firstW, column),
                D = QueryWeights(s.D, offsets, row + 3, firstX, firstY, firstZ, firstW, column),
            };
            if (default(TSum).OfKeys)
            {
                var dp = Products(values, first, rows, slopes, query, others, size);
                var deltas = OfRows(delta, column, end, shape.Heads, head);
                p.A = QuerySlopes(p.A, s.A, dp.A, deltas, scale, shape.SoftCap);
                p.B = QuerySlopes(p.B, s.B, dp.B, deltas, scale, shape.SoftCap);
                p.C = QuerySlopes(p.C, s.C, dp.C, deltas, scale, shape.SoftCap);
                p.D = QuerySlopes(p.D, s.D, dp.D, deltas, scale, shape.SoftCap);
            }
            var summed = default(TSum).OfKeys ? queries : slopes;
            GpuIntrinsics.Barrier();
            AttentionTile.Store(rows, p);
            summed.Load(others, query, 0);
            GpuIntrinsics.Barrier();
            sum0 = AttentionTile.AddRows(sum0, rows, others, seen);
            sum1 = NextRows(sum1, rows, others, summed, query, 64, seen);
            sum2 = NextRows(sum2, rows, others, summed, query, 128, seen);
            sum3 = NextRows(sum3, rows, others, summed, query, 192, seen);
        }
        AddBlocks<FourBlocks>(new HeadRows(sums, end, shape.KeyColumns, keyHead * size, size), sum0, sum1, sum2, sum3, first);
    }
}

/// <summary>Which of dk and dv is summed up: a type, so that each gets a kernel of its own.</summary>
interface IKeySum
{
    bool OfKeys { get; }
}

readonly struct KeySum : IKeySum
{
    public bool OfKeys => true;
}

readonly struct ValueSum : IKeySum
{
    public bool OfKeys => false;
}
