using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

static partial class FlashAttention
{
    public static void Forward(
        GpuDevice gpu, ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> starts, ArrayView<int> bounds, AttentionShape shape,
        ArrayView<float> o, ArrayView<float> lse)
    {
        FindBounds(gpu, starts, bounds, shape);
        gpu.RunGroups(
            Sized(shape, ForwardKernel<OneBlock>, ForwardKernel<TwoBlocks>, ForwardKernel<FourBlocks>),
            (long)shape.Batch * shape.Heads * Tiles(shape), q, k, v, starts, bounds, o, lse, shape, shape.Scale);
    }

    /// <summary>
    /// The keys go by once: of each row the largest score so far, the sum of e^(s - largest) and that of the values so
    /// weighted; where a larger score comes, both sums fade by e^(before - now).
    /// </summary>
    static void ForwardKernel<TBlocks>(
        ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> starts, ArrayView<int> bounds, ArrayView<float> o,
        ArrayView<float> lse, AttentionShape shape, float scale)
        where TBlocks : struct, IHeadBlocks
    {
        // The first holds queries, then weights; the second keys, then values.
        var rows = SharedMemory.Allocate<Float4>(AttentionTile.Quads);
        var others = SharedMemory.Allocate<Float4>(AttentionTile.Quads);
        var perThread = SharedMemory.Allocate<Float4>(GpuDevice.GroupSize);
        int size = shape.HeadSize, tiles = Tiles(shape), x = AttentionTile.X, y = AttentionTile.Y;
        // Tiles with the most keys come first.
        int head = Grid.IdxX % shape.Heads, rest = Grid.IdxX / shape.Heads, batch = rest % shape.Batch, tile = tiles - 1 - rest / shape.Batch;
        int begin = batch * shape.Length, end = begin + shape.Length, first = begin + tile * AttentionTile.Size, row = first + 4 * y;
        var low = bounds[2 * (batch * tiles + tile)];
        var keyHead = head / shape.Group * size;
        var queries = new HeadRows(q, end, shape.QueryColumns, head * size, size);
        var keys = new HeadRows(k, end, shape.KeyColumns, keyHead, size);
        var values = new HeadRows(v, end, shape.KeyColumns, keyHead, size);
        int firstA = FirstKey(starts, row, end, shape), firstB = FirstKey(starts, row + 1, end, shape);
        int firstC = FirstKey(starts, row + 2, end, shape), firstD = FirstKey(starts, row + 3, end, shape);
        Float4 max = Float4.Of(float.NegativeInfinity), sum = default;
        Block4x4 o0 = default, o1 = default, o2 = default, o3 = default;
        for (var key = begin + (low - begin) / AttentionTile.Size * AttentionTile.Size; key < first + AttentionTile.Size; key += AttentionTile.Size)
        {
            var s = Scores(Products(queries, first, rows, keys, key, others, size), scale, shape.SoftCap);
            var column = key + 4 * x;
            perThread[16 * x + y] = new()
            {
                X = Largest(s.A, column, firstA, row),
                Y = Largest(s.B, column, firstB, row + 1),
                Z = Largest(s.C, column, firstC, row + 2),
                W = Largest(s.D, column, firstD, row + 3),
            };
            GpuIntrinsics.Barrier();
            var before = max;
            for (var thread = 0; thread < 16; thread++)
                max = Float4.Larger(perThread[16 * thread + y], max);
            var fade = Faded(before, max);
            s.A = Weights(s.A, max.X, column, firstA, row);
            s.B = Weights(s.B, max.Y, column, firstB, row + 1);
            s.C = Weights(s.C, max.Z, column, firstC, row + 2);
            s.D = Weights(s.D, max.W, column, firstD, row + 3);
            sum = Float4.Plus(Float4.Times(sum, fade), new() { X = s.A.Sum, Y = s.B.Sum, Z = s.C.Sum, W = s.D.Sum });
            AttentionTile.Store(rows, s);
            values.Load(others, key, 0);
            GpuIntrinsics.Barrier();
            var seen = SeenKeys(key, row, firstA, firstB, firstC, firstD);
            o0 = AttentionTile.AddRows(AttentionTile.Scaled(o0, fade), rows, others, seen);
            if (default(TBlocks).Count > 1)
                o1 = NextValues(o1, fade, rows, others, values, key, 64, seen);
            if (default(TBlocks).Count > 2)
            {
                o2 = NextValues(o2, fade, rows, others, values, key, 128, seen);
                o3 = NextValues(o3, fade, rows, others, values, key, 192, seen);
            }
        }
        GpuIntrinsics.Barrier();
        perThread[16 * x + y] = sum;
        GpuIntrinsics.Barrier();
        sum = perThread[y];
        for (var thread = 1; thread < 16; thread++)
            sum = Float4.Plus(sum, perThread[16 * thread + y]);
        if (x == 0)
        {
            // Whether there is a key is known from the bounds: a sum that is no number must stay one.
            StoreLse(lse, row, end, shape.Heads, head, firstA, max.X, sum.X);
            StoreLse(lse, row + 1, end, shape.Heads, head, firstB, max.Y, sum.Y);
            StoreLse(lse, row + 2, end, shape.Heads, head, firstC, max.Z, sum.Z);
            StoreLse(lse, row + 3, end, shape.Heads, head, firstD, max.W, sum.W);
        }
        var inverse = new Float4
        {
            X = firstA <= row ? 1f / sum.X : 0f,
            Y = firstB <= row + 1 ? 1f / sum.Y : 0f,
            Z = firstC <= row + 2 ? 1f / sum.Z : 0f,
            W = firstD <= row + 3 ? 1f / sum.W : 0f,
        };
        var outputs = new HeadRows(o, end, shape.QueryColumns, head * size, size);
        outputs.Store(AttentionTile.Scaled(o0, inverse), first, 0);
        if (default(TBlocks).Count > 1)
            outputs.Store(AttentionTile.Scaled(o1, inverse), first, 64);
        if (default(TBlocks).Count > 2)
        {
            outputs.Store(AttentionTile.Scaled(o2, inverse), first, 128);
            outputs.Store(AttentionTile.Scaled(o3, inverse), first, 192);
        }
    }

    /// <summary>The block of features from <paramref name="feature"/> on: zeros, if the head has none there.</summary>
    static Block4x4 NextValues(
        Block4x4 sum, Float4 fade, ArrayView<Float4> weights, ArrayView<Float4> tile, HeadRows values, int key, int feature, SeenQuads seen)
    {
        GpuIntrinsics.Barrier();
        values.Load(tile, key, feature);
        GpuIntrinsics.Barrier();
        return AttentionTile.AddRows(AttentionTile.Scaled(sum, fade), weights, tile, seen);
    }

    /// <summary>The largest of four scores that the query sees.</summary>
    static float Largest(Float4 scores, int key, int first, int query)
    {
        var max = float.NegativeInfinity;
        max = first <= key && key <= query && scores.X > max ? scores.X : max;
        max = first <= key + 1 && key + 1 <= query && scores.Y > max ? scores.Y : max;
        max = first <= key + 2 && key + 2 <= query && scores.Z > max ? scores.Z : max;
        return first <= key + 3 && key + 3 <= query && scores.W > max ? scores.W : max;
    }

    static Float4 Faded(Float4 before, Float4 now) => new()
    {
        X = Faded(before.X, now.X),
        Y = Faded(before.Y, now.Y),
        Z = Faded(before.Z, now.Z),
        W = Faded(before.W, now.W),
    };

    /// <summary>One for a row that has seen no key yet: -∞ - -∞ is no number.</summary>
    static float Faded(float before, float now) => before == now ? 1f : XMath.Exp(before - now);

    static void StoreLse(ArrayView<float> lse, int row, int end, int heads, int head, int first, float max, float sum)
    {
        if (row < end)
            lse[row * heads + head] = first <= row ? max + XMath.Log(sum) : 0f;
    }
}
