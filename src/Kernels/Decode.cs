using ILGPU;

namespace PureLora.Kernels;

/// <summary>values[i] = element i of a weight, in f32: for merging and for looking at one, never for a product.</summary>
static unsafe class Decode
{
    public static void Forward(Device device, Weight w, FloatBuffer values) => device.Launch(
        host => host.For(w.Rows, 16, (from, to) =>
        {
            for (var row = from; row < to; row++)
                HostWeights.Decode(w.Format, w.Pointer, (long)row * w.Columns, w.Columns, values.Pointer + (long)row * w.Columns);
        }),
        gpu =>
        {
            switch (w.Format)
            {
                case WeightFormat.F32: gpu.Run(DecodeKernel<F32Reader>, values.Length, w.Words, values.View); break;
                case WeightFormat.BF16: gpu.Run(DecodeKernel<BF16Reader>, values.Length, w.Words, values.View); break;
                case WeightFormat.F16: gpu.Run(DecodeKernel<F16Reader>, values.Length, w.Words, values.View); break;
            }
        });

    static void DecodeKernel<TReader>(ArrayView<uint> words, ArrayView<float> values) where TReader : struct, IWeightReader
    {
        for (var i = Grid.GlobalIndex.X; i < values.Length; i += Grid.DimX * Group.DimX)
            values[i] = default(TReader).Read(words, i);
    }
}
