using System.Collections;

namespace PureLora.Tests.Ptx;

/// <summary>
/// An estimate of the registers that a thread needs: the most 32-bit values that are alive at once, in the order of the
/// text. The driver's compiler orders and merges as it likes, so it may need fewer or more.
/// </summary>
static class PtxLiveness
{
    public static int Most(int registers, PtxDecoded[] code)
    {
        var words = Words(registers, code);
        var before = new BitArray[code.Length + 1];
        for (var i = 0; i <= code.Length; i++)
            before[i] = new BitArray(registers);
        for (var changed = true; changed;)
        {
            changed = false;
            for (var i = code.Length - 1; i >= 0; i--)
            {
                var alive = new BitArray(registers);
                foreach (var next in PtxAssignment.Next(code, i))
                    alive.Or(before[next]);
                foreach (var slot in code[i].Writes)
                    alive[slot] = alive[slot] && code[i].Instruction.Predicate >= 0;
                foreach (var slot in code[i].Reads)
                    alive[slot] = true;
                changed |= !Same(before[i], alive);
                before[i] = alive;
            }
        }
        return before.Max(alive => Enumerable.Range(0, registers).Sum(slot => alive[slot] ? words[slot] : 0));
    }

    /// <summary>Two for 64 bits, none for predicates, which have registers of their own.</summary>
    static int[] Words(int registers, PtxDecoded[] code)
    {
        var words = new int[registers];
        foreach (var decoded in code)
            foreach (var slot in decoded.Writes)
            {
                var bits = decoded.Instruction.Width > 0 ? decoded.Instruction.Width : decoded.Instruction.Type.Bits();
                words[slot] = Math.Max(words[slot], bits == 1 ? 0 : bits <= 32 ? 1 : 2);
            }
        return words;
    }

    static bool Same(BitArray a, BitArray b) => !new BitArray(a).Xor(b).HasAnySet();
}
