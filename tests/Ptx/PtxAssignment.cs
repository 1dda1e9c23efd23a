using System.Collections;

namespace PureLora.Tests.Ptx;

/// <summary>
/// Finds registers that can be read before they are written, on some way through a kernel. Compilers write before they
/// read on every way, so nothing has to be checked while the kernel runs. A write under a predicate counts as one.
/// </summary>
static class PtxAssignment
{
    public static void Check(PtxKernel kernel, PtxDecoded[] code)
    {
        var starts = Starts(code);
        var block = new int[code.Length];
        for (var (i, b) = (0, -1); i < code.Length; i++)
            block[i] = starts[i] ? ++b : b;
        var first = Enumerable.Range(0, code.Length).Where(i => starts[i]).ToArray();
        var written = first.Select((_, b) => new BitArray(kernel.Registers, b > 0)).ToArray();
        for (var changed = true; changed;)
        {
            changed = false;
            for (var b = 0; b < first.Length; b++)
            {
                var end = b + 1 < first.Length ? first[b + 1] : code.Length;
                var after = new BitArray(written[b]);
                for (var i = first[b]; i < end; i++)
                    foreach (var slot in code[i].Writes)
                        after[slot] = true;
                foreach (var next in Next(code, end - 1))
                    changed |= Meet(written[block[next]], after);
            }
        }
        for (var i = 0; i < code.Length; i++)
        {
            var known = written[block[i]];
            foreach (var slot in code[i].Reads)
                if (!known[slot])
                    throw new PtxException($"{kernel.Name}: line {kernel.Lines[i]}: '{kernel.Texts[i]}' can read a register that was never written.");
            foreach (var slot in code[i].Writes)
                known[slot] = true;
        }
    }

    static bool[] Starts(PtxDecoded[] code)
    {
        var starts = new bool[code.Length + 1];
        starts[0] = true;
        for (var i = 0; i < code.Length; i++)
            if (code[i].Instruction.Op is PtxOp.Branch or PtxOp.BranchTable or PtxOp.Return)
            {
                starts[i + 1] = true;
                foreach (var target in Next(code, i))
                    starts[target] = true;
            }
        return starts;
    }

    internal static IEnumerable<int> Next(PtxDecoded[] code, int at)
    {
        var instruction = code[at].Instruction;
        if (instruction.Op == PtxOp.Branch)
            yield return instruction.Target;
        if (instruction.Op == PtxOp.BranchTable)
            foreach (var target in instruction.List)
                yield return target;
        var leaves = instruction.Op is PtxOp.Branch or PtxOp.BranchTable or PtxOp.Return;
        if (at + 1 < code.Length && (!leaves || instruction.Predicate >= 0))
            yield return at + 1;
    }

    /// <summary>Leaves in the first what both have; says whether that changed it.</summary>
    static bool Meet(BitArray known, BitArray also)
    {
        var before = new BitArray(known);
        known.And(also);
        return before.Xor(known).HasAnySet();
    }
}
