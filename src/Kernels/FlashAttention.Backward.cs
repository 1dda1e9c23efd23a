using ILGPU;

namespace PureLora.Kernels;

static partial class FlashAttention
{
    /// <summary>Adds into those of dq, dk and dv that are given, which may be one and the same.</summary>
    public static void Backward(
        GpuDevice gpu, ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> starts, ArrayView<int> bounds, AttentionShape shape,
        ArrayView<float> o, ArrayView<float> lse, ArrayView<float> dy, ArrayView<float> delta, FloatBuffer? dq, FloatBuffer? dk, FloatBuffer? dv)
    {
        FindBounds(gpu, starts, bounds, shape);
        if (dq is not null || dk is not null)
            FindDelta(gpu, o, dy, delta, shape, rounded: false);
        if (dq is not null)
            gpu.RunGroups(
                Sized(shape, QueryKernel<OneBlock>, QueryKernel<TwoBlocks>, QueryKernel<FourBlocks>),
                (long)shape.Batch * shape.Heads * Tiles(shape), q, k, v, starts, bounds, lse, delta, dy, dq.View, shape, shape.Scale);
        if ((dk ?? dv) is not { } one)
            return;
        var groups = (long)shape.Batch * shape.KeyHeads * Tiles(shape);
        if (shape.HeadSize <= 128)
        {
            gpu.RunGroups(
                shape.HeadSize <= 64 ? KeyKernel<OneBlock> : KeyKernel<TwoBlocks>, groups,
                q, k, v, starts, bounds, lse, delta, dy, (dk ?? one).View, (dv ?? one).View, shape, shape.Scale, (dk is null ? 0 : 1) + (dv is null ? 0 : 2));
            return;
        }
        if (dk is not null)
            gpu.RunGroups(WideKeyKernel<KeySum>, groups, q, k, v, starts, bounds, lse, delta, dy, dk.View, shape, shape.Scale);
        if (dv is not null)
            gpu.RunGroups(WideKeyKernel<ValueSum>, groups, q, k, v, starts, bounds, lse, delta, dy, dv.View, shape, shape.Scale);
    }

    /// <summary>Of dy <paramref name="rounded"/> to bf16, where it is multiplied so: ds of a row must add up to nothing.</summary>
    internal static void FindDelta(GpuDevice gpu, ArrayView<float> o, ArrayView<float> dy, ArrayView<float> delta, AttentionShape shape, bool rounded) =>
        gpu.RunGroups(DeltaKernel, (delta.Length + 15) / 16, o, dy, delta, shape.HeadSize, rounded ? 1 : 0);

    /// <summary>delta = o·dy of each row and head, sixteen threads to a sum.</summary>
    static void DeltaKernel(ArrayView<float> o, ArrayView<float> dy, ArrayView<float> delta, int size, int rounded)
    {
        var sums = SharedMemory.Allocate<float>(GpuDevice.GroupSize);
        int item = 16 * Grid.IdxX + AttentionTile.Y, lane = AttentionTile.X;
        var sum = 0f;
        if (item < delta.Length)
            for (var d = lane; d < size; d += 16)
                sum = GpuIntrinsics.Fma(o[item * size + d], rounded == 1 ? Rounded(dy[item * size + d]) : dy[item * size + d], sum);
        sums[Group.IdxX] = sum;
        GpuIntrinsics.Barrier();
        if (lane > 0 || item >= delta.Length)
            return;
        for (var other = 1; other < 16; other++)
            sum += sums[Group.IdxX + other];
        delta[item] = sum;
    }

    /// <summary>To the nearest bf16, ties to even. What is no number stays none.</summary>
    static float Rounded(float x)
    {
        var bits = Interop.FloatAsInt(x);
        return (bits & 0x7F800000u) == 0x7F800000u ? x : Interop.IntAsFloat((bits + 0x7FFFu + ((bits >> 16) & 1u)) & 0xFFFF0000u);
    }

    static void QueryKernel<TBlocks>(
        ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> starts, ArrayView<int> bounds, ArrayView<float> lse,
        ArrayView<float> delta, ArrayView<float> dy, ArrayView<float> dq, AttentionShape shape, float scale)
        where TBlocks : struct, IHeadBlocks
    {
        // The first holds dy, then queries, then ds; the second values, then keys.
        var rows = SharedMemory.Allocate<Float4>(AttentionTile.Quads);
        var others = SharedMemory.Allocate<Float4>(AttentionTile.Quads);
        int size = shape.HeadSize, tiles = Tiles(shape), y = AttentionTile.Y;
        int head = Grid.IdxX % shape.Heads, rest = Grid.IdxX / shape.Heads, batch = rest % shape.Batch, tile = tiles - 1 - rest / shape.Batch;
        int begin = batch * shape.Length, end = begin + shape.Length, first = begin + tile * AttentionTile.Size, row = first + 4 * y;
        var low = bounds[2 * (batch * tiles + tile)];
        var keyHead = head / shape.Group * size;
        var queries = new HeadRows(q, end, shape.QueryColumns, head * size, size);
        var slopes = new HeadRows(dy, end, shape.QueryColumns, head * size, size);
        var keys = new HeadRows(k, end, shape.KeyColumns, keyHead, size);
        var values = new HeadRows(v, end, shape.KeyColumns, keyHead, size);
        int firstA = FirstKey(starts, row, end, shape), firstB = FirstKey(starts, row + 1, end, shape);
        int firstC = FirstKey(starts, row + 2, end, shape), firstD = FirstKey(starts, row + 3, end, shape);
        var offsets = OfRows(lse, row, end, shape.Heads, head);
        var deltas = OfRows(delta, row, end, shape.Heads, head);
        Block4x4 sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (var key = begin + (low - begin) / AttentionTile.Size * AttentionTile.Size; key < first + AttentionTile.Size; key += AttentionTile.Size)
        {
            var dp = Products(slopes, first, rows, values, key, others, size);
            var s = Scores(Products(queries, first, rows, keys, key, others, size), scale, shape.SoftCap);
            var column = key + 4 * AttentionTile.X;
            s.A = ScoreSlopes(s.A, dp.A, offsets.X, deltas.X, column, firstA, row, scale, shape.SoftCap);
            s.B = ScoreSlopes(s.B, dp.B, offsets.Y, deltas.Y, column, firstB, row + 1, scale, shape.SoftCap);
            s.C = ScoreSlopes(s.C, dp.C, offsets.Z, deltas.Z, column, firstC, row + 2, scale, shape.SoftCap);
            s.D = ScoreSlopes(s.D, dp.D, offsets.W, deltas.W, column, firstD, row + 3, scale, shape.SoftCap);
            GpuIntrinsics.Barrier();
            AttentionTile.Store(rows, s);
            keys.Load(others, key, 0);
            GpuIntrinsics.Barrier();
            var seen = SeenKeys(key, row, firstA, firstB, firstC, firstD);
            sum0 = AttentionTile.AddRows(sum0, rows, others, seen);
            if (default(TBlocks).Count > 1)
                sum1 = NextRows(sum1, rows, others, keys, key, 64, seen);
            if (default(TBlocks).Count > 2)
            {
                sum2 = NextRows(sum2, rows, others, keys, key, 128, seen);
                sum3 = NextRows(sum3, rows, others, keys, key, 192, seen);
            }
        }
        AddBlocks<TBlocks>(new HeadRows(dq, end, shape.QueryColumns, head * size, size), sum0, sum1, sum2, sum3, first);
    }

    /// <summary>All the features of 64 rows times those of 64 others, through two tiles. Begins with a barrier and ends without.</summary>
    static Block4x4 Products(HeadRows a, int firstA, ArrayView<Float4> tileA, HeadRows b, int firstB, ArrayView<Float4> tileB, int size)
    {
        var sum = default(Block4x4);
        for (var feature = 0; feature < size; feature += AttentionTile.Size)
        {
            GpuIntrinsics.Barrier();
            a.LoadTransposed(tileA, firstA, feature);
            b.LoadTransposed(tileB, firstB, feature);
            GpuIntrinsics.Barrier();
            sum = AttentionTile.AddProducts(sum, tileA, tileB, Math.Min(size - feature, AttentionTile.Size));
        }
        return sum;
    }

    /// <summary>The block of features from <paramref name="feature"/> on: zeros, if the head has none there.</summary>
    static Block4x4 NextRows(Block4x4 sum, ArrayView<Float4> weights, ArrayView<Float4> tile, HeadRows x, int first, int feature, SeenQuads seen)
    {
        GpuIntrinsics.Barrier();
        x.Load(tile, first, feature);
        GpuIntrinsics.Barrier();
        return AttentionTile.AddRows(sum, weights, tile, seen);
    }

    static void AddBlocks<TBlocks>(HeadRows x, Block4x4 sum0, Block4x4 sum1, Block4x4 sum2, Block4x4 sum3, int first)
        where TBlocks : struct, IHeadBlocks
    {
        x.Add(sum0, first, 0);
        if (default(TBlocks).Count > 1)
            x.Add(sum1, first, 64);
        if (default(TBlocks).Count > 2)
        {
            x.Add(sum2, first, 128);
            x.Add(sum3, first, 192);
        }
    }

    /// <summary>scale·ds of one query and four keys.</summary>
    static Float4 ScoreSlopes(Float4 scores, Float4 dp, float offset, float delta, int key, int first, int query, float scale, float cap)
    {
        var p = Weights(scores, offset, key, first, query);
        return new()
        {
            X = Slope(p.X, scores.X, dp.X, delta, scale, cap),
            Y = Slope(p.Y, scores.Y, dp.Y, delta, scale, cap),
            Z = Slope(p.Z, scores.Z, dp.Z, delta, scale, cap),
            W = Slope(p.W, scores.W, dp.W, delta, scale, cap),
        };
    }

    /// <summary>x [B·T, H] of four rows of a head.</summary>
    static Float4 OfRows(ArrayView<float> x, int row, int end, int heads, int head) => new()
    {
        X = row < end ? x[row * heads + head] : 0f,
        Y = row + 1 < end ? x[(row + 1) * heads + head] : 0f,
        Z = row + 2 < end ? x[(row + 2) * heads + head] : 0f,
        W = row + 3 < end ? x[(row + 3) * heads + head] : 0f,
    };
}
