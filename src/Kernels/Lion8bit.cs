using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>
/// <see cref="Lion"/> over a moment in 8 bits: each block of 256 is decoded, takes the step in f32, and is coded again in
/// the signed dynamic map. Dettmers et al., arXiv 2110.02861, as bitsandbytes' Lion8bit.
/// </summary>
static unsafe class Lion8bit
{
    const int Grain = 32, Block = Moment.Block;

    /// <summary>p and m are updated in place, of one length; g is only read.</summary>
    public static void Step(Device device, FloatBuffer p, FloatBuffer g, CodedMoment m, LionStep step, float gradientScale)
    {
        using var mean = new CodedWindow(m);
        device.Launch(
            host => host.For(m.Blocks, Grain, (from, to) => Loop(p.Pointer, g.Pointer, m, step, gradientScale, from, to)),
            gpu =>
            {
                for (long first = 0; first < p.Length; first += mean.Piece)
                {
                    var count = Math.Min(mean.Piece, p.Length - first);
                    var blocks = CodedMoment.BlocksOf(count);
                    mean.Read(gpu, first, count, out var codes, out var scales);
                    gpu.Run(StepKernel, blocks, StepGroupsKernel, blocks, p.View.SubView(first, count), g.View.SubView(first, count), codes, scales, m.Values.View, step, gradientScale);
                    mean.Write(gpu, first, count);
                }
            });
    }

    static void Loop(float* p, float* g, CodedMoment m, LionStep step, float gradientScale, long from, long to)
    {
        var mean = stackalloc float[Block];
        for (var block = from; block < to; block++)
        {
            var count = m.Decode(block, mean);
            Lion.Loop(p + block * Block, g + block * Block, mean, step, gradientScale, 0, count);
            m.Encode(block, mean);
        }
    }

    /// <summary>A thread has a block, twice: for the largest magnitude, and again for the codes, so that nothing is kept between.</summary>
    internal static void StepKernel(ArrayView<float> p, ArrayView<float> g, ArrayView<byte> m, ArrayView<float> scales, ArrayView<float> map, LionStep step, float gradientScale)
    {
        for (var block = Grid.GlobalIndex.X; block < scales.Length; block += Grid.DimX * Group.DimX)
        {
            var first = block * Block;
            var end = XMath.Min(first + Block, (int)p.Length);
            var scale = scales[block];
            float largest = 0;
            for (var i = first; i < end; i++)
                largest = XMath.Max(largest, XMath.Abs(Lion.Mean(map[(int)m[i]] * scale, g[i] * gradientScale, step)));
            var unit = 1f / XMath.Max(largest, DynamicMap.Smallest);
            for (var i = first; i < end; i++)
            {
                var gradient = g[i] * gradientScale;
                var mean = map[(int)m[i]] * scale;
                p[i] = Lion.Moved(p[i], mean, gradient, step);
                m[i] = (byte)DynamicMap.Code(map, Lion.Mean(mean, gradient, step) * unit);
            }
            scales[block] = largest;
        }
    }

    /// <summary>A group has a block, and a thread one number of it; the map is in shared memory. The same bits.</summary>
    internal static void StepGroupsKernel(ArrayView<float> p, ArrayView<float> g, ArrayView<byte> m, ArrayView<float> scales, ArrayView<float> map, LionStep step, float gradientScale)
    {
        var values = SharedMemory.Allocate<float>(Block);
        values[Group.IdxX] = map[Group.IdxX];
        GpuIntrinsics.Barrier();
        var i = Grid.IdxX * Block + Group.IdxX;
        var holds = i < p.Length;
        var mean = 0f;
        if (holds)
        {
            var gradient = g[i] * gradientScale;
            var before = values[(int)m[i]] * scales[Grid.IdxX];
            p[i] = Lion.Moved(p[i], before, gradient, step);
            mean = Lion.Mean(before, gradient, step);
        }
        var largest = GroupReduce.Max(XMath.Abs(mean));
        if (holds)
            m[i] = (byte)DynamicMap.Code(values, mean * (1f / XMath.Max(largest, DynamicMap.Smallest)));
        if (Group.IdxX == 0 && holds)
            scales[Grid.IdxX] = largest;
    }
}
