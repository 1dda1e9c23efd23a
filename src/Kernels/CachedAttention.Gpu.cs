using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <remarks>
/// On a GPU with groups, one group has a sequence and a head. Its keys pass in pieces: a thread has the scores of a few
/// keys, then a few features of the values, whose keys are dealt out among the threads that share the features.
/// </remarks>
static unsafe partial class CachedAttention
{
    /// <summary>Keys of a piece, four a thread, and the quads of the most features that a group takes.</summary>
    const int Piece = 4 * GpuDevice.GroupSize, MostQuads = 64;

    static bool Fits(GpuDevice gpu, AttentionShape shape) => gpu.HasGroups && shape.HeadSize <= 4 * MostQuads;

    static void GroupKernel(
        ArrayView<float> q, ArrayView<float> keys, ArrayView<float> values, ArrayView<int> lengths, ArrayView<float> o,
        AttentionShape shape, float scale)
    {
        var query = SharedMemory.Allocate<Float4>(MostQuads);
        var weights = SharedMemory.Allocate<float>(Piece);
        var sums = SharedMemory.Allocate<Float4>(GpuDevice.GroupSize);
        int size = shape.HeadSize, thread = Group.IdxX, sequence = Grid.IdxX / shape.Heads, head = Grid.IdxX % shape.Heads;
        var whole = (size & 3) == 0;
        var length = lengths[sequence] <= shape.Length ? lengths[sequence] : 0;
        var start = shape.Window > 0 && length > shape.Window ? length - shape.Window : 0;
        var first = (sequence * shape.KeyHeads + head / shape.Group) * shape.Length * size;
        if (thread < MostQuads)
            query[thread] = Float4.Read(q, Grid.IdxX * size + 4 * thread, size - 4 * thread, whole);
        // As few threads side by side as have all the features, and so many rows of them.
        var width = 1;
        while (4 * width < size)
            width *= 2;
        int quad = thread % width, lane = thread / width, lanes = GpuDevice.GroupSize / width;
        var (max, sum, average) = (float.NegativeInfinity, 0f, default(Float4));
        for (var from = start; from < length; from += Piece)
        {
            GpuIntrinsics.Barrier();
            var count = Math.Min(Piece, length - from);
            var largest = float.NegativeInfinity;
            for (var j = thread; j < count; j += GpuDevice.GroupSize)
            {
                var score = Attention.Capped(scale * Product(query, keys, first + (from + j) * size, size, whole), shape.SoftCap);
                weights[j] = score;
                largest = score > largest ? score : largest;
            }
            var before = max;
            largest = GroupReduce.Max(largest);
            max = largest > max ? largest : max;
            var fade = before == max ? 1f : XMath.Exp(before - max);
            sum *= fade;
            for (var j = thread; j < count; j += GpuDevice.GroupSize)
            {
                var p = XMath.Exp(weights[j] - max);
                weights[j] = p;
                sum += p;
            }
            GpuIntrinsics.Barrier();
            average = Float4.Times(average, Float4.Of(fade));
            for (var j = lane; j < count; j += lanes)
                average = Float4.Add(average, weights[j], Float4.Read(values, first + (from + j) * size + 4 * quad, size - 4 * quad, whole));
        }
        sum = GroupReduce.Sum(sum);
        sums[thread] = average;
        GpuIntrinsics.Barrier();
        for (var half = lanes / 2; half > 0; half >>= 1)
        {
            if (lane < half)
                sums[thread] = Float4.Plus(sums[thread], sums[thread + half * width]);
            GpuIntrinsics.Barrier();
        }
        // 0 / 0 for a length that cannot be.
        var inverse = lengths[sequence] == 0 ? 0f : 1f / sum;
        if (lane == 0)
        {
            average = sums[thread];
            Float4.Write(o, Grid.IdxX * size + 4 * quad, size - 4 * quad, whole, Float4.Times(average, Float4.Of(inverse)));
        }
    }

    static float Product(ArrayView<Float4> query, ArrayView<float> keys, int at, int size, bool whole)
    {
        var sum = 0f;
        for (var quad = 0; 4 * quad < size; quad++)
            sum = Float4.Dot(sum, query[quad], Float4.Read(keys, at + 4 * quad, size - 4 * quad, whole));
        return sum;
    }
}
