namespace PureLora.Tests.Ptx;

/// <summary>A parameter of a kernel and its place among the bytes that a launch passes.</summary>
readonly record struct PtxParameter(string Name, int Offset, int Bytes);

/// <summary>A kernel, ready to run on a <see cref="PtxMachine"/>.</summary>
sealed class PtxKernel
{
    public required string Name { get; init; }

    public required IReadOnlyList<PtxParameter> Parameters { get; init; }

    public required PtxInstruction[] Code { get; init; }

    /// <summary>The instructions as they stand in the text, and their lines, for messages.</summary>
    public required string[] Texts { get; init; }

    public required int[] Lines { get; init; }

    /// <summary>What each slot holds when a thread starts; registers come first.</summary>
    public required ulong[] Slots { get; init; }

    public required int Registers { get; init; }

    public required IReadOnlyList<(PtxSpecial Special, int Slot)> Specials { get; init; }

    public required int SharedBytes { get; init; }

    public required int LocalBytes { get; init; }

    /// <summary>See <see cref="PtxLiveness"/>.</summary>
    public required Lazy<int> LiveRegisters { get; init; }

    public int ParameterBytes => Parameters.Count == 0 ? 0 : Parameters[^1].Offset + Parameters[^1].Bytes;

    /// <summary>The widest unit, at most a word, in which races can be told exactly: the narrowest access there is.</summary>
    public int Grain => Code
        .Where(i => i.Op is PtxOp.Load or PtxOp.Store or PtxOp.Atomic)
        .Select(i => i.Type.Bits() / 8).Append(4).Min();
}
