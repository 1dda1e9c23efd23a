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
        if (Lacks(accelerator.MaxNumThreadsPerGroup, accelerator.MaxSharedMemoryPerGroup) is { } lack)
            throw Refused(name, accelerator, lack);
        try
        {
            using var memory = accelerator.Allocate1D<float>(Groups * GpuDevice.GroupSize);
            driver.Load(ProbeKernel, a => a.LoadKernel<ArrayView<float>>(ProbeKernel))(accelerator.DefaultStream, new KernelConfig(Groups, GpuDevice.GroupSize), memory.View.BaseView);
            accelerator.Synchronize();
            if (Differs(memory.GetAsArray1D()) is { } wrong)
                throw Refused(name, accelerator, wrong);
        }
        catch (AcceleratorException e)
        {
            throw Refused(name, accelerator, $"a small test kernel fails on it ({GpuTrouble.Text(e)})");
        }
    }

    /// <summary>What a device with these limits lacks; null where it has enough.</summary>
    internal static string? Lacks(int threads, long sharedBytes) =>
        threads < GpuDevice.GroupSize ? $"it runs {threads} threads together, but our kernels need {GpuDevice.GroupSize}"
        : sharedBytes < GpuDevice.SharedBytes ? $"a group has {sharedBytes:N0} bytes of shared memory, but our kernels need {GpuDevice.SharedBytes:N0}"
        : null;

    /// <summary>What is wrong with the test kernel's numbers; null where nothing is.</summary>
    internal static string? Differs(float[] actual) => actual.SequenceEqual(Expected()) ? null : "a small test kernel gave wrong numbers on it";

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
