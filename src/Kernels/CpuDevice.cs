using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PureLora;

/// <summary>
/// The host: native memory and loops over <see cref="Vector512{T}"/>, which .NET carries out in whatever vectors the
/// processor has, with the same bits.
/// </summary>
public sealed unsafe class CpuDevice : Device
{
    readonly Workers workers;

    internal CpuDevice(int threads) => workers = new Workers(threads);

    public override string Name => "cpu";

    public override string Description =>
        $"{RuntimeInformation.ProcessArchitecture}, {workers.Count} threads, {(Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0)}-bit vectors";

    internal override bool ReadsHostMemory => true;

    internal override int Workers => workers.Count;

    private protected override void Run(Action<CpuDevice> host, Action<GpuDevice> gpu) => host(this);

    /// <summary>
    /// Runs <paramref name="body"/>(from, to) over ranges that cover 0..count, at most one a thread and none shorter
    /// than <paramref name="grain"/> but the last. Every element must be computed alike wherever a range begins.
    /// </summary>
    internal void For(long count, int grain, Action<long, long> body)
    {
        var parts = (int)Math.Min(workers.Count, (count + grain - 1) / Math.Max(grain, 1));
        if (parts <= 1)
        {
            if (count > 0)
                body(0, count);
            return;
        }
        workers.Run(parts, (part, _) => body(count / parts * part + count % parts * part / parts, count / parts * (part + 1) + count % parts * (part + 1) / parts));
    }

    /// <summary>
    /// Runs <paramref name="body"/>(task, worker) for every task below <paramref name="tasks"/>, whichever thread is
    /// free taking the next; worker is below <see cref="Workers"/> and picks the scratch memory.
    /// </summary>
    internal void ForEach(int tasks, Action<int, int> body) => workers.Run(tasks, body);

    private protected override Chunk Allocate(long bytes) => new NativeChunk(bytes);

    internal override void Clear<T>(Buffer<T> buffer) => For(buffer.Length * sizeof(T), 1 << 19, (from, to) =>
        NativeMemory.Clear((byte*)buffer.Pointer + from, (nuint)(to - from)));

    internal override void CopyFrom<T>(Buffer<T> buffer, ReadOnlySpan<T> values)
    {
        fixed (T* source = values)
            Buffer.MemoryCopy(source, buffer.Pointer, buffer.Length * sizeof(T), (long)values.Length * sizeof(T));
    }

    internal override void CopyTo<T>(Buffer<T> buffer, Span<T> values)
    {
        fixed (T* target = values)
            Buffer.MemoryCopy(buffer.Pointer, target, (long)values.Length * sizeof(T), (long)values.Length * sizeof(T));
    }

    public override void Dispose()
    {
        workers.Dispose();
        base.Dispose();
    }
}

/// <summary>A chunk that host code reads and writes by its address.</summary>
abstract unsafe class HostChunk(long bytes) : Chunk(bytes)
{
    protected byte* Memory { get; set; }

    public void* At(long offset)
    {
        ObjectDisposedException.ThrowIf(Memory == null, typeof(Device));
        return Memory + offset;
    }
}

/// <summary>A chunk of native memory.</summary>
sealed unsafe class NativeChunk : HostChunk
{
    public NativeChunk(long bytes) : base(bytes)
    {
        try
        {
            Memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 256);
        }
        catch (OutOfMemoryException e)
        {
            throw new PureLoraException(
                $"cpu: {bytes:N0} bytes were asked for, but the machine has no more memory. " +
                "Lower per_device_train_batch_size, max_seq_length or r, or set gradient_checkpointing: true.", e);
        }
    }

    public override void Dispose()
    {
        NativeMemory.AlignedFree(Memory);
        Memory = null;
    }
}
