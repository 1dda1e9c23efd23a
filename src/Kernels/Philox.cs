using System.Runtime.CompilerServices;
using System.Text;

namespace PureLora.Kernels;

/// <summary>The four words of one Philox block. A plain struct, so that a GPU kernel can hold it.</summary>
internal struct PhiloxBlock
{
    public uint X, Y, Z, W;
}

/// <summary>
/// Philox4x32-10: random words as a pure function of a key and a counter, so that a number depends on what it is for
/// and never on the order of execution (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
/// <see cref="Block"/> and <see cref="Uniform"/> may be called in GPU kernels.
/// </summary>
internal static class Philox
{
    /// <summary>The block with this counter; the key's low word is the paper's first key word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static PhiloxBlock Block(ulong key, uint c0, uint c1, uint c2, uint c3)
    {
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong a = (ulong)c0 * 0xD2511F53u, b = (ulong)c2 * 0xCD9E8D57u;
            c0 = (uint)(b >> 32) ^ c1 ^ k0;
            c1 = (uint)b;
            c2 = (uint)(a >> 32) ^ c3 ^ k1;
            c3 = (uint)a;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        PhiloxBlock block;
        block.X = c0;
        block.Y = c1;
        block.Z = c2;
        block.W = c3;
        return block;
    }

    /// <summary>The upper 24 bits as a number in [0, 1): every multiple of 2^-24 is equally likely.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Uniform(uint bits) => (int)(bits >> 8) * (1f / 16777216f);

    /// <summary>
    /// The key of one named use of a seed (a tensor's initial values, a module's dropout): 64-bit FNV-1a over the
    /// seed's eight bytes (little-endian) and the name's UTF-8 bytes, mixed by the finaliser of SplitMix64.
    /// </summary>
    internal static ulong Key(ulong seed, string name)
    {
        ulong hash = 0xCBF29CE484222325;
        for (int i = 0; i < 8; i++)
            hash = (hash ^ (byte)(seed >> (8 * i))) * 0x100000001B3;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ b) * 0x100000001B3;
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        return hash ^ (hash >> 31);
    }

    /// <summary>
    /// A standard normal number from two words: sqrt(-2 ln u) cos(2 pi v), u = (a + 1) / 2^32 in (0, 1] and
    /// v = b / 2^32 (Box and Muller, 1958). At most 6.67 in size. On the host only.
    /// </summary>
    internal static double Gaussian(uint a, uint b) =>
        Math.Sqrt(-2 * ScalarMath.Log((a + 1.0) / 4294967296.0)) * ScalarMath.Cos(b * (2 * Math.PI / 4294967296.0));
}
