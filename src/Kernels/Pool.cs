namespace PureLora;

/// <summary>A large piece of memory that the pool takes from the system and hands out in parts.</summary>
abstract class Chunk(long size) : IDisposable
{
    public long Size { get; } = size;

    public abstract void Dispose();
}

/// <summary>A part of a chunk, rented by one buffer.</summary>
sealed record Block(Chunk Chunk, long Offset, long Size);

/// <summary>
/// Hands out parts of a few large chunks. Requests whose sizes differ by up to sixteen times share chunks, so a small
/// block never sits in the middle of the place that a large one needs. A request gets the first place that is large
/// enough, in the order in which the chunks were taken; neighbours that come back become one again. So the same requests
/// from the same state get the same places: a step of a shape that was seen takes nothing new from the system, and
/// batches of other lengths fit in as they can.
/// </summary>
sealed class Pool(Func<long, Chunk> allocate) : IDisposable
{
    /// <summary>Of every block: what vector loads on a GPU need.</summary>
    const long Alignment = 256;

    const long SmallestChunk = 1L << 16, LargestStep = 1L << 28;
    readonly List<FreeSpace>[] spaces = [.. Enumerable.Range(0, 16).Select(_ => new List<FreeSpace>())];

    public long RentedBytes { get; private set; }

    /// <summary>What is held from the system; nothing goes back before the end, so it is the peak as well.</summary>
    public long PeakBytes { get; private set; }

    public long ChunksTaken => spaces.Sum(kind => kind.Count);

    public Block Rent(long bytes)
    {
        var size = Round(bytes);
        var kind = spaces[Kind(size)];
        foreach (var space in kind)
            if (space.Take(size) is { } block)
                return Count(block);
        return Count(Grow(kind, size).Take(size)!);
    }

    public void Return(Block block)
    {
        RentedBytes -= block.Size;
        spaces[Kind(block.Size)].First(space => space.Chunk == block.Chunk).Return(block);
    }

    internal static long Round(long bytes) => checked((Math.Max(bytes, 1) + Alignment - 1) / Alignment * Alignment);

    /// <summary>Sizes from 16^k to below 16^(k+1).</summary>
    static int Kind(long size) => (int)long.Log2(size) / 4;

    Block Count(Block block)
    {
        RentedBytes += block.Size;
        return block;
    }

    /// <summary>A chunk of a quarter of what its kind holds, so that their number stays small, or of what is asked for.</summary>
    FreeSpace Grow(List<FreeSpace> kind, long size)
    {
        var quarter = Round(Math.Clamp(kind.Sum(other => other.Chunk.Size) / 4, SmallestChunk, LargestStep));
        var space = new FreeSpace(allocate(Math.Max(size, quarter)));
        kind.Add(space);
        PeakBytes += space.Chunk.Size;
        return space;
    }

    public void Dispose()
    {
        foreach (var kind in spaces)
        {
            foreach (var space in kind)
                space.Chunk.Dispose();
            kind.Clear();
        }
    }
}

/// <summary>The free places of one chunk, by offset; no two of them touch.</summary>
sealed class FreeSpace(Chunk chunk)
{
    readonly List<(long Offset, long Size)> free = [(0, chunk.Size)];

    public Chunk Chunk => chunk;

    /// <summary>The front of the first place that is large enough; null when none is.</summary>
    public Block? Take(long size)
    {
        for (var i = 0; i < free.Count; i++)
        {
            var (offset, available) = free[i];
            if (available < size)
                continue;
            if (available == size)
                free.RemoveAt(i);
            else
                free[i] = (offset + size, available - size);
            return new Block(chunk, offset, size);
        }
        return null;
    }

    public void Return(Block block)
    {
        int low = 0, high = free.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = free[middle].Offset < block.Offset ? (middle + 1, high) : (low, middle);
        }
        free.Insert(low, (block.Offset, block.Size));
        Join(low);
        if (low > 0)
            Join(low - 1);
    }

    /// <summary>Makes one place of place <paramref name="i"/> and the next if they touch.</summary>
    void Join(int i)
    {
        if (i + 1 >= free.Count || free[i].Offset + free[i].Size != free[i + 1].Offset)
            return;
        free[i] = (free[i].Offset, free[i].Size + free[i + 1].Size);
        free.RemoveAt(i + 1);
    }
}
