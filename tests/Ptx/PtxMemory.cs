namespace PureLora.Tests.Ptx;

/// <summary>The global memory that a launch may touch: regions at their native addresses. Those that overlap become one.</summary>
sealed class PtxMemory
{
    readonly List<(ulong Address, ulong Bytes)> regions = [];

    public PtxMemory Allow(nint address, long bytes)
    {
        if (bytes > 0)
            regions.Add(((ulong)address, (ulong)bytes));
        return this;
    }

    /// <summary>Sorted, and none overlapping another. Neighbours stay two, so that an index beyond one is caught.</summary>
    public (ulong Address, ulong Bytes)[] Regions()
    {
        var merged = new List<(ulong Address, ulong Bytes)>();
        foreach (var region in regions.Order())
        {
            if (merged.Count > 0 && merged[^1] is var last && region.Address < last.Address + last.Bytes)
                merged[^1] = (last.Address, Math.Max(last.Bytes, region.Address + region.Bytes - last.Address));
            else
                merged.Add(region);
        }
        return [.. merged];
    }
}
