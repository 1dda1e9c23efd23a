using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>
/// Attention of one new token of each sequence over its cached keys and values, as in decoding:
/// s_j = scale·q·k_j, capped where <see cref="AttentionShape.SoftCap"/> says so, for j = 0..length - 1 or the last
/// window of these, o = Σ softmax(s)_j v_j. Each sequence is on its own: its result does not depend on how many there
/// are. A sequence of length 0 gets zeros.
/// </summary>
static unsafe partial class CachedAttention
{
    /// <summary>Keys or values that stay in the first cache while each head of a group takes them.</summary>
    const int RowsAtOnce = 32;

    /// <summary>Floats between what is read and what is asked for: what memory takes to answer.</summary>
    const int Ahead = 2048;

    /// <summary>
    /// q and o [S, H·D]; keys and values [S, KeyHeads, capacity, D], so that a head reads on and on, with shape.Batch = S
    /// and shape.Length = capacity; lengths [S] counts valid tokens, the new one included.
    /// </summary>
    public static void Forward(
        Device device, FloatBuffer q, FloatBuffer keys, FloatBuffer values, IntBuffer lengths, AttentionShape shape, FloatBuffer o)
    {
        var block = shape.Group * (Padded(shape.Length) + Padded(shape.HeadSize));
        using var scratch = device.Rent<float>(device.ReadsHostMemory ? (long)device.Workers * block : 1);
        device.Launch(
            host =>
            {
                IntRows.RefuseOutside("CachedAttention", lengths, shape.Length + 1L);
                host.ForEach(shape.Batch * shape.KeyHeads, (task, worker) => KeyHead(
                    shape, q.Pointer + (long)task * shape.Group * shape.HeadSize, keys.Pointer + (long)task * shape.Length * shape.HeadSize,
                    values.Pointer + (long)task * shape.Length * shape.HeadSize, lengths.Pointer[task / shape.KeyHeads],
                    scratch.Pointer + (long)worker * block, o.Pointer + (long)task * shape.Group * shape.HeadSize));
            },
            gpu =>
            {
                var rows = shape.Batch * shape.Heads;
                if (Fits(gpu, shape))
                    gpu.RunGroups(GroupKernel, rows, q.View, keys.View, values.View, lengths.View, o.View, shape, shape.Scale);
                else
                    gpu.Run(ForwardKernel, rows, q.View, keys.View, values.View, lengths.View, o.View, shape, shape.Scale);
            });
    }

    /// <summary>Vectors of scores are written whole.</summary>
    static int Padded(int length) => (length + 31) / 16 * 16;

    /// <summary>The heads that share keys and values, which memory gives once: a few rows serve one head after the other.</summary>
    static void KeyHead(AttentionShape shape, float* q, float* keys, float* values, int length, float* scratch, float* o)
    {
        int size = shape.HeadSize, scores = Padded(shape.Length), scaled = Padded(size);
        var queries = scratch + (long)shape.Group * scores;
        new Span<float>(o, shape.Group * size).Clear();
        if (length == 0)
            return;
        if (shape.Window > 0 && length > shape.Window)
        {
            var before = (long)(length - shape.Window) * size;
            keys += before;
            values += before;
            length = shape.Window;
        }
        for (var head = 0; head < shape.Group; head++)
            HostAttention.Multiply(q + (long)head * size, shape.Scale, size, queries + (long)head * scaled);
        for (var first = 0; first < length; first += RowsAtOnce)
            for (var head = 0; head < shape.Group; head++)
                Scores(queries + (long)head * scaled, keys + (long)first * size, size, Math.Min(RowsAtOnce, length - first), scratch + (long)head * scores + first);
        // A query is of no use from here on, and makes room for the sum that its head's values are divided by.
        for (var head = 0; head < shape.Group; head++)
        {
            var row = scratch + (long)head * scores;
            for (var j = 0; shape.SoftCap != 0 && j < length; j += 16)
                SoftCap.Bend(row + j, shape.SoftCap, row + j, 16);
            queries[(long)head * scaled] = HostAttention.Softmax(row, length).Sum;
        }
        for (var first = 0; first < length; first += RowsAtOnce)
            for (var head = 0; head < shape.Group; head++)
                Average(scratch + (long)head * scores + first, values + (long)first * size, Math.Min(RowsAtOnce, length - first), o + (long)head * size, size);
        for (var head = 0; head < shape.Group; head++)
            HostAttention.Multiply(o + (long)head * size, 1f / queries[(long)head * scaled], size, o + (long)head * size);
    }

    /// <summary>scores[j] = the <see cref="VectorMath.LaneDot"/> of q and key j, four keys at a time.</summary>
    static void Scores(float* q, float* keys, nint size, int length, float* scores)
    {
        var j = 0;
        if (size % 16 == 0)
            for (; j <= length - 4; j += 4)
            {
                float* k0 = keys + j * size, k1 = k0 + size, k2 = k1 + size, k3 = k2 + size;
                Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
                for (nint i = 0; i < size; i += 16)
                {
                    Ask(k0 + 4 * i);
                    var x = Vector512.Load(q + i);
                    s0 = Vector512.FusedMultiplyAdd(x, Vector512.Load(k0 + i), s0);
                    s1 = Vector512.FusedMultiplyAdd(x, Vector512.Load(k1 + i), s1);
                    s2 = Vector512.FusedMultiplyAdd(x, Vector512.Load(k2 + i), s2);
                    s3 = Vector512.FusedMultiplyAdd(x, Vector512.Load(k3 + i), s3);
                }
                VectorMath.Sum(s0, s1, s2, s3).Store(scores + j);
            }
        for (; j < length; j++)
            scores[j] = VectorMath.LaneDot(new(q, (int)size), new(keys + j * size, (int)size));
    }

    /// <summary>Asks for 256 bytes that are to be read soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Ask(float* at)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(at + Ahead);
        Sse.Prefetch0(at + Ahead + 16);
        Sse.Prefetch0(at + Ahead + 32);
        Sse.Prefetch0(at + Ahead + 48);
    }

    /// <summary>o += the values, each times its score: one chain an element, as in <see cref="RowProduct.One"/>, 64 at a time.</summary>
    static void Average(float* scores, float* values, int length, float* o, int size)
    {
        var n = 0;
        for (; n <= size - 64; n += 64)
        {
            float* to = o + n, from = values + n;
            Vector512<float> a = Vector512.Load(to), b = Vector512.Load(to + 16), c = Vector512.Load(to + 32), d = Vector512.Load(to + 48);
            for (var j = 0; j < length; j++, from += size)
            {
                Ask(from);
                var p = Vector512.Create(scores[j]);
                a = Vector512.FusedMultiplyAdd(p, Vector512.Load(from), a);
                b = Vector512.FusedMultiplyAdd(p, Vector512.Load(from + 16), b);
                c = Vector512.FusedMultiplyAdd(p, Vector512.Load(from + 32), c);
                d = Vector512.FusedMultiplyAdd(p, Vector512.Load(from + 48), d);
            }
            a.Store(to);
            b.Store(to + 16);
            c.Store(to + 32);
            d.Store(to + 48);
        }
        RowProduct.One(scores, 1, values + n, size, length, o + n, size - n);
    }

    static void ForwardKernel(
        ArrayView<float> q, ArrayView<float> keys, ArrayView<float> values, ArrayView<int> lengths, ArrayView<float> o,
        AttentionShape shape, float scale)
    {
        var size = shape.HeadSize;
        for (var i = Grid.GlobalIndex.X; i < shape.Batch * shape.Heads; i += Grid.DimX * Group.DimX)
        {
            var sequence = i / shape.Heads;
            var length = lengths[sequence] <= shape.Length ? lengths[sequence] : 0;
            var first = (sequence * shape.KeyHeads + (i - sequence * shape.Heads) / shape.Group) * shape.Length * size;
            var max = float.NegativeInfinity;
            var start = shape.Window > 0 && length > shape.Window ? length - shape.Window : 0;
            for (var j = start; j < length; j++)
            {
                var score = Attention.Capped(scale * Attention.Dot(q, i * size, keys, first + j * size, size), shape.SoftCap);
                max = score > max ? score : max;
            }
            for (var d = 0; d < size; d++)
                o[i * size + d] = 0f;
            var sum = 0f;
            for (var j = start; j < length; j++)
            {
                var p = XMath.Exp(Attention.Capped(scale * Attention.Dot(q, i * size, keys, first + j * size, size), shape.SoftCap) - max);
                sum += p;
                Attention.Add(p, values, first + j * size, o, i * size, size);
            }
            for (var d = 0; d < size; d++)
                o[i * size + d] = lengths[sequence] == 0 ? 0f : o[i * size + d] / sum; // 0 / 0 for a length that cannot be
        }
    }
}
