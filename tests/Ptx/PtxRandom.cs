namespace PureLora.Tests.Ptx;

/// <summary>SplitMix64: the same numbers for a seed wherever it runs.</summary>
unsafe struct PtxRandom(int seed)
{
    ulong state = (ulong)seed;

    public ulong Next()
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    public void Shuffle(Span<int> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var other = (int)(((Next() >> 32) * (ulong)(i + 1)) >> 32);
            (values[i], values[other]) = (values[other], values[i]);
        }
    }

    public int[] Shuffled(int count)
    {
        int[] values = [.. Enumerable.Range(0, count)];
        Shuffle(values);
        return values;
    }

    public void Fill(byte* target, int bytes)
    {
        for (var i = 0; i < bytes; i += 8)
        {
            var noise = Next();
            System.Buffer.MemoryCopy(&noise, target + i, bytes - i, Math.Min(8, bytes - i));
        }
    }
}
