using ILGPU;

namespace PureLora.Kernels;

static partial class FlashAttention
{
    /// <summary>
    /// Tiles transposed: their rows are keys, their columns queries. <paramref name="wanted"/> is 1 for dk, 2 for dv, 3 for
    /// both; what is not wanted is not touched.
    /// </summary>
    static void KeyKernel<TBlocks>(
        ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> starts, ArrayView<int> bounds, ArrayView<float> lse,
        ArrayView<float> delta, ArrayView<float> dy, ArrayView<float> dk, ArrayView<float> dv, AttentionShape shape, float scale, int wanted)
        where TBlocks : struct, IHeadBlocks
    {
        // The first holds keys, values, p and ds in turn; the second queries and dy.
        var rows = SharedMemory.Allocate<Float4>(AttentionTile.Quads);
        var others = SharedMemory.Allocate<Float4>(AttentionTile.Quads);
        int size = shape.HeadSize, tiles = Tiles(shape);
        int keyHead = Grid.IdxX % shape.KeyHeads, rest = Grid.IdxX / shape.KeyHeads, batch = rest % shape.Batch, tile = rest / shape.Batch;
        int begin = batch * shape.Length, end = begin + shape.Length, first = begin + tile * AttentionTile.Size, row = first + 4 * AttentionTile.Y;
        var keys = new HeadRows(k, end, shape.KeyColumns, keyHead * size, size);
        var values = new HeadRows(v, end, shape.KeyColumns, keyHead * size, size);
        Block4x4 k0 = default, k1 = default, v0 = default, v1 = default;
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
            if ((wanted & 1) != 0)
            {
                var dp = Products(values, first, rows, slopes, query, others, size);
                var deltas = OfRows(delta, column, end, shape.Heads, head);
                s.A = QuerySlopes(p.A, s.A, dp.A, deltas, scale, shape.SoftCap);
                s.B = QuerySlopes(p.B, s.B, dp.B, deltas, scale, shape.SoftCap);
                s.C = QuerySlopes(p.C, s.C, dp.C, deltas, scale, shape.SoftCap);
                s.D = QuerySlopes(p.D, s.D, dp.D, deltas, scale, shape.SoftCap);
            }
            if ((wanted & 2) != 0)
            {
                GpuIntrinsics.Barrier();
                AttentionTile.Store(rows, p);
                slopes.Load(others, query, 0);
                GpuIntrinsics.Barrier();
                v0 = AttentionTile.AddRows(v0, rows, others, seen);
                if (default(TBlocks).Count > 1)
                    v1 = NextRows(v1, rows, others, slopes, query, 64, seen);
            }
            if ((wanted & 1) != 0)
            {
                GpuIntrinsics.Barrier();
                AttentionTile.Store(rows, s);
                queries.Load(others, query, 0);
                GpuIntrinsics.Barrier();
                k0 = AttentionTile.AddRows(k0, rows, others, seen);
                if (default(TBlocks).Count > 1)
                    k1 = NextRows(k1, rows, others, queries, query, 64, seen);
            }
        }
        // One after the other: dk and dv may be one buffer, and then a thread adds to its own elements twice.
        if ((wanted & 1) != 0)
            AddBlocks<TBlocks>(new HeadRows(dk, end, shape.KeyColumns, keyHead * size, size), k0, k1, default, default, first);
        if ((wanted & 2) != 0)
            AddBlocks<TBlocks>(new HeadRows(dv, end, shape.KeyColumns, keyHead * size, size), v0, v1, default, default, first);
    }

    /// <summary>The next tile of queries, of one head after the other, that sees a key before <paramref name="beyond"/>.</summary>
    static int NextStep(ArrayView<int> bounds, int bound, int perHead, int step, int steps, int beyond)
    {
        while (step < steps && bounds[bound + 2 * (step % perHead)] >= beyond)
            step++;
        return step;
    }

    /// <summary>What a key gets from four queries.</summary>
    static Float4 QueryWeights(Float4 scores, Float4 offsets, int key, int firstX, int firstY, int firstZ, int firstW, int query) => new()
    {
        X = Weight(scores.X, offsets.X, key, firstX, query),
        Y = Weight(scores.Y, offsets.Y, key, firstY, query + 1),
        Z = Weight(scores.Z, offsets.Z, key, firstZ, query + 2),
        W = Weight(scores.W, offsets.W, key, firstW, query + 3),
    };

    static Float4 QuerySlopes(Float4 p, Float4 scores, Float4 dp, Float4 deltas, float scale, float cap) => new()
    {
        X = Slope(p.X, scores.X, dp.X, deltas.X, scale, cap),
        Y = Slope(p.Y, scores.Y, dp.Y, deltas.Y, scale, cap),
        Z = Slope(p.Z, scores.Z, dp.Z, deltas.Z, scale, cap),
        W = Slope(p.W, scores.W, dp.W, deltas.W, scale, cap),
    };
}
