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
/// Hands out parts of a few large chunks. A kind of size (each up to sixteen times its smallest) has spans of its own, cut
/// from the front of what is left of the chunks, so a small block never sits in the middle of the place that a large one
/// needs; a span that is wholly free serves any kind down to a sixteenth of its size. A request gets the first place that
/// is large enough, in the order in which the spans were cut; neighbours that come back become one again. When everything
/// has come back, nothing is left of the spans, and the next request begins as in a fresh pool: so a step of a shape that
/// was seen takes nothing new from the system, and batches of other lengths lay the same chunks out in their way. What
/// lives as long as a model is kept apart, each in a chunk of exactly its size. What the pool does depends on the order of
/// the requests alone.
/// </summary>
sealed class Pool(Func<long, Chunk> allocate) : IDisposable
{
    /// <summary>Of every block: what vector loads on a GPU need.</summary>
    const long Alignment = 256;

    const long SmallestSpan = 1L << 16, LargestStep = 1L << 27;
    readonly HashSet<Chunk> kept = [];
    readonly List<Region> regions = [];
    readonly List<FreeSpace> spaces = [];
    long held;
    int blocks;
    bool disposed;

    public long RentedBytes { get; private set; }

    public long PeakBytes { get; private set; }

    /// <summary>Bytes held from the system now, rented or idle.</summary>
    public long HeldBytes => held;

    /// <summary>The most bytes that kept buffers have had at any moment.</summary>
    public long PeakKeptBytes { get; private set; }

    /// <summary>How many chunks the pool has ever taken from the system.</summary>
    public long ChunksTaken { get; private set; }

    /// <summary>A part of a shared chunk, or, where the block is to be <paramref name="kept"/>, a chunk of its own of exactly its size.</summary>
    public Block Rent(long bytes, bool kept = false)
    {
        ObjectDisposedException.ThrowIf(disposed, typeof(Device));
        var size = Round(bytes);
        var block = kept ? Keep(size) : Take(size) ?? Grow(size).Take(size)!;
        blocks += kept ? 0 : 1;
        RentedBytes += block.Size;
        return block;
    }

    /// <summary>The sizes of the shared chunks, in the order in which spans are cut from them.</summary>
    public IReadOnlyList<long> Chunks => [.. regions.Select(region => region.Chunk.Size)];

    /// <summary>Takes shared chunks of these sizes: what a run's largest batch was planned to need, before a smaller one comes.</summary>
    public void Reserve(IEnumerable<long> sizes)
    {
        foreach (var size in sizes)
            regions.Add(new Region(TakeFromSystem(size, size)));
    }

    Block Keep(long size)
    {
        var chunk = TakeFromSystem(size, size);
        kept.Add(chunk);
        PeakKeptBytes = Math.Max(PeakKeptBytes, held - regions.Sum(r => r.Chunk.Size));
        return new Block(chunk, 0, size);
    }

    public void Return(Block block)
    {
        if (disposed)
            return;
        RentedBytes -= block.Size;
        if (kept.Remove(block.Chunk))
        {
            GiveBack(block.Chunk);
            return;
        }
        spaces.First(space => space.Holds(block)).Return(block);
        if (--blocks > 0)
            return;
        spaces.Clear();
        foreach (var region in regions)
            region.Cut = 0;
    }

    internal static long Round(long bytes) => checked((Math.Max(bytes, 1) + Alignment - 1) / Alignment * Alignment);

    /// <summary>Sizes from 16^k to below 16^(k+1).</summary>
    static int Kind(long size) => (int)long.Log2(size) / 4;

    /// <summary>A place among blocks of its kind, or else at the front of a span that is wholly free and of a like size.</summary>
    Block? Take(long size)
    {
        var kind = Kind(size);
        foreach (var space in spaces)
            if (space.Kind == kind && space.Take(size) is { } block)
                return block;
        var idle = spaces.Where(space => space.IsFree && space.Size >= size && space.Size <= 16 * size).MinBy(space => space.Size);
        if (idle is null)
            return null;
        idle.Kind = kind;
        return idle.Take(size);
    }

    /// <summary>A span of a quarter of what its kind has, so that their number stays small, or of what is asked for.</summary>
    FreeSpace Grow(long size)
    {
        var quarter = Round(Math.Clamp(spaces.Where(space => space.Kind == Kind(size)).Sum(space => space.Size) / 4, SmallestSpan, LargestStep));
        var wanted = Math.Max(size, quarter);
        var region = regions.Find(r => r.Left >= wanted) ?? regions.Find(r => r.Left >= size);
        if (region is null)
        {
            // Before the pool holds more than ever, chunks that nothing is cut from go back: they were too small for this.
            if (held + wanted > PeakBytes)
                GiveBack(r => r.Cut == 0);
            regions.Add(region = new Region(TakeFromSystem(size, wanted)));
        }
        var space = new FreeSpace(region.Chunk, region.Cut, Math.Min(wanted, region.Left)) { Kind = Kind(size) };
        region.Cut += space.Size;
        spaces.Add(space);
        return space;
    }

    /// <summary>When the system has no more, chunks that are wholly free go back, and no more is asked for than is needed.</summary>
    Chunk TakeFromSystem(long needed, long wanted)
    {
        Chunk chunk;
        try
        {
            chunk = allocate(wanted);
        }
        catch (PureLoraException) when (wanted > needed || regions.Exists(IsIdle))
        {
            GiveBack(IsIdle);
            chunk = allocate(needed);
        }
        held += chunk.Size;
        PeakBytes = Math.Max(PeakBytes, held);
        ChunksTaken++;
        return chunk;
    }

    bool IsIdle(Region region) => spaces.All(space => space.Chunk != region.Chunk || space.IsFree);

    void GiveBack(Predicate<Region> which)
    {
        foreach (var region in regions.FindAll(which))
        {
            spaces.RemoveAll(space => space.Chunk == region.Chunk);
            regions.Remove(region);
            GiveBack(region.Chunk);
        }
    }

    void GiveBack(Chunk chunk)
    {
        held -= chunk.Size;
        chunk.Dispose();
    }

    public void Dispose()
    {
        disposed = true;
        foreach (var chunk in kept.Concat(regions.Select(region => region.Chunk)))
            chunk.Dispose();
        kept.Clear();
        regions.Clear();
        spaces.Clear();
        held = 0;
    }

    /// <summary>A chunk and how much of it, from the front, is cut into spans.</summary>
    sealed class Region(Chunk chunk)
    {
        public Chunk Chunk => chunk;

        public long Cut { get; set; }

        public long Left => chunk.Size - Cut;
    }
}

/// <summary>The free places of one span of a chunk, by offset; no two of them touch.</summary>
sealed class FreeSpace(Chunk chunk, long first, long size)
{
    readonly List<(long Offset, long Size)> free = [(first, size)];

    public Chunk Chunk => chunk;

    public long Size => size;

    /// <summary>Which sizes it serves.</summary>
    public int Kind { get; set; }

    public bool IsFree => free is [var all] && all.Size == size;

    public bool Holds(Block block) => block.Chunk == chunk && block.Offset >= first && block.Offset < first + size;

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
