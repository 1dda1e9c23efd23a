using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// The products of <see cref="MatMul"/> over bf16 copies of their activations, on tensor cores: each weight is rounded to bf16
/// where it is not that already, and sums are in float32.
/// </summary>
static class TensorProducts
{
    /// <summary>Floats whose memory a bf16 copy of [rows, columns] takes; every row is filled up with zeros to whole eights.</summary>
    public static long PackedLength(int rows, int columns) => (long)rows * TensorTiles.Pitch(columns) * 4;

    /// <summary>x [rows, columns], each number rounded to the nearest bf16, ties to even.</summary>
    public static void Pack(GpuDevice gpu, ArrayView<float> x, ArrayView<float> packed, int rows, int columns) =>
        gpu.Run(PackKernel, (long)rows * TensorTiles.Pitch(columns), x, packed.Cast<Eight>(), rows, columns, TensorTiles.Pitch(columns));

    /// <summary>y = x·Wᵀ, or added to y.</summary>
    public static void Forward(GpuDevice gpu, ArrayView<float> packed, Weight w, ArrayView<float> y, ArrayView<float> parts, int m, int n, int k, bool add) =>
        Run(gpu, new TensorGrid(m, n, k), isTurned: true, packed, w, y, parts, m, n, k, add);

    /// <summary>dx = dy·W, or added to dx; dy [m, k], W [k, n].</summary>
    public static void BackwardInput(GpuDevice gpu, ArrayView<float> packed, Weight w, ArrayView<float> dx, ArrayView<float> parts, int m, int n, int k, bool add) =>
        Run(gpu, new TensorGrid(m, n, k), isTurned: false, packed, w, dx, parts, m, n, k, add);

    /// <summary>dW += dyᵀ·x; dy [k, m], x [k, n].</summary>
    public static void BackwardWeight(GpuDevice gpu, ArrayView<float> dy, ArrayView<float> x, ArrayView<float> dw, ArrayView<float> parts, int m, int n, int k) =>
        RunByColumns(gpu, new TensorGrid(m, n, k), dy, x, dw, parts, m, n, k, add: true);

    internal static void RunByColumns(GpuDevice gpu, TensorGrid grid, ArrayView<float> a, ArrayView<float> b, ArrayView<float> y, ArrayView<float> parts, int m, int n, int k, bool add) =>
        grid.Split.Run(gpu, y, parts, add, (target, adds) => gpu.RunGroups(
            grid.IsLarge ? TensorMatMul.LargeColumnsKernel : TensorMatMul.SmallColumnsKernel, grid.Split.Groups, a.Cast<Eight>(), b.Cast<Eight>(), target, m, n, k, adds, grid.Split.Share));

    internal static void Run(GpuDevice gpu, TensorGrid grid, bool isTurned, ArrayView<float> packed, Weight w, ArrayView<float> y, ArrayView<float> parts, int m, int n, int k, bool add)
    {
        var isCopied = w.Format == WeightFormat.BF16 && (isTurned ? k : n) % 8 == 0;
        var kernel = isCopied ? Copying(grid.IsLarge, isTurned) : Decoding(w, grid.IsLarge, isTurned);
        grid.Split.Run(gpu, y, parts, add, (target, adds) => gpu.RunGroups(
            kernel, grid.Split.Groups, packed.Cast<Eight>(), w.View, target, m, n, k, TensorTiles.Pitch(k), adds, grid.Split.Share));
    }

    static Action<ArrayView<Eight>, WeightView, ArrayView<float>, int, int, int, int, int, int> Copying(bool isLarge, bool isTurned) => (isLarge, isTurned) switch
    {
        (true, true) => TensorMatMul.LargeTurnedCopiedKernel,
        (true, false) => TensorMatMul.LargeRowsCopiedKernel,
        (false, true) => TensorMatMul.SmallTurnedCopiedKernel,
        (false, false) => TensorMatMul.SmallRowsCopiedKernel,
    };

    static Action<ArrayView<Eight>, WeightView, ArrayView<float>, int, int, int, int, int, int> Decoding(Weight w, bool isLarge, bool isTurned) =>
        WeightReaders.For(w, Decoding<F32Source>, Decoding<BF16Source>, Decoding<F16Source>, Decoding<INT8Source>, Decoding<FourBitSource>, Decoding<NestedFourBitSource>)(isLarge, isTurned);

    static Action<ArrayView<Eight>, WeightView, ArrayView<float>, int, int, int, int, int, int> Decoding<TSource>(bool isLarge, bool isTurned)
        where TSource : struct, ITensorSource => (isLarge, isTurned) switch
        {
            (true, true) => TensorMatMul.LargeTurnedKernel<TSource>,
            (true, false) => TensorMatMul.LargeRowsKernel<TSource>,
            (false, true) => TensorMatMul.SmallTurnedKernel<TSource>,
            (false, false) => TensorMatMul.SmallRowsKernel<TSource>,
        };

    internal static void PackKernel(ArrayView<float> x, ArrayView<Eight> packed, int rows, int columns, int pitch)
    {
        var whole = (columns & 3) == 0;
        for (var i = Grid.GlobalIndex.X; i < rows * pitch; i += Grid.DimX * Group.DimX)
        {
            var row = i / pitch;
            var at = (i - row * pitch) * 8;
            int index = row * columns + at, left = columns - at;
            var (low, high) = (Float4.Read(x, index, left, whole), Float4.Read(x, index + 4, left - 4, whole));
            packed[i] = TensorTiles.Round(low, high);
        }
    }
}
