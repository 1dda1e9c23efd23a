using System.Reflection;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using PTXRegisters = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>;

namespace PureLora.Kernels;

/// <summary>
/// What a kernel may ask of its group beyond ILGPU's own: a barrier that OpenCL honours for shared memory too (ILGPU's
/// fences global memory alone), a fused multiply-add, and sums and maxima over the group. The bodies are what the CPU
/// accelerator runs; a GPU gets the code that is registered here.
/// </summary>
static class GpuIntrinsics
{
    /// <summary>Every thread of the group waits here for the others, and sees what they wrote.</summary>
    [IntrinsicImplementation]
    public static void Barrier() => Group.Barrier();

    /// <summary>a·b + c: rounded once on CUDA; on OpenCL as its <c>mad</c>, the fastest of the device, where fma may be a slow call.</summary>
    [IntrinsicImplementation]
    public static float Fma(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    public static void Register(ILGPU.Context context)
    {
        var manager = context.GetIntrinsicManager();
        foreach (var name in new[] { nameof(Barrier), nameof(Fma) })
        {
            var method = typeof(GpuIntrinsics).GetMethod(name)!;
            manager.RegisterMethod(method, new PTXIntrinsic(typeof(GpuIntrinsics), name + "Ptx", IntrinsicImplementationMode.GenerateCode));
            manager.RegisterMethod(method, new CLIntrinsic(typeof(GpuIntrinsics), name + "OpenCL", IntrinsicImplementationMode.GenerateCode));
        }
        GroupReduce.Register(manager);
        RowLanes.Register(manager);
        TensorCores.Register(manager);
    }

    static void BarrierPtx(PTXBackend backend, PTXCodeGenerator code, Value value) => Line(code, "bar.sync 0");

    static void BarrierOpenCL(CLBackend backend, CLCodeGenerator code, Value value)
    {
        using var statement = code.BeginStatement("barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)");
    }

    static void FmaPtx(PTXBackend backend, PTXCodeGenerator code, Value value)
    {
        var (a, b, c) = (Register(code, value[0]), Register(code, value[1]), Register(code, value[2]));
        Line(code, $"fma.rn.f32 {Result(code, value)}, {a}, {b}, {c}");
    }

    static void FmaOpenCL(CLBackend backend, CLCodeGenerator code, Value value)
    {
        var (a, b, c) = (code.Load(value[0]), code.Load(value[1]), code.Load(value[2]));
        var target = code.Allocate(value);
        using var statement = code.BeginStatement(target);
        statement.AppendCommand("mad");
        statement.BeginArguments();
        foreach (var argument in new[] { a, b, c })
            statement.AppendArgument(argument);
        statement.EndArguments();
    }

    internal static void Line(PTXCodeGenerator code, string text) => code.Builder.Append('\t').Append(text).AppendLine(";");

    internal static string Register(PTXCodeGenerator code, Value value) => Name(code, code.Load(value));

    internal static string Result(PTXCodeGenerator code, Value value) => Name(code, code.Allocate(value));

    /// <summary>The register's name, or, for a struct, the names of its fields' registers in braces.</summary>
    static string Name(PTXCodeGenerator code, PTXRegisters.Register register) => register is PTXRegisters.CompoundRegister fields
        ? "{" + string.Join(", ", fields.Children.Select(field => Primitive(code, field))) + "}"
        : Primitive(code, register);

    static string Primitive(PTXCodeGenerator code, PTXRegisters.Register register) =>
        "%" + PTXRegisterAllocator.GetStringRepresentation(code.EnsureHardwareRegister((PTXRegisters.PrimitiveRegister)register));
}
