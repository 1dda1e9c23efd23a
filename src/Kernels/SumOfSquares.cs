using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// partials[slot + b] = the sum of x² over block b of <see cref="Block"/> elements, in f32. Whoever reads the partials
/// adds them up in f64, ascending: deterministic, and no device needs f64.
/// </summary>
static unsafe class SumOfSquares
{
    public const int Block = 1024;

    /// <summary>How many partials a buffer of <paramref name="length"/> elements has.</summary>
    public static int Partials(long length) => checked((int)((length + Block - 1) / Block));

    public static void Forward(Device device, FloatBuffer x, FloatBuffer partials, int slot) => device.Launch(
        host => host.For(Partials(x.Length), 16, (from, to) =>
        {
            for (var block = from; block < to; block++)
            {
                var start = (long)block * Block;
                partials.Pointer[slot + block] = VectorMath.LaneSumOfSquares(new ReadOnlySpan<float>(x.Pointer + start, (int)Math.Min(Block, x.Length - start)));
            }
        }),
        gpu => gpu.Run(ForwardKernel, Partials(x.Length), ForwardGroupsKernel, Partials(x.Length), x.View, partials.View, slot));

    static void ForwardKernel(ArrayView<float> x, ArrayView<float> partials, int slot)
    {
        var blocks = (x.Length + Block - 1) / Block;
        for (var block = Grid.GlobalIndex.X; block < blocks; block += Grid.DimX * Group.DimX)
        {
            var start = (long)block * Block;
            var end = start + Block < x.Length ? start + Block : x.Length;
            var sum = 0f;
            for (var i = start; i < end; i++)
                sum += x[i] * x[i];
            partials[slot + block] = sum;
        }
    }

    static void ForwardGroupsKernel(ArrayView<float> x, ArrayView<float> partials, int slot)
    {
        var start = (long)Grid.IdxX * Block;
        var end = start + Block < x.Length ? start + Block : x.Length;
        var sum = 0f;
        for (var i = start + Group.IdxX; i < end; i += GpuDevice.GroupSize)
            sum = GpuIntrinsics.Fma(x[i], x[i], sum);
        sum = GroupReduce.Sum(sum);
        if (Group.IdxX == 0 && start < end)
            partials[slot + Grid.IdxX] = sum;
    }
}
