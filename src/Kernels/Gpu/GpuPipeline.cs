using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Backends;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Transformations;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// How ILGPU compiles our kernels: level O1, never O2 (which moves shared-memory loads across barriers), plus the
/// address-space inference that makes kernel parameters global pointers.
/// </summary>
static class GpuPipeline
{
    static GpuPipeline() => NativeLibrary.SetDllImportResolver(typeof(ILGPU.Context).Assembly, Resolve);

    static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name switch { "OpenCL" => Load(OpenCL), "cuda" => Load(Cuda), _ => 0 };

    /// <summary>Names of the drivers' libraries. On Linux the packages that run programs have only the versioned ones, and WSL has CUDA's in a folder of its own.</summary>
    public static string[] Cuda { get; } = OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1"];

    public static string[] OpenCL { get; } =
        OperatingSystem.IsWindows() ? ["OpenCL.dll"] : OperatingSystem.IsMacOS() ? ["/System/Library/Frameworks/OpenCL.framework/OpenCL"] : ["libOpenCL.so.1"];

    /// <summary>The first of these libraries that is there, or 0.</summary>
    public static nint Load(string[] names) => names.Select(name => NativeLibrary.TryLoad(name, out var handle) ? handle : 0).FirstOrDefault(handle => handle != 0);

    /// <summary>Every OpenCL device is listed, also those that ILGPU would leave out: <see cref="GpuSurvey"/> decides.</summary>
    public static ILGPU.Context CreateContext()
    {
        var context = ILGPU.Context.Create(builder =>
        {
            builder.CPU().OpenCL(_ => true).Optimize(OptimizationLevel.O1).EnableAlgorithms();
            // Not Cuda(): under WSL that sets a resolver of its own, and an assembly can have one only.
            var registry = (DeviceRegistry)Internal(typeof(ILGPU.Context.Builder), "DeviceRegistry").GetValue(builder)!;
            foreach (var device in CudaDevice.GetDevices(device => device.Architecture.HasValue && device.InstructionSet.HasValue))
                registry.Register(device);
            PTXContextExtensions.PTXBackend(builder, PTXBackendMode.Enhanced);
        });
        GpuIntrinsics.Register(context);
        return context;
    }

    public static void MakeSafe(Accelerator accelerator)
    {
        if (accelerator is CudaAccelerator cuda)
            MakeSafe(cuda.Backend);
        else if (accelerator is CLAccelerator opencl)
            MakeSafe(opencl.Backend);
    }

    /// <summary>Call before the backend compiles its first kernel. The pass list has no public setter.</summary>
    public static void MakeSafe(Backend backend)
    {
        var property = Internal(typeof(Backend), "KernelTransformers");
        property.SetValue(backend, ((ImmutableArray<Transformer>)property.GetValue(backend)!).Select(Rebuild).ToImmutableArray());
    }

    static PropertyInfo Internal(Type type, string name) =>
        type.GetProperty(name, BindingFlags.Instance | BindingFlags.NonPublic) ?? throw new NotSupportedException($"This version of ILGPU has no {type.Name}.{name}.");

    static Transformer Rebuild(Transformer transformer)
    {
        var builder = Transformer.CreateBuilder(transformer.Configuration);
        var backendStage = transformer.Transformations.Any(pass => pass is AcceleratorSpecializer);
        var inferred = false;
        foreach (var pass in transformer.Transformations)
        {
            if (pass.GetType().Name.StartsWith("CodePlacement", StringComparison.Ordinal))
                continue;
            if (backendStage && !inferred && pass is LowerStructures)
            {
                builder.Add(new InferKernelAddressSpaces(MemoryAddressSpace.Global));
                inferred = true;
            }
            builder.Add(backendStage && pass is InferAddressSpaces ? new InferLocalAddressSpaces() : pass);
        }
        return builder.ToTransformer();
    }
}
