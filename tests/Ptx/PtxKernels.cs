using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Tests.Ptx;

/// <summary>Four floats, which ILGPU loads at once.</summary>
struct Four
{
    public float A, B, C, D;
}

/// <summary>Arguments in a struct, with gaps where alignment asks for them.</summary>
struct Bundle
{
    public byte Shift;
    public ArrayView<float> X;
    public int Count;
    public Inner Last;

    public struct Inner
    {
        public short Skip;
        public double Scale;
    }
}

/// <summary>Kernels that only these tests launch.</summary>
static class PtxKernels
{
    /// <summary>Sums of groups of 64, in shared memory.</summary>
    public static void Sums(ArrayView<float> x, ArrayView<float> sums)
    {
        var tile = SharedMemory.Allocate<float>(64);
        var t = Group.IdxX;
        tile[t] = x[Grid.IdxX * 64 + t];
        Group.Barrier();
        for (var half = 32; half > 0; half /= 2)
        {
            if (t < half)
                tile[t] += tile[t + half];
            Group.Barrier();
        }
        if (t == 0)
            sums[Grid.IdxX] = tile[0];
    }

    /// <summary>Sums of groups of 64, lane by lane and then by atomics.</summary>
    public static void WarpSums(ArrayView<float> x, ArrayView<float> sum)
    {
        var value = x[Grid.GlobalIndex.X];
        for (var step = 16; step > 0; step /= 2)
            value += Warp.ShuffleXor(value, step);
        if (Warp.LaneIdx == 0)
            Atomic.Add(ref sum[0], value);
    }

    public static void Reversed(ArrayView<float> x, ArrayView<float> y)
    {
        var four = x.Cast<Four>()[Grid.GlobalIndex.X];
        y.Cast<Four>()[Grid.GlobalIndex.X] = new Four { A = four.D, B = four.C, C = four.B, D = four.A };
    }

    public static void Bundled(Bundle b, long add, ArrayView<float> y, float factor)
    {
        for (var i = Grid.GlobalIndex.X; i < b.Count; i += Grid.DimX * Group.DimX)
            y[i] = (float)(b.X[i + b.Last.Skip] * b.Last.Scale) * factor + (add >> b.Shift);
    }

    public static void Switched(ArrayView<int> x)
    {
        var i = Grid.GlobalIndex.X;
        x[i] = (x[i]) switch { 0 => 5, 1 => 9, 2 => i, 3 => -1, 4 => 40, _ => 7 };
    }

    public static void Curves(ArrayView<float> x, ArrayView<double> y)
    {
        var i = Grid.GlobalIndex.X;
        y[i] = XMath.Sqrt(x[i]) + (double)XMath.Exp(x[i]) * (int)x[i];
    }
}
