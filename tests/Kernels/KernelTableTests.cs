using ILGPU.Runtime.Cuda;
using PureLora.Tests.Ptx;

namespace PureLora.Tests;

/// <summary>docs/gpu.md has every kernel that shares memory, with what it takes of it and of registers.</summary>
public sealed class KernelTableTests
{
    const string Start = "| Kernel | Instances | Shared memory, bytes | Registers, estimated |\n|---|---|---|---|\n";

    [Fact]
    public void The_page_on_gpus_has_what_each_kernel_takes()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "gpu.md"));
        var table = Start + string.Concat(CompileTests.Methods()
            .GroupBy(method => $"{method.DeclaringType!.Name}.{method.Name}")
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (group.Key, Kernels: group.Select(method => PtxLaunch.Kernel(method, CudaArchitecture.SM_80)).ToArray()))
            .Where(row => row.Kernels.Any(kernel => kernel.SharedBytes > 0))
            .Select(row => $"| {row.Key} | {row.Kernels.Length} | {row.Kernels.Max(k => k.SharedBytes):N0} | {row.Kernels.Max(k => k.LiveRegisters.Value)} |\n"));
        Assert.True(page.Contains(table), $"docs/gpu.md needs this table:\n{table}");
    }

    [Fact]
    public void No_kernel_takes_more_shared_memory_than_every_device_has() =>
        Assert.All(CompileTests.Methods(), method => Assert.InRange(PtxLaunch.Kernel(method, CudaArchitecture.SM_80).SharedBytes, 0, GpuDevice.SharedBytes));
}
