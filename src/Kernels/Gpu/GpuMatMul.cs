using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// The products of <see cref="MatMul"/> on a GPU: tiles where groups share memory, and the plain kernels, which are their
/// reference, elsewhere.
/// </summary>
static class GpuMatMul
{
    public static void Forward(GpuDevice gpu, ArrayView<float> x, Weight w, ArrayView<float> y, ArrayView<float> parts, int m, int n, int k, bool add) =>
        WeightReaders.For<Product>(w, Forward<F32Reader>, Forward<BF16Reader>, Forward<F16Reader>, Forward<INT8Reader>, Forward<FourBitReader>, Forward<NestedFourBitReader>)
            (gpu, x, w.View, y, parts, m, n, k, add);

    public static void BackwardInput(GpuDevice gpu, ArrayView<float> dy, Weight w, ArrayView<float> dx, ArrayView<float> parts, int m, int n, int k, bool add) =>
        WeightReaders.For<Product>(w, BackwardInput<F32Reader>, BackwardInput<BF16Reader>, BackwardInput<F16Reader>, BackwardInput<INT8Reader>, BackwardInput<FourBitReader>, BackwardInput<NestedFourBitReader>)
            (gpu, dy, w.View, dx, parts, m, n, k, add);

    public static void BackwardWeight(GpuDevice gpu, ArrayView<float> dy, ArrayView<float> x, ArrayView<float> dw, ArrayView<float> parts, int rows, int outputs, int inputs)
    {
        if (gpu.HasGroups)
            new TileGrid(outputs, inputs, rows).Run<LeftColumns, RightRows<F32Reader>>(gpu, dy, new WeightView(x.Cast<uint>(), default, inputs, 0f), dw, parts, outputs, inputs, rows, add: true);
        else
            gpu.Run(BackwardWeightKernel, (long)outputs * inputs, dy, x, dw, rows, outputs, inputs);
    }

    delegate void Product(GpuDevice gpu, ArrayView<float> a, WeightView w, ArrayView<float> y, ArrayView<float> parts, int m, int n, int k, bool add);

    static void Forward<TReader>(GpuDevice gpu, ArrayView<float> x, WeightView w, ArrayView<float> y, ArrayView<float> parts, int m, int n, int k, bool add)
        where TReader : struct, IWeightReader
    {
        if (gpu.HasGroups)
            new TileGrid(m, n, k).Run<LeftRows, RightTurned<TReader>>(gpu, x, w, y, parts, m, n, k, add);
        else
            gpu.Run(ForwardKernel<TReader>, (long)m * n, x, w, y, m, n, k, add ? 1 : 0);
    }

    static void BackwardInput<TReader>(GpuDevice gpu, ArrayView<float> dy, WeightView w, ArrayView<float> dx, ArrayView<float> parts, int m, int n, int k, bool add)
        where TReader : struct, IWeightReader
    {
        if (gpu.HasGroups)
            new TileGrid(m, n, k).Run<LeftRows, RightRows<TReader>>(gpu, dy, w, dx, parts, m, n, k, add);
        else
            gpu.Run(BackwardInputKernel<TReader>, (long)m * n, dy, w, dx, m, n, k, add ? 1 : 0);
    }

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
