using System.Reflection;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using PureLora.Tests.Ptx;

namespace PureLora.Tests;

/// <summary>The CPU accelerator runs the C# of a kernel; only compiling it shows that a GPU could.</summary>
public sealed class CompileTests
{
    public static TheoryData<string> Kernels => [.. Methods().Select(Label).Order(StringComparer.Ordinal)];

    /// <summary>Every static method that ends in Kernel, generic ones once for each struct that fits.</summary>
    internal static IEnumerable<MethodInfo> Methods() =>
        typeof(Device).Assembly.GetTypes()
            .Where(t => t.Namespace == "PureLora.Kernels")
            .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Where(m => m.Name.EndsWith("Kernel", StringComparison.Ordinal))
            .SelectMany(Instances);

    /// <summary>
    /// One for each combination of structs that fit and is launched: a left side by columns is only multiplied with f32, as a
    /// weight's gradient, and heads of four blocks have kernels of their own for dk and dv.
    /// </summary>
    static IEnumerable<MethodInfo> Instances(MethodInfo method)
    {
        if (!method.IsGenericMethodDefinition)
            return [method];
        IEnumerable<Type[]> choices = [[]];
        foreach (var parameter in method.GetGenericArguments())
            choices = choices.SelectMany(_ => Fitting(parameter), (before, type) => (Type[])[.. before, type]);
        return choices.Where(types => types[0].Name != "LeftColumns" || Label(types[1]) == "RightRows<F32Reader>")
            .Where(types => method.Name != "KeyKernel" || types[0].Name != "FourBlocks").Select(types => method.MakeGenericMethod(types));
    }

    /// <summary>The structs that a type parameter may be, generic ones once for each struct that fits them in turn.</summary>
    static IEnumerable<Type> Fitting(Type parameter)
    {
        var required = parameter.GetGenericParameterConstraints().Single(c => c.IsInterface);
        return typeof(Device).Assembly.GetTypes()
            .Where(t => t.IsValueType && required.IsAssignableFrom(t))
            .SelectMany(t => t.IsGenericTypeDefinition ? Fitting(t.GetGenericArguments().Single()).Select(argument => t.MakeGenericType(argument)) : [t]);
    }

    internal static string Label(MethodInfo m) => $"{m.DeclaringType!.Name}.{m.Name}{(m.IsGenericMethod ? $"<{string.Join(", ", m.GetGenericArguments().Select(Label))}>" : "")}";

    static string Label(Type t) => t.IsGenericType ? $"{t.Name.Split('`')[0]}<{string.Join(", ", t.GetGenericArguments().Select(Label))}>" : t.Name;

    internal static MethodInfo Find(string label) => Methods().Single(m => Label(m) == label);

    /// <summary>Those that stand in types whose names begin with Tensor are for CUDA from sm_80 on alone.</summary>
    internal static bool NeedsTensorCores(MethodInfo method) => method.DeclaringType!.Name.StartsWith("Tensor", StringComparison.Ordinal);

    public static TheoryData<string> PortableKernels => [.. Methods().Where(m => !NeedsTensorCores(m)).Select(Label).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Kernels))]
    public void Compiles_to_ptx_with_global_loads_and_no_local_memory(string label)
    {
        using var context = GpuPipeline.CreateContext();
        using var backend = new PTXBackend(context, new CudaCapabilityContext(CudaArchitecture.SM_80), CudaArchitecture.SM_80, CudaInstructionSet.ISA_70, null);
        GpuPipeline.MakeSafe(backend);
        var compiled = (PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(Find(label)), default);
        Assert.Contains(".target sm_80", compiled.PTXAssembly);
        Assert.Contains(".global", compiled.PTXAssembly);
        Assert.DoesNotContain(".local", compiled.PTXAssembly);
        Assert.DoesNotContain(".extern", compiled.PTXAssembly);
    }

    public static TheoryData<string> MatrixKernels => [.. Methods().Where(m =>
        m.DeclaringType!.Name is "TiledMatMul" or "TensorMatMul" or "TensorAttention" || (m.DeclaringType.Name, m.Name) is ("MatVec", "ForwardGroupsKernel") or ("CachedAttention", "GroupKernel") ||
        (m.DeclaringType.Name == "FlashAttention" && m.Name is not ("BoundsKernel" or "DeltaKernel"))).Select(Label).Order(StringComparer.Ordinal)];

    /// <summary>Where rows allow it: the activations at least, a weight in 8 or 4 bits a word at a time.</summary>
    [Theory, MemberData(nameof(MatrixKernels))]
    public void What_moves_matrices_loads_vectors(string label)
    {
        var (method, text) = (Find(label), PtxLaunch.Text(Find(label), CudaArchitecture.SM_80));
        Assert.Matches(@"ld\.global\.v4|cp\.async\.cg\.shared\.global", text);
        if (NeedsTensorCores(method))
            Assert.Contains("ldmatrix.sync.aligned.m8n8.x4", text);
        else if (method.DeclaringType!.Name != "MatVec")
            Assert.Contains("ld.shared.v4", text);
    }

    [Theory, MemberData(nameof(PortableKernels))]
    public void Compiles_to_opencl_c(string label)
    {
        using var context = GpuPipeline.CreateContext();
        using var backend = new CLBackend(context, new CLCapabilityContext(true, false, true, true, true), CLDeviceVendor.Other, CLCVersion.CL20);
        GpuPipeline.MakeSafe(backend);
        var compiled = (CLCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(Find(label)), default);
        Assert.Contains("kernel void", compiled.Source);
    }
}
