using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR.Intrinsics;

namespace PureLora.Kernels;

/// <summary>
/// The sum or the largest of one value from each thread of a group, given to all of them: on CUDA within warps by
/// shuffles and then over the warps, elsewhere by a tree of two levels in shared memory. Each has one order, so the bits repeat. The
/// shared memory may be used again by the next reduction: a barrier comes first.
/// </summary>
static class GroupReduce
{
    // Threads that the others' values come to first. A level costs a barrier, which is most of the time on a processor.
    const int Branches = 16;

    [IntrinsicImplementation]
    public static float Sum(float value) => SumByTree(value);

    [IntrinsicImplementation]
    public static float Max(float value) => MaxByTree(value);

    public static void Register(IntrinsicImplementationManager manager)
    {
        foreach (var name in new[] { nameof(Sum), nameof(Max) })
        {
            var method = typeof(GroupReduce).GetMethod(name)!;
            manager.RegisterMethod(method, new PTXIntrinsic(typeof(GroupReduce), name + "ByWarps", IntrinsicImplementationMode.Redirect));
            manager.RegisterMethod(method, new CLIntrinsic(typeof(GroupReduce), name + "ByTree", IntrinsicImplementationMode.Redirect));
        }
    }

    static float SumByTree(float value)
    {
        var shared = SharedMemory.Allocate<float>(GpuDevice.GroupSize);
        var thread = Group.IdxX;
        GpuIntrinsics.Barrier();
        shared[thread] = value;
        GpuIntrinsics.Barrier();
        if (thread < Branches)
            for (var other = thread + Branches; other < GpuDevice.GroupSize; other += Branches)
                shared[thread] += shared[other];
        GpuIntrinsics.Barrier();
        var sum = shared[0];
        for (var branch = 1; branch < Branches; branch++)
            sum += shared[branch];
        return sum;
    }

    static float MaxByTree(float value)
    {
        var shared = SharedMemory.Allocate<float>(GpuDevice.GroupSize);
        var thread = Group.IdxX;
        GpuIntrinsics.Barrier();
        shared[thread] = value;
        GpuIntrinsics.Barrier();
        if (thread < Branches)
            for (var other = thread + Branches; other < GpuDevice.GroupSize; other += Branches)
                shared[thread] = shared[other] > shared[thread] ? shared[other] : shared[thread];
        GpuIntrinsics.Barrier();
        var max = shared[0];
        for (var branch = 1; branch < Branches; branch++)
            max = shared[branch] > max ? shared[branch] : max;
        return max;
    }

    static float SumByWarps(float value)
    {
        var shared = SharedMemory.Allocate<float>(GpuDevice.GroupSize / 32);
        for (var other = 16; other > 0; other >>= 1)
            value += Warp.ShuffleXor(value, other);
        GpuIntrinsics.Barrier();
        if ((Group.IdxX & 31) == 0)
            shared[Group.IdxX >> 5] = value;
        GpuIntrinsics.Barrier();
        var sum = shared[0];
        for (var warp = 1; warp < GpuDevice.GroupSize / 32; warp++)
            sum += shared[warp];
        return sum;
    }

    static float MaxByWarps(float value)
    {
        var shared = SharedMemory.Allocate<float>(GpuDevice.GroupSize / 32);
        for (var other = 16; other > 0; other >>= 1)
        {
            var theirs = Warp.ShuffleXor(value, other);
            value = theirs > value ? theirs : value;
        }
        GpuIntrinsics.Barrier();
        if ((Group.IdxX & 31) == 0)
            shared[Group.IdxX >> 5] = value;
        GpuIntrinsics.Barrier();
        var max = shared[0];
        for (var warp = 1; warp < GpuDevice.GroupSize / 32; warp++)
            max = shared[warp] > max ? shared[warp] : max;
        return max;
    }
}
