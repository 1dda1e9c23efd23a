using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>
/// Causal grouped-query attention that never stores the T x T matrix (FlashAttention, arXiv 2205.14135). For row i and
/// each head, over the keys j = starts[i]..i, with a window only those with i - window &lt; j:
/// s_j = a q_i·k_j with a the scale, p_j = exp(s_j - lse_i) with lse_i = log Σ exp(s_j), o_i = Σ p_j v_j. Backward
/// computes p again from lse: dp_j = do_i·v_j, ds_j = p_j (dp_j - do_i·o_i), dq_i += a Σ ds_j k_j, dk_j += a Σ ds_j q_i,
/// dv_j += Σ p_j do_i. A soft-cap c puts c·tanh(s / c) in the place of s, and 1 - tanh² into ds. A row with starts[i] > i
/// sees no key: its output and its gradients are zero.
/// </summary>
static unsafe class Attention
{
    /// <summary>o [B·T, H·D] and lse [B·T, H]. starts[i] is a row of the same row of the batch, or beyond i.</summary>
    public static void Forward(
        Device device, FloatBuffer q, FloatBuffer k, FloatBuffer v, IntBuffer starts, AttentionShape shape, FloatBuffer o, FloatBuffer lse)
    {
        using var packed = device.Rent<float>(TensorAttention.Fits(device, shape) ? TensorAttention.ForwardLength(shape) : HostAttention.PackedLength(device, shape));
        using var scratch = device.Rent<float>(HostAttention.ScratchLength(device, shape));
        using var bounds = device.Rent<int>(FlashAttention.BoundsLength(device, shape));
        device.Launch(
            host =>
            {
                var attention = new HostAttention(shape, q.Pointer, k.Pointer, v.Pointer, starts.Pointer, lse.Pointer, scratch.Pointer);
                attention.Pack(host, packed.Pointer);
                attention.Forward(host, packed.Pointer, o.Pointer);
            },
            gpu =>
            {
                if (TensorAttention.Fits(gpu, shape))
                    TensorAttention.Forward(gpu, q.View, k.View, v.View, starts.View, bounds.View, packed.View, shape, o.View, lse.View);
                else if (FlashAttention.Fits(gpu, shape))
                    FlashAttention.Forward(gpu, q.View, k.View, v.View, starts.View, bounds.View, shape, o.View, lse.View);
                else
                    gpu.Run(ForwardKernel, (long)shape.Rows * shape.Heads, q.View, k.View, v.View, starts.View, o.View, lse.View, shape, shape.Scale);
            });
    }

    /// <summary>Adds into those of dq, dk and dv that are given; o and lse are what <see cref="Forward"/> made.</summary>
    public static void Backward(
        Device device, FloatBuffer q, FloatBuffer k, FloatBuffer v, IntBuffer starts, AttentionShape shape,
        FloatBuffer o, FloatBuffer lse, FloatBuffer dy, FloatBuffer? dq, FloatBuffer? dk, FloatBuffer? dv)
    {
        // A strip holds dk and dv of its own while it works: what is one buffer is added up afterwards.
        if (device.ReadsHostMemory && dv is not null && (ReferenceEquals(dv, dq) || ReferenceEquals(dv, dk)))
        {
            using var apart = device.RentZeroed<float>(dv.Length);
            Backward(device, q, k, v, starts, shape, o, lse, dy, dq, dk, apart);
            AddScaled.Backward(device, apart, 1f, dv);
            return;
        }
        if (device.ReadsHostMemory && dk is not null && ReferenceEquals(dk, dq))
        {
            using var apart = device.RentZeroed<float>(dk.Length);
            Backward(device, q, k, v, starts, shape, o, lse, dy, dq, apart, dv);
            AddScaled.Backward(device, apart, 1f, dk);
            return;
        }
        using var scratch = device.Rent<float>(TensorAttention.Fits(device, shape) ? TensorAttention.BackwardLength(shape) : HostAttention.StripLength(device, shape));
        using var steps = device.Rent<int>(HostAttention.StepsLength(device, shape));
        using var sums = device.Rent<float>(dq is null ? 1 : HostAttention.SumsLength(device, shape));
        using var delta = device.Rent<float>((long)shape.Rows * shape.Heads);
        using var bounds = device.Rent<int>(FlashAttention.BoundsLength(device, shape));
        device.Launch(
            host =>
            {
                HostAttention.Delta(host, shape, o.Pointer, dy.Pointer, delta.Pointer);
                new HostAttention(shape, q.Pointer, k.Pointer, v.Pointer, starts.Pointer, lse.Pointer, scratch.Pointer).Backward(
                    host, dy.Pointer, delta.Pointer, steps.Pointer, sums.Pointer,
                    dq is null ? null : dq.Pointer, dk is null ? null : dk.Pointer, dv is null ? null : dv.Pointer);
            },
            gpu =>
            {
                if (TensorAttention.Fits(gpu, shape))
                {
                    TensorAttention.Backward(
                        gpu, q.View, k.View, v.View, starts.View, bounds.View, scratch.View, shape, o.View, lse.View, dy.View, delta.View, dq, dk, dv);
                    return;
                }
                if (FlashAttention.Fits(gpu, shape))
                {
                    FlashAttention.Backward(
                        gpu, q.View, k.View, v.View, starts.View, bounds.View, shape, o.View, lse.View, dy.View, delta.View, dq, dk, dv);
                    return;
                }
                var (perQuery, perKey) = ((long)shape.Rows * shape.Heads, (long)shape.Rows * shape.KeyHeads);
                gpu.Run(DeltaKernel, perQuery, o.View, dy.View, delta.View, shape.HeadSize);
                if (dq is not null)
                    gpu.Run(QueryKernel, perQuery, q.View, k.View, v.View, starts.View, lse.View, delta.View, dy.View, dq.View, shape, shape.Scale);
                if (dk is not null)
                    gpu.Run(KeyKernel, perKey, q.View, k.View, v.View, starts.View, lse.View, delta.View, dy.View, dk.View, shape, shape.Scale);
                if (dv is not null)
                    gpu.Run(ValueKernel, perKey, q.View, k.View, starts.View, lse.View, dy.View, dv.View, shape, shape.Scale);
            });
    }

    static void ForwardKernel(
        ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> starts, ArrayView<float> o, ArrayView<float> lse,
        AttentionShape shape, float scale)
    {
        var size = shape.HeadSize;
        for (var i = Grid.GlobalIndex.X; i < shape.Rows * shape.Heads; i += Grid.DimX * Group.DimX)
        {
            var row = i / shape.Heads;
            var column = (i - row * shape.Heads) / shape.Group * size;
            var max = float.NegativeInfinity;
            var start = Start(starts, row, shape);
            for (var j = start; j <= row; j++)
            {
                var score = Capped(scale * Dot(q, i * size, k, j * shape.KeyColumns + column, size), shape.SoftCap);
                max = score > max ? score : max;
            }
            for (var d = 0; d < size; d++)
                o[i * size + d] = 0f;
            var sum = 0f;
            for (var j = start; j <= row; j++)
            {
                var p = XMath.Exp(Capped(scale * Dot(q, i * size, k, j * shape.KeyColumns + column, size), shape.SoftCap) - max);
                sum += p;
                Add(p, v, j * shape.KeyColumns + column, o, i * size, size);
            }
            // Whether there is a key is known from the bounds: a sum that is no number must stay one.
            var any = start <= row;
            lse[i] = any ? max + XMath.Log(sum) : 0f;
            for (var d = 0; d < size; d++)
                o[i * size + d] = any ? o[i * size + d] / sum : 0f;
        }
    }

    static void DeltaKernel(ArrayView<float> o, ArrayView<float> dy, ArrayView<float> delta, int size)
    {
        for (var i = Grid.GlobalIndex.X; i < delta.Length; i += Grid.DimX * Group.DimX)
            delta[i] = Dot(o, i * size, dy, i * size, size);
    }

    static void QueryKernel(
        ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> starts, ArrayView<float> lse, ArrayView<float> delta,
        ArrayView<float> dy, ArrayView<float> dq, AttentionShape shape, float scale)
    {
        var size = shape.HeadSize;
        for (var i = Grid.GlobalIndex.X; i < shape.Rows * shape.Heads; i += Grid.DimX * Group.DimX)
        {
            var row = i / shape.Heads;
            var column = (i - row * shape.Heads) / shape.Group * size;
            for (var j = Start(starts, row, shape); j <= row; j++)
            {
                var at = j * shape.KeyColumns + column;
                var score = Capped(scale * Dot(q, i * size, k, at, size), shape.SoftCap);
                var ds = XMath.Exp(score - lse[i]) * (Dot(dy, i * size, v, at, size) - delta[i]) * Slope(score, shape.SoftCap);
                Add(scale * ds, k, at, dq, i * size, size);
            }
        }
    }

    static void KeyKernel(
        ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> starts, ArrayView<float> lse, ArrayView<float> delta,
        ArrayView<float> dy, ArrayView<float> dk, AttentionShape shape, float scale)
    {
        var size = shape.HeadSize;
        for (var j = Grid.GlobalIndex.X; j < shape.Rows * shape.KeyHeads; j += Grid.DimX * Group.DimX)
        {
            var key = j / shape.KeyHeads;
            var first = (j - key * shape.KeyHeads) * shape.Group;
            var end = End(key, shape);
            for (var head = first; head < first + shape.Group; head++)
                for (var row = key; row < end; row++)
                    if (starts[row] <= key)
                    {
                        var i = row * shape.Heads + head;
                        var score = Capped(scale * Dot(q, i * size, k, j * size, size), shape.SoftCap);
                        var ds = XMath.Exp(score - lse[i]) * (Dot(dy, i * size, v, j * size, size) - delta[i]) * Slope(score, shape.SoftCap);
                        Add(scale * ds, q, i * size, dk, j * size, size);
                    }
        }
    }

    static void ValueKernel(
        ArrayView<float> q, ArrayView<float> k, ArrayView<int> starts, ArrayView<float> lse,
        ArrayView<float> dy, ArrayView<float> dv, AttentionShape shape, float scale)
    {
        var size = shape.HeadSize;
        for (var j = Grid.GlobalIndex.X; j < shape.Rows * shape.KeyHeads; j += Grid.DimX * Group.DimX)
        {
            var key = j / shape.KeyHeads;
            var first = (j - key * shape.KeyHeads) * shape.Group;
            var end = End(key, shape);
            for (var head = first; head < first + shape.Group; head++)
                for (var row = key; row < end; row++)
                    if (starts[row] <= key)
                    {
                        var i = row * shape.Heads + head;
                        Add(XMath.Exp(Capped(scale * Dot(q, i * size, k, j * size, size), shape.SoftCap) - lse[i]), dy, i * size, dv, j * size, size);
                    }
        }
    }

    /// <summary>The first key that a row sees, never one of another row of the batch.</summary>
    internal static int Start(ArrayView<int> starts, int row, AttentionShape shape)
    {
        var first = row / shape.Length * shape.Length;
        if (shape.Window > 0 && row + 1 - shape.Window > first)
            first = row + 1 - shape.Window;
        return starts[row] > first ? starts[row] : first;
    }

    /// <summary>The first row after those that may see a key.</summary>
    static int End(int key, AttentionShape shape)
    {
        var end = (key / shape.Length + 1) * shape.Length;
        return shape.Window > 0 && shape.Window < end - key ? key + shape.Window : end;
    }

    internal static Float4 Capped(Float4 scores, float cap) => new()
    {
        X = Capped(scores.X, cap),
        Y = Capped(scores.Y, cap),
        Z = Capped(scores.Z, cap),
        W = Capped(scores.W, cap),
    };

    internal static float Capped(float score, float cap) => cap == 0f ? score : cap * GpuMath.Tanh(score / cap);

    /// <summary>The slope of <see cref="Capped(float, float)"/> where that is <paramref name="capped"/>.</summary>
    internal static float Slope(float capped, float cap) => cap == 0f ? 1f : 1f - capped / cap * (capped / cap);

    internal static float Dot(ArrayView<float> a, int fromA, ArrayView<float> b, int fromB, int count)
    {
        var sum = 0f;
        for (var d = 0; d < count; d++)
            sum += a[fromA + d] * b[fromB + d];
        return sum;
    }

    internal static void Add(float factor, ArrayView<float> x, int fromX, ArrayView<float> y, int fromY, int count)
    {
        for (var d = 0; d < count; d++)
            y[fromY + d] += factor * x[fromX + d];
    }
}
