namespace PureLora;

/// <summary>A large piece of memory that the pool takes from the system and hands out in parts.</summary>
abstract class Chunk(long size) : IDisposable
{
    public long Size { get; } = size;

    public abstract void Dispose();
}

/// <summary>A part of a chunk, rented by one buffer.</summary>
sealed record Block(Chunk Chunk, long Offset, long Size)
{
    /// <summary>Whether it is all of its chunk, which goes back to the system with it.</summary>
    public bool Kept { get; init; }
}

/// <summary>
/// Hands out parts of a few large chunks. Requests whose sizes differ by up to sixteen times share chunks, so a small
/// block never sits in the middle of the place that a large one needs; a chunk that is wholly free
/// serves any size down to a sixteenth of its own. A request gets the first place that is large enough, in the order in which the chunks were taken; neighbours that come
/// back become one again. So a step of a shape that was seen soon takes nothing new from the system, and batches of
/// other lengths fit in as they can. What lives as long as a model is kept apart, each in a chunk of exactly its size.
/// What the pool does depends on the order of the requests alone.
/// </summary>
sealed class Pool(Func<long, Chunk> allocate) : IDisposable
{
    /// <summary>Of every block: what vector loads on a GPU need.</summary>
    const long Alignment = 256;

    const long SmallestChunk = 1L << 16, LargestStep = 1L << 27;
    readonly HashSet<Chunk> chunks = [];
    readonly List<FreeSpace> spaces = [];
    long held;
    bool disposed;

    public long RentedBytes { get; private set; }

    public long PeakBytes { get; private set; }

    /// <summary>How many chunks the pool has ever taken from the system.</summary>
    public long ChunksTaken { get; private set; }

    /// <summary>A part of a shared chunk, or, where the block is <paramref name="kept"/>, a chunk of its own of exactly its size.</summary>
    public Block Rent(long bytes, bool kept = false)
    {
        ObjectDisposedException.ThrowIf(disposed, typeof(Device));
        var size = Round(bytes);
        var block = kept ? new Block(Hold(TakeFromSystem(size, size)), 0, size) { Kept = true } : Take(size) ?? Grow(size).Take(size)!;
        RentedBytes += block.Size;
        return block;
    }

    public void Return(Block block)
    {
        if (disposed)
            return;
        RentedBytes -= block.Size;
        if (block.Kept)
            GiveBack(block.Chunk);
        else
            spaces.First(space => space.Chunk == block.Chunk).Return(block);
    }

    internal static long Round(long bytes) => checked((Math.Max(bytes, 1) + Alignment - 1) / Alignment * Alignment);

    /// <summary>Sizes from 16^k to below 16^(k+1).</summary>
    static int Kind(long size) => (int)long.Log2(size) / 4;

    /// <summary>A place among blocks of its kind, or else at the front of a chunk that is wholly free and of a like size.</summary>
    Block? Take(long size)
    {
        var kind = Kind(size);
        foreach (var space in spaces)
            if (space.Kind == kind && space.Take(size) is { } block)
                return block;
        var idle = spaces.Where(space => space.IsFree && space.Chunk.Size >= size && space.Chunk.Size <= 16 * size).MinBy(space => space.Chunk.Size);
        if (idle is null)
            return null;
        idle.Kind = kind;
        return idle.Take(size);
    }

    /// <summary>A chunk of a quarter of what its kind holds, so that their number stays small, or of what is asked for.</summary>
    FreeSpace Grow(long size)
    {
        var quarter = Round(Math.Clamp(spaces.Where(space => space.Kind == Kind(size)).Sum(space => space.Chunk.Size) / 4, SmallestChunk, LargestStep));
        var space = new FreeSpace(Hold(TakeFromSystem(size, Math.Max(size, quarter)))) { Kind = Kind(size) };
        spaces.Add(space);
        return space;
    }

    Chunk Hold(Chunk chunk)
    {
        chunks.Add(chunk);
        held += chunk.Size;
        PeakBytes = Math.Max(PeakBytes, held);
        ChunksTaken++;
        return chunk;
    }

    void GiveBack(Chunk chunk)
    {
        chunks.Remove(chunk);
        held -= chunk.Size;
        chunk.Dispose();
    }

    /// <summary>When the system has no more, gives it back what is wholly free, and asks for no more than is needed.</summary>
    Chunk TakeFromSystem(long needed, long wanted)
    {
        try
        {
            return allocate(wanted);
        }
        catch (PureLoraException) when (wanted > needed || spaces.Any(space => space.IsFree))
        {
            foreach (var space in spaces.Where(space => space.IsFree).ToArray())
            {
                spaces.Remove(space);
                GiveBack(space.Chunk);
            }
            return allocate(needed);
        }
    }

    public void Dispose()
    {
        disposed = true;
        foreach (var chunk in chunks)
            chunk.Dispose();
        chunks.Clear();
        spaces.Clear();
        held = 0;
    }
}

/// <summary>The free places of one chunk, by offset; no two of them touch.</summary>
sealed class FreeSpace(Chunk chunk)
{
    readonly List<(long Offset, long Size)> free = [(0, chunk.Size)];

    public Chunk Chunk => chunk;

    /// <summary>Which sizes it serves.</summary>
    public int Kind { get; set; }

    public bool IsFree => free is [var all] && all.Size == chunk.Size;

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
