using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// How the threads of a group share rows: so many of them, neighbours, have a row, and read its columns in turn. A short
/// row has few of them, so that most of the threads have work and a sum over them is short.
/// </summary>
static class RowLanes
{
    const int Branches = 8, Shortest = 64;

    /// <summary>Whether a row is too short to share: a thread is done with it before several have added up their parts.</summary>
    public static bool IsShort(int columns) => columns <= Shortest;

    /// <summary>Threads of a row of <paramref name="columns"/>: a power of two that divides a group.</summary>
    public static int Of(int columns) => columns <= 256 ? 8 : columns <= 1024 ? 64 : GpuDevice.GroupSize;

    /// <summary>Groups that <paramref name="rows"/> rows need.</summary>
    public static long Groups(long rows, int columns) => (rows * Of(columns) + GpuDevice.GroupSize - 1) / GpuDevice.GroupSize;

    /// <summary>The row of this thread, which may be one after the last.</summary>
    public static int Row(int lanes) => Grid.IdxX * (GpuDevice.GroupSize / lanes) + Group.IdxX / lanes;

    /// <summary>
    /// The sum of one value from each thread of a row, given to all of them, in one order: first into the row's first
    /// threads, then over these. All threads of the group must come here.
    /// </summary>
    public static float Sum(float value, int lanes)
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
}
