using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR.Intrinsics;

namespace PureLora.Kernels;

/// <summary>
/// The sum or the largest of one value from each thread of a group, given to all of them: on CUDA within warps by
/// shuffles and then over the warps, elsewhere by a tree in shared memory. Each has one order, so the bits repeat. The
/// shared memory may be used again by the next reduction: a barrier comes first.
/// </summary>
static class GroupReduce
{
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
        for (var half = GpuDevice.GroupSize / 2; half > 0; half >>= 1)
        {
            if (thread < half)
                shared[thread] += shared[thread + half];
            GpuIntrinsics.Barrier();
        }
        return shared[0];
    }

    static float MaxByTree(float value)
    {
        var shared = SharedMemory.Allocate<float>(GpuDevice.GroupSize);
        var thread = Group.IdxX;
        GpuIntrinsics.Barrier();
        shared[thread] = value;
        GpuIntrinsics.Barrier();
        for (var half = GpuDevice.GroupSize / 2; half > 0; half >>= 1)
        {
            if (thread < half && shared[thread + half] > shared[thread])
                shared[thread] = shared[thread + half];
            GpuIntrinsics.Barrier();
        }
        return shared[0];
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
