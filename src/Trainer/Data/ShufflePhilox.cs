namespace PureLora;

/// <summary>Philox 4x32-10 (Salmon et al. 2011): four random words from a 64-bit key and a 128-bit counter.</summary>
static class ShufflePhilox
{
    internal static (uint, uint, uint, uint) Block(ulong key, uint c0, uint c1, uint c2, uint c3)
    {
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong low = (ulong)c0 * 0xD2511F53, high = (ulong)c2 * 0xCD9E8D57;
            (c0, c1, c2, c3) = ((uint)(high >> 32) ^ c1 ^ k0, (uint)high, (uint)(low >> 32) ^ c3 ^ k1, (uint)low);
            (k0, k1) = (unchecked(k0 + 0x9E3779B9), unchecked(k1 + 0xBB67AE85));
        }
        return (c0, c1, c2, c3);
    }
}
