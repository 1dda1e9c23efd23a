using System.Reflection;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.IR.Types;

namespace PureLora.Kernels;

/// <summary>Eight bf16 numbers, two to a word with the first in the low half: what one copy moves, at a multiple of 16 bytes.</summary>
struct Eight
{
    public uint A, B, C, D;
}

/// <summary>
/// What CUDA has from sm_80 on for products in bfloat16: a warp's product of small matrices, loads of its sides from shared
/// memory, and copies from global to shared memory that go on beside the work (PTX ISA 7.0: mma, ldmatrix, cp.async). Only
/// kernels of types whose names begin with Tensor use it, and they are compiled for nothing else.
/// </summary>
static class TensorCores
{
    /// <summary>
    /// c + a·b, a [16, 16] by rows, b [16, 8] by columns, c [16, 8] in float32. Lane 4g + q holds rows g and g + 8 of columns
    /// 2q and 2q + 1 of c.
    /// </summary>
    [IntrinsicImplementation]
    public static Float4 Multiply(Float4 c, Eight a, uint b0, uint b1) => throw new NotSupportedException();

    /// <summary>Four matrices [8, 8]: lane 8i + r gives the address of row r of matrix i, and lane 4g + q gets 2q and 2q + 1 of row g of each.</summary>
    [IntrinsicImplementation]
    public static Eight Load(ref Eight shared) => throw new NotSupportedException();

    /// <summary>The same of the matrices turned over: lane 4g + q gets rows 2q and 2q + 1 of column g.</summary>
    [IntrinsicImplementation]
    public static Eight LoadTurned(ref Eight shared) => throw new NotSupportedException();

    /// <summary>Begins to copy 16 bytes, of which only the first <paramref name="bytes"/> are read and the rest are zero.</summary>
    [IntrinsicImplementation]
    public static void Copy(ref Eight shared, ref Eight global, int bytes) => throw new NotSupportedException();

    /// <summary>Makes one batch of the copies that this thread began since the last.</summary>
    [IntrinsicImplementation]
    public static void EndBatch() => throw new NotSupportedException();

    /// <summary>Waits for every batch of this thread's copies but the newest.</summary>
    [IntrinsicImplementation]
    public static void WaitForEarlier() => throw new NotSupportedException();

    /// <summary>Waits for all of this thread's copies, in a batch or not.</summary>
    [IntrinsicImplementation]
    public static void WaitForAll() => throw new NotSupportedException();

    /// <summary>Both rounded to bf16, to the nearest, ties to even.</summary>
    [IntrinsicImplementation]
    public static uint Round(float low, float high) => throw new NotSupportedException();

    public static void Register(IntrinsicImplementationManager manager)
    {
        foreach (var method in typeof(TensorCores).GetMethods(BindingFlags.Static | BindingFlags.Public).Where(m => m.IsDefined(typeof(IntrinsicImplementationAttribute))))
            manager.RegisterMethod(method, new PTXIntrinsic(typeof(TensorCores), method.Name + "Ptx", IntrinsicImplementationMode.GenerateCode));
    }

    static void MultiplyPtx(PTXBackend backend, PTXCodeGenerator code, Value value)
    {
        var (c, a, b0, b1) = (GpuIntrinsics.Register(code, value[0]), GpuIntrinsics.Register(code, value[1]), GpuIntrinsics.Register(code, value[2]), GpuIntrinsics.Register(code, value[3]));
        GpuIntrinsics.Line(code, $"mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {GpuIntrinsics.Result(code, value)}, {a}, {{{b0}, {b1}}}, {c}");
    }

    static void LoadPtx(PTXBackend backend, PTXCodeGenerator code, Value value)
    {
        var address = Address(code, value[0], MemoryAddressSpace.Shared);
        GpuIntrinsics.Line(code, $"ldmatrix.sync.aligned.m8n8.x4.shared.b16 {GpuIntrinsics.Result(code, value)}, [{address}]");
    }

    static void LoadTurnedPtx(PTXBackend backend, PTXCodeGenerator code, Value value)
    {
        var address = Address(code, value[0], MemoryAddressSpace.Shared);
        GpuIntrinsics.Line(code, $"ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {GpuIntrinsics.Result(code, value)}, [{address}]");
    }

    static void CopyPtx(PTXBackend backend, PTXCodeGenerator code, Value value)
    {
        var (shared, global) = (Address(code, value[0], MemoryAddressSpace.Shared), Address(code, value[1], MemoryAddressSpace.Global));
        GpuIntrinsics.Line(code, $"cp.async.cg.shared.global [{shared}], [{global}], 16, {GpuIntrinsics.Register(code, value[2])}");
    }

    static void EndBatchPtx(PTXBackend backend, PTXCodeGenerator code, Value value) => GpuIntrinsics.Line(code, "cp.async.commit_group");

    static void WaitForEarlierPtx(PTXBackend backend, PTXCodeGenerator code, Value value) => GpuIntrinsics.Line(code, "cp.async.wait_group 1");

    static void WaitForAllPtx(PTXBackend backend, PTXCodeGenerator code, Value value) => GpuIntrinsics.Line(code, "cp.async.wait_all");

    static void RoundPtx(PTXBackend backend, PTXCodeGenerator code, Value value)
    {
        var (low, high) = (GpuIntrinsics.Register(code, value[0]), GpuIntrinsics.Register(code, value[1]));
        GpuIntrinsics.Line(code, $"cvt.rn.bf16x2.f32 {GpuIntrinsics.Result(code, value)}, {high}, {low}");
    }

    /// <summary>An address within its memory, which a generic one is turned into.</summary>
    static string Address(PTXCodeGenerator code, Value pointer, MemoryAddressSpace space)
    {
        var address = GpuIntrinsics.Register(code, pointer);
        if (((AddressSpaceType)pointer.Type).AddressSpace == space)
            return address;
        var within = "%" + PTXRegisterAllocator.GetStringRepresentation(code.AllocatePlatformRegister(out _));
        GpuIntrinsics.Line(code, $"cvta.to.{(space == MemoryAddressSpace.Shared ? "shared" : "global")}.u64 {within}, {address}");
        return within;
    }
}
