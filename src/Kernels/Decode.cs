using ILGPU;

namespace PureLora.Kernels;

/// <summary>values[i] = element i of a weight, in f32: for merging and for looking at one, never for a product.</summary>
static unsafe class Decode
{
    public static void Forward(Device device, Weight w, FloatBuffer values) => device.Launch(
        host => host.For(w.Rows, 16, (from, to) =>
        {
            for (var row = from; row < to; row++)
                HostWeights.Decode(w, (long)row * w.Columns, w.Columns, values.Pointer + (long)row * w.Columns);
        }),
        gpu => gpu.Run(WeightReaders.For(w, DecodeKernel<F32Reader>, DecodeKernel<BF16Reader>, DecodeKernel<F16Reader>, DecodeKernel<INT8Reader>, DecodeKernel<FourBitReader>, DecodeKernel<NestedFourBitReader>),
            values.Length, w.View, values.View));

    static void DecodeKernel<TReader>(WeightView w, ArrayView<float> values) where TReader : struct, IWeightReader
    {
        for (var i = Grid.GlobalIndex.X; i < values.Length; i += Grid.DimX * Group.DimX)
            values[i] = default(TReader).Read(w, i);
    }
}
