using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR.Intrinsics;

namespace PureLora.Kernels;

/// <summary>
/// How the threads of a group share rows: so many of them, neighbours, have a row, and read its columns in turn. A short
/// row has few of them, so that most of the threads have work and a sum over them is short.
/// </summary>
static class RowLanes
{
    const int Branches = 8, Shortest = 64, Warp = 32;

    /// <summary>Whether a row is too short to share: a thread is done with it before several have added up their parts.</summary>
    public static bool IsShort(int columns) => columns <= Shortest;

    /// <summary>Threads of a row of <paramref name="columns"/>: a power of two that divides a group.</summary>
    public static int Of(int columns) => columns <= 256 ? 8 : columns <= 1024 ? 64 : GpuDevice.GroupSize;

    /// <summary>Groups that <paramref name="rows"/> rows need.</summary>
    public static long Groups(long rows, int columns) => (rows * Of(columns) + GpuDevice.GroupSize - 1) / GpuDevice.GroupSize;

    /// <summary>The row of this thread, which may be one after the last.</summary>
    public static int Row(int lanes) => Grid.IdxX * (GpuDevice.GroupSize / lanes) + Group.IdxX / lanes;

    /// <summary>
    /// The sum of one value from each thread of a row, given to all of them, in one order: on CUDA within warps by shuffles
    /// and then over the warps, elsewhere in shared memory. All threads of the group must come here.
    /// </summary>
    [IntrinsicImplementation]
    public static float Sum(float value, int lanes) => SumByTree(value, lanes);

    public static void Register(IntrinsicImplementationManager manager)
    {
        var method = typeof(RowLanes).GetMethod(nameof(Sum))!;
        manager.RegisterMethod(method, new PTXIntrinsic(typeof(RowLanes), nameof(SumByWarps), IntrinsicImplementationMode.Redirect));
        manager.RegisterMethod(method, new CLIntrinsic(typeof(RowLanes), nameof(SumByTree), IntrinsicImplementationMode.Redirect));
    }

    static float SumByTree(float value, int lanes)
    {
        var shared = SharedMemory.Allocate<float>(GpuDevice.GroupSize);
        var thread = Group.IdxX;
        var lane = thread & (lanes - 1);
        var (first, branches) = (thread - lane, lanes < Branches ? lanes : Branches);
        GpuIntrinsics.Barrier();
        shared[thread] = value;
        GpuIntrinsics.Barrier();
        if (lane < branches)
            for (var other = lane + branches; other < lanes; other += branches)
                shared[thread] += shared[first + other];
        GpuIntrinsics.Barrier();
        var sum = shared[first];
        for (var branch = 1; branch < branches; branch++)
            sum += shared[first + branch];
        return sum;
    }

    static float SumByWarps(float value, int lanes)
    {
        var shared = SharedMemory.Allocate<float>(GpuDevice.GroupSize / Warp);
        for (var other = (lanes < Warp ? lanes : Warp) >> 1; other > 0; other >>= 1)
            value += ILGPU.Warp.ShuffleXor(value, other);
        if (lanes <= Warp)
            return value;
        GpuIntrinsics.Barrier();
        if (Group.IdxX % Warp == 0)
            shared[Group.IdxX / Warp] = value;
        GpuIntrinsics.Barrier();
        var first = (Group.IdxX & -lanes) / Warp;
        var sum = shared[first];
        for (var warp = 1; warp < lanes / Warp; warp++)
            sum += shared[first + warp];
        return sum;
    }
}
