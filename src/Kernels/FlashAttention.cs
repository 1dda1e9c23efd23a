using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>
/// <see cref="Attention"/> for GPUs with groups, a tile of 64 queries and 64 keys at a time (FlashAttention-2, arXiv
/// 2307.08691): forward and dq by groups of one query tile and head, dk and dv by groups of one key tile and key head.
/// Whoever owns an element sums it up, in one order. A tile of which no query sees a key is passed over.
/// </summary>
static partial class FlashAttention
{
    public const int MostFeatures = 256;

    internal static int Tiles(AttentionShape shape) => (shape.Length + AttentionTile.Size - 1) / AttentionTile.Size;

    /// <summary>Whether these kernels can do it: more features than four blocks have would not stay in registers.</summary>
    public static bool Fits(GpuDevice gpu, AttentionShape shape) => gpu.HasGroups && shape.HeadSize <= MostFeatures;

    /// <summary>For every tile of queries the first key that any of them sees, and the first from which all do.</summary>
    public static long BoundsLength(Device device, AttentionShape shape) => device.ReadsHostMemory ? 1 : 2L * shape.Batch * Tiles(shape);

    static T Sized<T>(AttentionShape shape, T upTo64, T upTo128, T upTo256) =>
        shape.HeadSize <= 64 ? upTo64 : shape.HeadSize <= 128 ? upTo128 : upTo256;

    internal static void FindBounds(GpuDevice gpu, ArrayView<int> starts, ArrayView<int> bounds, AttentionShape shape) =>
        gpu.RunGroups(BoundsKernel, (bounds.Length / 2 + 3) / 4, starts, bounds, shape);

    /// <summary>A group takes four tiles.</summary>
    static void BoundsKernel(ArrayView<int> starts, ArrayView<int> bounds, AttentionShape shape)
    {
        var lowest = SharedMemory.Allocate<int>(GpuDevice.GroupSize);
        var highest = SharedMemory.Allocate<int>(GpuDevice.GroupSize);
        int thread = Group.IdxX, tile = 4 * Grid.IdxX + thread / AttentionTile.Size, tiles = Tiles(shape);
        var inBatch = tile / tiles * shape.Length;
        var row = inBatch + tile % tiles * AttentionTile.Size + thread % AttentionTile.Size;
        var first = tile < shape.Batch * tiles ? FirstKey(starts, row, inBatch + shape.Length, shape) : int.MaxValue;
        lowest[thread] = first <= row ? first : int.MaxValue;
        highest[thread] = first;
        GpuIntrinsics.Barrier();
        for (var half = AttentionTile.Size / 2; half > 0; half >>= 1)
        {
            if (thread % AttentionTile.Size < half)
            {
                lowest[thread] = lowest[thread + half] < lowest[thread] ? lowest[thread + half] : lowest[thread];
                highest[thread] = highest[thread + half] > highest[thread] ? highest[thread + half] : highest[thread];
            }
            GpuIntrinsics.Barrier();
        }
        if (thread % AttentionTile.Size == 0 && tile < shape.Batch * tiles)
        {
            bounds[2 * tile] = lowest[thread];
            bounds[2 * tile + 1] = highest[thread];
        }
    }

    /// <summary>None for a row that is not there.</summary>
    internal static int FirstKey(ArrayView<int> starts, int row, int end, AttentionShape shape) =>
        row < end ? Attention.Start(starts, row, shape) : int.MaxValue;

    /// <summary>Of 64 keys, those that four queries see.</summary>
    static SeenQuads SeenKeys(int key, int query, int firstA, int firstB, int firstC, int firstD)
    {
        var lowest = Math.Min(Math.Min(firstA, firstB), Math.Min(firstC, firstD));
        // Far below the largest number: one and three more are counted on.
        var highest = Math.Min(Math.Max(Math.Max(firstA, firstB), Math.Max(firstC, firstD)) - key, AttentionTile.Size);
        return new SeenQuads(lowest - key >> 2, query - key + 7 >> 2, highest + 3 >> 2, query + 1 - key >> 2);
    }

    /// <summary>Products to scores: scaled, and bent by the soft-cap.</summary>
    static Block4x4 Scores(Block4x4 products, float scale, float cap)
    {
        var scores = AttentionTile.Scaled(products, Float4.Of(scale));
        return cap == 0f ? scores : new() { A = Attention.Capped(scores.A, cap), B = Attention.Capped(scores.B, cap), C = Attention.Capped(scores.C, cap), D = Attention.Capped(scores.D, cap) };
    }

    /// <summary>What a query whose keys begin at <paramref name="first"/> gives a key.</summary>
    static float Weight(float score, float offset, int key, int first, int query) => first <= key && key <= query ? XMath.Exp(score - offset) : 0f;

    /// <summary>What four keys get from one query.</summary>
    static Float4 Weights(Float4 scores, float offset, int key, int first, int query) => new()
    {
        X = Weight(scores.X, offset, key, first, query),
        Y = Weight(scores.Y, offset, key + 1, first, query),
        Z = Weight(scores.Z, offset, key + 2, first, query),
        W = Weight(scores.W, offset, key + 3, first, query),
    };

    /// <summary>scale·ds of each score, with p the weight. No weight, no slope, whatever the others are.</summary>
    static float Slope(float p, float score, float dp, float delta, float scale, float cap) =>
        p == 0f ? 0f : scale * (p * (dp - delta) * Attention.Slope(score, cap));
}

/// <summary>How many blocks of 64 features a head has at most: a type, so that each number gets a kernel of its own.</summary>
interface IHeadBlocks
{
    int Count { get; }
}

readonly struct OneBlock : IHeadBlocks
{
    public int Count => 1;
}

readonly struct TwoBlocks : IHeadBlocks
{
    public int Count => 2;
}

readonly struct FourBlocks : IHeadBlocks
{
    public int Count => 4;
}
