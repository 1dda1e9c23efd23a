using ILGPU;
using ILGPU.Runtime;

namespace PureLora.Kernels;

/// <summary>
/// Before a device is trusted: one kernel with what the others rely on (shared memory, barriers, a fused multiply-add, a
/// sum over the group), whose result is known.
/// </summary>
static class GpuSelfTest
{
    const int Groups = 3;

    public static void Run(string name, GpuDriver driver)
    {
        var accelerator = driver.Accelerator;
        if (accelerator.MaxNumThreadsPerGroup < GpuDevice.GroupSize)
            throw Refused(name, accelerator, $"it runs {accelerator.MaxNumThreadsPerGroup} threads together, but our kernels need {GpuDevice.GroupSize}");
        if (accelerator.MaxSharedMemoryPerGroup < GpuDevice.SharedBytes)
            throw Refused(name, accelerator, $"a group has {accelerator.MaxSharedMemoryPerGroup:N0} bytes of shared memory, but our kernels need {GpuDevice.SharedBytes:N0}");
        using var memory = accelerator.Allocate1D<float>(Groups * GpuDevice.GroupSize);
        driver.Load(ProbeKernel, a => a.LoadStreamKernel<ArrayView<float>>(ProbeKernel))(new KernelConfig(Groups, GpuDevice.GroupSize), memory.View.BaseView);
        accelerator.Synchronize();
        if (!memory.GetAsArray1D().SequenceEqual(Expected()))
            throw Refused(name, accelerator, "a small test kernel gave wrong numbers on it");
    }

    internal static void ProbeKernel(ArrayView<float> y)
    {
        var shared = SharedMemory.Allocate<float>(GpuDevice.GroupSize);
        var thread = Group.IdxX;
        shared[thread] = thread;
        GpuIntrinsics.Barrier();
        var other = shared[GpuDevice.GroupSize - 1 - thread];
        y[Grid.IdxX * GpuDevice.GroupSize + thread] = GpuIntrinsics.Fma(other, 3f, Grid.IdxX) + GroupReduce.Sum(thread);
    }

    /// <summary>Whole numbers: exact in any order.</summary>
    internal static float[] Expected() =>
    [
        .. Enumerable.Range(0, Groups * GpuDevice.GroupSize).Select(i =>
            3f * (GpuDevice.GroupSize - 1 - i % GpuDevice.GroupSize) + i / GpuDevice.GroupSize + GpuDevice.GroupSize * (GpuDevice.GroupSize - 1) / 2),
    ];

    static PureLoraException Refused(string name, Accelerator accelerator, string why) =>
        new($"{name}: {accelerator.Name} cannot be used: {why}. Update its driver, or use --device cpu.");
}
