using PureLora.Kernels;

namespace PureLora;

/// <summary>Permutations and subsets that depend on a seed and on what they are for, and on nothing that was drawn before.</summary>
static class Shuffle
{
    /// <summary>What a draw is for: the third counter word of Philox, which keeps it apart from dropout and initial values.</summary>
    public const uint Epoch = 0x53485546, Split = 0x53504C54;

    /// <summary>0 .. count - 1 in another order: Fisher-Yates; the place of entry i comes from one 64-bit draw, scaled to 0..i, so its bias is below 2^-33.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">The epoch, or the pass over a set.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="set">Of several sets, which.</param>
    public static int[] Of(int count, ulong seed, uint stream, uint purpose = Epoch, uint set = 0)
    {
        int[] order = new int[count];
        for (int i = 0; i < count; i++)
            order[i] = i;
        for (int i = count - 1; i > 0; i--)
        {
            var bits = Philox.Block(seed, (uint)i, stream, purpose, set);
            int other = (int)Math.BigMul((ulong)bits.Y << 32 | bits.X, (ulong)i + 1, out _);
            (order[i], order[other]) = (order[other], order[i]);
        }
        return order;
    }
}
