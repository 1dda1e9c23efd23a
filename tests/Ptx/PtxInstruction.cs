namespace PureLora.Tests.Ptx;

/// <summary>
/// One instruction, decoded. Every operand is a slot of the thread's register file, which holds the constants and the
/// special registers too, so running one asks nothing about its operands.
/// </summary>
struct PtxInstruction()
{
    public PtxOp Op;

    /// <summary>The type of the result and of the operands; <see cref="From"/> is that of the source where it differs.</summary>
    public PtxType Type, From;

    public PtxSpace Space;
    public PtxComparison Comparison;
    public PtxCombination Combination;
    public PtxRounding Rounding;
    public PtxAtomic Atomic;
    public PtxShuffle Shuffle;
    public bool Saturates, Transposed, Negated, Inverted;

    /// <summary>Values of a vector load or store, matrices of ldmatrix, bytes of cp.async, the k of mma.</summary>
    public byte Count = 1;

    /// <summary>Bits of the register that the result goes to.</summary>
    public byte Width;

    /// <summary>Slots: the result, then the operands. E is a warp's member mask, or the fourth operand.</summary>
    public int D, A, B, C, E;

    /// <summary>The slot of the predicate, or -1.</summary>
    public int Predicate = -1;

    public int Target;
    public long Offset;

    /// <summary>Slots of vectors in the order of the text, or the targets of a branch table.</summary>
    public int[] List = [];

    /// <summary>Bytes that a load or store touches.</summary>
    public readonly int Bytes => Count * Type.Bits() / 8;

    /// <summary>What follows from the type, worked out once.</summary>
    public byte Bits, Size;

    public bool Signed;
}
