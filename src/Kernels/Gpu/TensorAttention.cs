using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// <see cref="Attention"/> on tensor cores, in the manner of <see cref="FlashAttention"/>: q, k, v and dy are rounded to bf16
/// once, and so are weights and ds for their products; scores, lse, delta and all sums stay float32. A warp owns sixteen rows
/// of a group's 128, queries for forward and dq, keys for dk and dv, and holds them in registers; the other side passes
/// through shared memory.
/// </summary>
static partial class TensorAttention
{
    public const int MostFeatures = 128;

    /// <summary>Rows that a group owns.</summary>
    public const int Rows = 128;

    /// <summary>Whether these kernels do it: more features would not stay in registers.</summary>
    public static bool Fits(Device device, AttentionShape shape) => device.MultipliesInBF16 && shape.HeadSize <= MostFeatures;

    /// <summary>Floats whose memory q, k and v take in bf16.</summary>
    public static long ForwardLength(AttentionShape shape) => TensorHeads.PackedLength(shape, shape.Heads) + 2 * TensorHeads.PackedLength(shape, shape.KeyHeads);

    /// <summary>The same with dy.</summary>
    public static long BackwardLength(AttentionShape shape) => ForwardLength(shape) + TensorHeads.PackedLength(shape, shape.Heads);

    static long Groups(AttentionShape shape, int heads) => (long)shape.Batch * heads * Tiles(shape);

    static int Tiles(AttentionShape shape) => (shape.Length + Rows - 1) / Rows;

    /// <summary>
    /// What is not finite in v is zero, and makes the key no number in its place: whoever sees the key then has no numbers, and
    /// nobody else.
    /// </summary>
    public static void Forward(
        GpuDevice gpu, ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> starts, ArrayView<int> bounds, ArrayView<float> packed,
        AttentionShape shape, ArrayView<float> o, ArrayView<float> lse)
    {
        var at = 0L;
        FlashAttention.FindBounds(gpu, starts, bounds, shape);
        var queries = TensorHeads.Pack(gpu, q, q, float.NaN, packed, ref at, shape, shape.Heads);
        var keys = TensorHeads.Pack(gpu, k, v, float.NaN, packed, ref at, shape, shape.KeyHeads);
        var values = TensorHeads.Pack(gpu, v, v, 0f, packed, ref at, shape, shape.KeyHeads);
        gpu.RunGroups(
            shape.HeadSize <= 64 ? Forward64Kernel : Forward128Kernel, Groups(shape, shape.Heads),
            queries, keys, values, starts, bounds, o, lse, shape, shape.Scale);
    }

    /// <summary>
    /// Adds into those of dq, dk and dv that are given, which may be one and the same. What is not finite is zero here: lse
    /// and delta tell of it.
    /// </summary>
    public static void Backward(
        GpuDevice gpu, ArrayView<float> q, ArrayView<float> k, ArrayView<float> v, ArrayView<int> starts, ArrayView<int> bounds, ArrayView<float> packed,
        AttentionShape shape, ArrayView<float> o, ArrayView<float> lse, ArrayView<float> dy, ArrayView<float> delta, FloatBuffer? dq, FloatBuffer? dk, FloatBuffer? dv)
    {
        var at = 0L;
        FlashAttention.FindBounds(gpu, starts, bounds, shape);
        FlashAttention.FindDelta(gpu, o, dy, delta, shape, rounded: true);
        var queries = TensorHeads.Pack(gpu, q, q, 0f, packed, ref at, shape, shape.Heads);
        var keys = TensorHeads.Pack(gpu, k, k, 0f, packed, ref at, shape, shape.KeyHeads);
        var values = TensorHeads.Pack(gpu, v, v, 0f, packed, ref at, shape, shape.KeyHeads);
        var slopes = TensorHeads.Pack(gpu, dy, dy, 0f, packed, ref at, shape, shape.Heads);
        if (dq is not null)
            Run(shape.HeadSize <= 64 ? Query64Kernel : Query128Kernel, shape.Heads, dq.View);
        if (dk is not null)
            Run(shape.HeadSize <= 64 ? Key64Kernel : Key128Kernel, shape.KeyHeads, dk.View);
        if (dv is not null)
            Run(shape.HeadSize <= 64 ? Value64Kernel : Value128Kernel, shape.KeyHeads, dv.View);

        void Run(
            Action<ArrayView<Eight>, ArrayView<Eight>, ArrayView<Eight>, ArrayView<Eight>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, AttentionShape, float> kernel,
            int heads, ArrayView<float> sums) =>
            gpu.RunGroups(kernel, Groups(shape, heads), queries, keys, values, slopes, starts, bounds, lse, delta, sums, shape, shape.Scale);
    }

    /// <summary>The first key that any query of a group's tile sees; a tile has two of the bounds.</summary>
    static int LowestKey(ArrayView<int> bounds, int batch, int tile, AttentionShape shape)
    {
        int tiles = FlashAttention.Tiles(shape), at = batch * tiles + 2 * tile;
        var low = bounds[2 * at];
        return 2 * tile + 1 < tiles && bounds[2 * at + 2] < low ? bounds[2 * at + 2] : low;
    }
}
