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

    /// <summary>Runtime packages on Linux ship only the versioned names of the driver libraries.</summary>
    static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        var versioned = name switch { "OpenCL" => "libOpenCL.so.1", "cuda" => "libcuda.so.1", _ => null };
        return OperatingSystem.IsLinux() && versioned is not null && NativeLibrary.TryLoad(versioned, out var handle) ? handle : 0;
    }

    /// <summary>Every OpenCL device is listed, also those that ILGPU would leave out: <see cref="GpuSurvey"/> decides.</summary>
    public static ILGPU.Context CreateContext()
    {
        var context = ILGPU.Context.Create(builder =>
        {
            builder.CPU().Cuda().OpenCL(_ => true).Optimize(OptimizationLevel.O1).EnableAlgorithms();
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
        var property = typeof(Backend).GetProperty("KernelTransformers", BindingFlags.Instance | BindingFlags.NonPublic);
        // Another ILGPU may lay this out anew. Its own passes are right too, only slower.
        if (property?.GetValue(backend) is ImmutableArray<Transformer> transformers && property.GetSetMethod(nonPublic: true) is { } set)
            set.Invoke(backend, [transformers.Select(Rebuild).ToImmutableArray()]);
    }

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
