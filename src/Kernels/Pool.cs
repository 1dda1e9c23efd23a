namespace PureLora;

/// <summary>A piece of device memory that the pool holds from the system.</summary>
abstract class Block(long size) : IDisposable
{
    public long Size { get; } = size;

    public abstract void Dispose();
}

/// <summary>
/// Keeps what was returned and gives it out again. A request is rounded up to one of eight sizes per power of two and
/// takes the smallest idle block of up to twice that size, so a run whose batches differ in length soon takes nothing
/// new from the system. What it does depends on the order of requests alone.
/// </summary>
sealed class Pool(Func<long, Block> allocate) : IDisposable
{
    const long Alignment = 64;
    readonly SortedDictionary<long, Stack<Block>> idle = [];
    long held;

    public long RentedBytes { get; private set; }

    public long PeakBytes { get; private set; }

    public long BlocksTaken { get; private set; }

    public Block Rent(long bytes)
    {
        var size = Round(Math.Max(bytes, 1));
        var block = TakeIdle(size) ?? Take(size);
        RentedBytes += block.Size;
        return block;
    }

    public void Return(Block block)
    {
        RentedBytes -= block.Size;
        if (!idle.TryGetValue(block.Size, out var stack))
            idle.Add(block.Size, stack = new Stack<Block>());
        stack.Push(block);
    }

    Block? TakeIdle(long size)
    {
        foreach (var (blockSize, stack) in idle)
            if (blockSize >= size && stack.Count > 0)
                return blockSize <= 2 * size ? stack.Pop() : null;
        return null;
    }

    Block Take(long size)
    {
        var block = allocate(size);
        held += size;
        PeakBytes = Math.Max(PeakBytes, held);
        BlocksTaken++;
        return block;
    }

    internal static long Round(long bytes)
    {
        var step = Alignment;
        while (step * 16 < bytes)
            step *= 2;
        return (bytes + step - 1) / step * step;
    }

    public void Dispose()
    {
        foreach (var stack in idle.Values)
            foreach (var block in stack)
                block.Dispose();
        idle.Clear();
        held = 0;
    }
}
