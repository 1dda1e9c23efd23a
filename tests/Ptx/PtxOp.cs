namespace PureLora.Tests.Ptx;

/// <summary>What an instruction does. Those with a type in their name are the frequent ones, which run without asking for it.</summary>
enum PtxOp : byte
{
    Nop, Mov, Pack, Unpack, Select, Branch, BranchTable, Return,
    AddB32, AddB64, SubB32, MulB32, MulB64, MadB32, MadB64, MulWideU32, ShlB32, ShrU32, SignExtend32, Low32, And, Or, Xor,
    AddF32, SubF32, MulF32, FmaF32, CompareS32, CompareS64, CompareF32,

    Add, Sub, MulLow, MulHigh, MulWide, MadLow, MadHigh, MadWide, Fma, Div, DivApprox, Rem, Min, Max, MinNaN, MaxNaN, Shl, Shr,
    Neg, Abs, Not, Rcp, Sqrt, Rsqrt, Ex2, Lg2, Sin, Cos, Tanh, Popc, Clz, Brev, BitsExtract, BitsInsert, Permute,
    IsNaN, IsFinite, IsInfinite, IsNumber, Compare, Convert, ConvertPair,

    LoadParameter, Load, Store, Atomic, CopyAsync, CopyCommit, CopyWait,

    /// <summary>From here on a thread waits for others: <see cref="PtxOps.Waits"/>.</summary>
    Barrier, WarpBarrier, Shuffle, VoteAll, VoteAny, VoteUni, Ballot, ActiveMask, Mma, LoadMatrix,
}

enum PtxType : byte { Pred, B8, B16, B32, B64, U8, U16, U32, U64, S8, S16, S32, S64, F16, BF16, F32, F64, F16x2, BF16x2 }

enum PtxSpace : byte { Generic, Global, Shared, Local, Param }

/// <summary>The comparisons of setp; those with a U are true for NaN.</summary>
enum PtxComparison : byte { Eq, Ne, Lt, Le, Gt, Ge, EqU, NeU, LtU, LeU, GtU, GeU, Num, NaN }

enum PtxCombination : byte { None, And, Or, Xor }

enum PtxRounding : byte { Nearest, Zero, Down, Up, IntegerNearest, IntegerZero, IntegerDown, IntegerUp }

enum PtxAtomic : byte { Add, Min, Max, And, Or, Xor, Exchange, CompareExchange }

enum PtxShuffle : byte { Up, Down, Butterfly, Index }

enum PtxSpecial : byte { ThreadX, GroupSizeX, GroupX, GroupsX, Lane, Warp, One, Zero }

static class PtxOps
{
    public static bool Waits(this PtxOp op) => op >= PtxOp.Barrier;

    public static bool IsFloat(this PtxType type) => type is PtxType.F16 or PtxType.BF16 or PtxType.F32 or PtxType.F64;

    public static bool IsSigned(this PtxType type) => type is PtxType.S8 or PtxType.S16 or PtxType.S32 or PtxType.S64;

    public static int Bits(this PtxType type) => type switch
    {
        PtxType.Pred => 1,
        PtxType.B8 or PtxType.U8 or PtxType.S8 => 8,
        PtxType.B16 or PtxType.U16 or PtxType.S16 or PtxType.F16 or PtxType.BF16 => 16,
        PtxType.B64 or PtxType.U64 or PtxType.S64 or PtxType.F64 => 64,
        _ => 32,
    };

    /// <summary>The low bits of a value, as registers hold it: the others are zero.</summary>
    public static ulong Low(ulong value, int bits) => bits == 64 ? value : value & ((1UL << bits) - 1);

    public static long Signed(ulong value, int bits) => (long)(value << (64 - bits)) >> (64 - bits);
}
