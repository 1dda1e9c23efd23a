using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// The products of <see cref="MatMul"/> on a GPU: tiles where groups share memory, and the plain kernels, which are their
/// reference, elsewhere.
/// </summary>
static class GpuMatMul
{
    public static void Forward(GpuDevice gpu, ArrayView<float> x, Weight w, ArrayView<float> y, ArrayView<float> parts, int m, int n, int k, bool add)
    {
        if (gpu.HasGroups)
            InTiles<LeftRows>(w, isTurned: true)(new TileGrid(m, n, k), gpu, x, w.View, y, parts, m, n, k, add);
        else
            gpu.Run(WeightReaders.For(w, ForwardKernel<F32Reader>, ForwardKernel<BF16Reader>, ForwardKernel<F16Reader>, ForwardKernel<INT8Reader>, ForwardKernel<FourBitReader>, ForwardKernel<NestedFourBitReader>),
                (long)m * n, x, w.View, y, m, n, k, add ? 1 : 0);
    }

    public static void BackwardInput(GpuDevice gpu, ArrayView<float> dy, Weight w, ArrayView<float> dx, ArrayView<float> parts, int m, int n, int k, bool add)
    {
        if (gpu.HasGroups)
            InTiles<LeftRows>(w, isTurned: false)(new TileGrid(m, n, k), gpu, dy, w.View, dx, parts, m, n, k, add);
        else
            gpu.Run(WeightReaders.For(w, BackwardInputKernel<F32Reader>, BackwardInputKernel<BF16Reader>, BackwardInputKernel<F16Reader>, BackwardInputKernel<INT8Reader>, BackwardInputKernel<FourBitReader>, BackwardInputKernel<NestedFourBitReader>),
                (long)m * n, dy, w.View, dx, m, n, k, add ? 1 : 0);
    }

    public static void BackwardWeight(GpuDevice gpu, ArrayView<float> dy, ArrayView<float> x, ArrayView<float> dw, ArrayView<float> parts, int rows, int outputs, int inputs)
    {
        if (gpu.HasGroups)
            new TileGrid(outputs, inputs, rows).Run<LeftColumns, RightRows<F32Reader>>(gpu, dy, new WeightView(x.Cast<uint>(), default, inputs, 0f), dw, parts, outputs, inputs, rows, add: true);
        else
            gpu.Run(BackwardWeightKernel, (long)outputs * inputs, dy, x, dw, rows, outputs, inputs);
    }

    /// <summary>A product as a grid of tiles runs it.</summary>
    internal delegate void Tiles(TileGrid grid, GpuDevice gpu, ArrayView<float> a, WeightView w, ArrayView<float> y, ArrayView<float> parts, int m, int n, int k, bool add);

    internal static Tiles InTiles<TLeft>(Weight w, bool isTurned) where TLeft : struct, ILeftTile => isTurned
        ? WeightReaders.For<Tiles>(w, Run<TLeft, RightTurned<F32Reader>>, Run<TLeft, RightTurned<BF16Reader>>, Run<TLeft, RightTurned<F16Reader>>, Run<TLeft, RightTurned<INT8Reader>>, Run<TLeft, RightTurned<FourBitReader>>, Run<TLeft, RightTurned<NestedFourBitReader>>)
        : WeightReaders.For<Tiles>(w, Run<TLeft, RightRows<F32Reader>>, Run<TLeft, RightRows<BF16Reader>>, Run<TLeft, RightRows<F16Reader>>, Run<TLeft, RightRows<INT8Reader>>, Run<TLeft, RightRows<FourBitReader>>, Run<TLeft, RightRows<NestedFourBitReader>>);

    static void Run<TLeft, TRight>(TileGrid grid, GpuDevice gpu, ArrayView<float> a, WeightView w, ArrayView<float> y, ArrayView<float> parts, int m, int n, int k, bool add)
        where TLeft : struct, ILeftTile
        where TRight : struct, IRightTile =>
        grid.Run<TLeft, TRight>(gpu, a, w, y, parts, m, n, k, add);

    static void ForwardKernel<TReader>(ArrayView<float> x, WeightView w, ArrayView<float> y, int m, int n, int k, int add)
        where TReader : struct, IWeightReader
    {
        for (var i = Grid.GlobalIndex.X; i < m * n; i += Grid.DimX * Group.DimX)
        {
            var row = i / n;
            var column = i - row * n;
            var sum = add == 1 ? y[i] : 0f;
            for (var j = 0; j < k; j++)
                sum += x[row * k + j] * default(TReader).Read(w, (long)column * k + j);
            y[i] = sum;
        }
    }

    static void BackwardInputKernel<TReader>(ArrayView<float> dy, WeightView w, ArrayView<float> dx, int m, int n, int k, int add)
        where TReader : struct, IWeightReader
    {
        for (var i = Grid.GlobalIndex.X; i < m * n; i += Grid.DimX * Group.DimX)
        {
            var row = i / n;
            var column = i - row * n;
            var sum = add == 1 ? dx[i] : 0f;
            for (var j = 0; j < k; j++)
                sum += dy[row * k + j] * default(TReader).Read(w, (long)j * n + column);
            dx[i] = sum;
        }
    }

    static void BackwardWeightKernel(ArrayView<float> dy, ArrayView<float> x, ArrayView<float> dw, int rows, int outputs, int inputs)
    {
        for (var i = Grid.GlobalIndex.X; i < outputs * inputs; i += Grid.DimX * Group.DimX)
        {
            var output = i / inputs;
            var input = i - output * inputs;
            var sum = dw[i];
            for (var t = 0; t < rows; t++)
                sum += dy[t * outputs + output] * x[t * inputs + input];
            dw[i] = sum;
        }
    }
}
