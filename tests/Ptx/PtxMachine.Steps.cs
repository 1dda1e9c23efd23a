using System.Runtime.CompilerServices;

namespace PureLora.Tests.Ptx;

/// <summary>The inner loop.</summary>
sealed unsafe partial class PtxMachine
{
    /// <summary>Runs a thread until it waits or returns.</summary>
    void Run(int thread)
    {
        var instructions = code;
        var r = registers + thread * slots;
        var pc = counters[thread];
        var steps = Steps;
        while (true)
        {
            ref readonly var i = ref instructions[pc];
            at = pc++;
            steps++;
            if (i.Predicate >= 0 && (r[i.Predicate] != 0) == i.Negated)
                continue;
            switch (i.Op)
            {
                case PtxOp.Nop: break;
                case PtxOp.Mov: r[i.D] = r[i.A]; break;
                case PtxOp.AddB32: r[i.D] = (uint)(r[i.A] + r[i.B]); break;
                case PtxOp.AddB64: r[i.D] = r[i.A] + r[i.B]; break;
                case PtxOp.SubB32: r[i.D] = (uint)(r[i.A] - r[i.B]); break;
                case PtxOp.MulB32: r[i.D] = (uint)(r[i.A] * r[i.B]); break;
                case PtxOp.MulB64: r[i.D] = r[i.A] * r[i.B]; break;
                case PtxOp.MadB32: r[i.D] = (uint)(r[i.A] * r[i.B] + r[i.C]); break;
                case PtxOp.MadB64: r[i.D] = r[i.A] * r[i.B] + r[i.C]; break;
                case PtxOp.MulWideU32: r[i.D] = r[i.A] * r[i.B]; break;
                case PtxOp.ShlB32: r[i.D] = r[i.B] > 31 ? 0 : (uint)r[i.A] << (int)r[i.B]; break;
                case PtxOp.ShrU32: r[i.D] = r[i.B] > 31 ? 0 : (uint)r[i.A] >> (int)r[i.B]; break;
                case PtxOp.SignExtend32: r[i.D] = (ulong)(int)r[i.A]; break;
                case PtxOp.Low32: r[i.D] = (uint)r[i.A]; break;
                case PtxOp.And: r[i.D] = r[i.A] & r[i.B]; break;
                case PtxOp.Or: r[i.D] = r[i.A] | r[i.B]; break;
                case PtxOp.Xor: r[i.D] = r[i.A] ^ r[i.B]; break;
                case PtxOp.AddF32: r[i.D] = PtxArithmetic.Bits(PtxArithmetic.F32(r[i.A]) + PtxArithmetic.F32(r[i.B])); break;
                case PtxOp.SubF32: r[i.D] = PtxArithmetic.Bits(PtxArithmetic.F32(r[i.A]) - PtxArithmetic.F32(r[i.B])); break;
                case PtxOp.MulF32: r[i.D] = PtxArithmetic.Bits(PtxArithmetic.F32(r[i.A]) * PtxArithmetic.F32(r[i.B])); break;
                case PtxOp.FmaF32:
                    r[i.D] = PtxArithmetic.Bits(MathF.FusedMultiplyAdd(PtxArithmetic.F32(r[i.A]), PtxArithmetic.F32(r[i.B]), PtxArithmetic.F32(r[i.C])));
                    break;
                case PtxOp.CompareS32: r[i.D] = PtxArithmetic.Compare(i.Comparison, (int)r[i.A], (int)r[i.B]) ? 1UL : 0; break;
                case PtxOp.CompareS64: r[i.D] = PtxArithmetic.Compare(i.Comparison, (long)r[i.A], (long)r[i.B]) ? 1UL : 0; break;
                case PtxOp.CompareF32: r[i.D] = PtxArithmetic.Compare(i.Comparison, PtxArithmetic.F32(r[i.A]), PtxArithmetic.F32(r[i.B])) ? 1UL : 0; break;
                case PtxOp.Compare: r[i.D] = PtxArithmetic.Compare(i, r[i.A], r[i.B], r[i.C]) ? 1UL : 0; break;
                case PtxOp.Select: r[i.D] = r[i.C] != 0 ? r[i.A] : r[i.B]; break;
                case PtxOp.Convert: r[i.D] = PtxConversion.Convert(i, r[i.A]); break;
                case PtxOp.ConvertPair: r[i.D] = PtxConversion.Pair(i, r[i.A], r[i.B]); break;
                case PtxOp.Pack: Pack(i, r); break;
                case PtxOp.Unpack: Unpack(i, r); break;
                case PtxOp.Branch:
                    pc = i.Target;
                    if (steps > MostSteps)
                        throw Failure($"the launch does not end within {MostSteps:N0} instructions");
                    break;
                case PtxOp.BranchTable:
                    if (r[i.A] >= (ulong)i.List.Length)
                        throw Failure($"the index {r[i.A]} is not in the table");
                    pc = i.List[(int)r[i.A]];
                    break;
                case PtxOp.Return: Leave(thread, PtxState.Returned, steps); return;
                case PtxOp.LoadParameter: r[i.D] = Parameter(i); break;
                case PtxOp.Load: Load(i, r); break;
                case PtxOp.Store: Store(i, r); break;
                case PtxOp.Atomic: Atomic(i, r); break;
                case PtxOp.CopyAsync: CopyAsync(i, r); break;
                case PtxOp.CopyCommit: (copies[thread] ??= new()).Commit(); break;
                case PtxOp.CopyWait: WaitForCopies(i); break;
                case PtxOp.Barrier: Leave(thread, PtxState.AtBarrier, steps); return;
                case PtxOp.WarpBarrier or PtxOp.Shuffle or PtxOp.VoteAll or PtxOp.VoteAny or PtxOp.VoteUni or PtxOp.Ballot or
                    PtxOp.ActiveMask or PtxOp.Mma or PtxOp.LoadMatrix:
                    Leave(thread, PtxState.AtWarp, steps); return;
                default: r[i.D] = Compute(i, r); break;
            }
        }
    }

    void Leave(int thread, PtxState state, long steps)
    {
        counters[thread] = at;
        states[thread] = state;
        Steps = steps;
    }

    ulong Compute(in PtxInstruction i, ulong* r)
    {
        try
        {
            return PtxArithmetic.Compute(i, r[i.A], r[i.B], r[i.C], r[i.E]);
        }
        catch (PtxException e)
        {
            throw Failure(e.Message);
        }
    }

    static void Pack(in PtxInstruction i, ulong* r)
    {
        var (value, width) = (0UL, i.Type.Bits() / i.List.Length);
        for (var k = 0; k < i.List.Length; k++)
            value |= PtxOps.Low(r[i.List[k]], width) << (k * width);
        r[i.D] = value;
    }

    static void Unpack(in PtxInstruction i, ulong* r)
    {
        var (value, width) = (r[i.A], i.Type.Bits() / i.List.Length);
        for (var k = 0; k < i.List.Length; k++)
            r[i.List[k]] = PtxOps.Low(value >> (k * width), width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong Get(byte* source, int bits) => bits switch
    {
        8 => *source,
        16 => *(ushort*)source,
        32 => *(uint*)source,
        _ => *(ulong*)source,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put(byte* target, ulong value, int bits)
    {
        if (bits == 32)
            *(uint*)target = (uint)value;
        else if (bits == 64)
            *(ulong*)target = value;
        else if (bits == 16)
            *(ushort*)target = (ushort)value;
        else
            *target = (byte)value;
    }

    /// <summary>A signed value fills a wider register with its sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong Extended(in PtxInstruction i, ulong value) =>
        i.Signed ? PtxOps.Low((ulong)PtxOps.Signed(value, i.Bits), i.Width) : value;
}
