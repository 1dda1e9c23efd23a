using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>
/// <see cref="AdamW"/> over moments in 8 bits: each block of 256 is decoded, takes the step in f32, and is coded again,
/// m in the signed dynamic map, v in the unsigned one. Dettmers et al., arXiv 2110.02861, as bitsandbytes' AdamW8bit.
/// </summary>
static unsafe class AdamW8bit
{
    const int Grain = 32, Block = Moment.Block;

    /// <summary>p, m and v are updated in place, all of one length; g is only read.</summary>
    public static void Step(Device device, FloatBuffer p, FloatBuffer g, CodedMoment m, CodedMoment v, AdamWStep step, float gradientScale)
    {
        using CodedWindow mean = new(m), square = new(v);
        device.Launch(
            host => host.For(m.Blocks, Grain, (from, to) => Loop(p.Pointer, g.Pointer, m, v, step, gradientScale, from, to)),
            gpu =>
            {
                for (long first = 0; first < p.Length; first += mean.Piece)
                {
                    var count = Math.Min(mean.Piece, p.Length - first);
                    var blocks = CodedMoment.BlocksOf(count);
                    mean.Read(gpu, first, count, out var mCodes, out var mScales);
                    square.Read(gpu, first, count, out var vCodes, out var vScales);
                    gpu.Run(StepKernel, blocks, StepGroupsKernel, blocks, p.View.SubView(first, count), g.View.SubView(first, count),
                        mCodes, mScales, m.Values.View, vCodes, vScales, v.Values.View, step, gradientScale);
                    mean.Write(gpu, first, count);
                    square.Write(gpu, first, count);
                }
            });
    }

    static void Loop(float* p, float* g, CodedMoment m, CodedMoment v, AdamWStep step, float gradientScale, long from, long to)
    {
        float* mean = stackalloc float[Block], square = stackalloc float[Block];
        for (var block = from; block < to; block++)
        {
            var count = m.Decode(block, mean);
            v.Decode(block, square);
            AdamW.Loop(p + block * Block, g + block * Block, mean, square, step, gradientScale, 0, count);
            m.Encode(block, mean);
            v.Encode(block, square);
        }
    }

    /// <summary>A thread has a block, twice: for the largest magnitudes, and again for the codes, so that nothing is kept between.</summary>
    internal static void StepKernel(ArrayView<float> p, ArrayView<float> g, ArrayView<byte> m, ArrayView<float> mScales, ArrayView<float> mMap,
        ArrayView<byte> v, ArrayView<float> vScales, ArrayView<float> vMap, AdamWStep step, float gradientScale)
    {
        for (var block = Grid.GlobalIndex.X; block < mScales.Length; block += Grid.DimX * Group.DimX)
        {
            var first = block * Block;
            var end = XMath.Min(first + Block, (int)p.Length);
            var (mScale, vScale) = (mScales[block], vScales[block]);
            float mLargest = 0, vLargest = 0;
            for (var i = first; i < end; i++)
            {
                var gradient = g[i] * gradientScale;
                mLargest = XMath.Max(mLargest, XMath.Abs(AdamW.Mean(mMap[(int)m[i]] * mScale, gradient, step)));
                vLargest = XMath.Max(vLargest, AdamW.Square(vMap[(int)v[i]] * vScale, gradient, step));
            }
            var (mUnit, vUnit) = (1f / XMath.Max(mLargest, DynamicMap.Smallest), 1f / XMath.Max(vLargest, DynamicMap.Smallest));
            for (var i = first; i < end; i++)
            {
                var gradient = g[i] * gradientScale;
                var mean = AdamW.Mean(mMap[(int)m[i]] * mScale, gradient, step);
                var square = AdamW.Square(vMap[(int)v[i]] * vScale, gradient, step);
                p[i] = AdamW.Moved(p[i], mean, square, step);
                m[i] = (byte)DynamicMap.Code(mMap, mean * mUnit);
                v[i] = (byte)DynamicMap.Code(vMap, square * vUnit);
            }
            mScales[block] = mLargest;
            vScales[block] = vLargest;
        }
    }

    /// <summary>A group has a block, and a thread one number of it; the maps are in shared memory. The same bits.</summary>
    internal static void StepGroupsKernel(ArrayView<float> p, ArrayView<float> g, ArrayView<byte> m, ArrayView<float> mScales, ArrayView<float> mMap,
        ArrayView<byte> v, ArrayView<float> vScales, ArrayView<float> vMap, AdamWStep step, float gradientScale)
    {
        var means = SharedMemory.Allocate<float>(Block);
        var squares = SharedMemory.Allocate<float>(Block);
        means[Group.IdxX] = mMap[Group.IdxX];
        squares[Group.IdxX] = vMap[Group.IdxX];
        GpuIntrinsics.Barrier();
        var i = Grid.IdxX * Block + Group.IdxX;
        var holds = i < p.Length;
        float mean = 0f, square = 0f;
        if (holds)
        {
            var gradient = g[i] * gradientScale;
            mean = AdamW.Mean(means[(int)m[i]] * mScales[Grid.IdxX], gradient, step);
            square = AdamW.Square(squares[(int)v[i]] * vScales[Grid.IdxX], gradient, step);
            p[i] = AdamW.Moved(p[i], mean, square, step);
        }
        var (mLargest, vLargest) = (GroupReduce.Max(XMath.Abs(mean)), GroupReduce.Max(square));
        if (holds)
        {
            m[i] = (byte)DynamicMap.Code(means, mean * (1f / XMath.Max(mLargest, DynamicMap.Smallest)));
            v[i] = (byte)DynamicMap.Code(squares, square * (1f / XMath.Max(vLargest, DynamicMap.Smallest)));
        }
        if (Group.IdxX == 0 && holds)
        {
            mScales[Grid.IdxX] = mLargest;
            vScales[Grid.IdxX] = vLargest;
        }
    }
}
