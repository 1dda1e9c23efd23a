using System.Collections.Concurrent;
using System.Reflection;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace PureLora.Tests.Ptx;

/// <summary>Runs one of our kernels as a GPU would: compiled to PTX, and that interpreted, on memory of the CPU accelerator.</summary>
static class PtxLaunch
{
    static readonly ConcurrentDictionary<(MethodInfo, CudaArchitecture), Lazy<PtxKernel>> kernels = [];

    /// <summary>
    /// The arguments are those of the kernel without its launch shape: views, numbers, and structs of them. Only what the
    /// views cover may be touched.
    /// </summary>
    public static void Run(MethodInfo method, KernelConfig config, object[] arguments, int seed, CudaArchitecture architecture)
    {
        if (config.GridDim.Y * config.GridDim.Z * config.GroupDim.Y * config.GroupDim.Z != 1)
            throw new PtxException($"{method.Name}: only launches of one dimension are known.");
        var kernel = Kernel(method, architecture);
        var parameters = new PtxArguments(kernel).Lay(arguments);
        new PtxMachine().Launch(kernel, config.GridDim.X, config.GroupDim.X, parameters.Bytes, parameters.Memory, seed);
    }

    public static PtxKernel Kernel(MethodInfo method, CudaArchitecture architecture) => kernels
        .GetOrAdd((method, architecture), key => new Lazy<PtxKernel>(() => PtxModule.Parse(Text(key.Item1, key.Item2)).Kernels.Values.Single()))
        .Value;

    /// <summary>What the driver would be given on a GPU of this architecture.</summary>
    public static string Text(MethodInfo method, CudaArchitecture architecture)
    {
        using var context = GpuPipeline.CreateContext();
        var instructions = architecture >= CudaArchitecture.SM_90 ? CudaInstructionSet.ISA_78
            : architecture >= CudaArchitecture.SM_80 ? CudaInstructionSet.ISA_70 : CudaInstructionSet.ISA_63;
        using var backend = new PTXBackend(context, new CudaCapabilityContext(architecture), architecture, instructions, null);
        GpuPipeline.MakeSafe(backend);
        return ((PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(method), default)).PTXAssembly;
    }
}
