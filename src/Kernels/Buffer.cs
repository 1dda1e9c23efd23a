using ILGPU;

namespace PureLora;

/// <summary>
/// <see cref="Length"/> elements of device memory, rented from the device's pool and returned by
/// <see cref="Dispose"/>. 256-byte aligned. Host bodies use <see cref="Pointer"/>, GPU bodies <see cref="View"/>.
/// </summary>
public sealed unsafe class Buffer<T> : IDisposable where T : unmanaged
{
    readonly Pool? pool;
    Block? block;

    internal Buffer(Device device, Pool pool, long length, bool kept)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Device = device;
        this.pool = pool;
        Length = length;
        block = pool.Rent(checked(length * sizeof(T)), kept);
    }

    /// <summary>A part of a chunk that no pool has.</summary>
    internal Buffer(Device device, Chunk chunk, long offset, long length)
    {
        Device = device;
        Length = length;
        block = new Block(chunk, offset, length * sizeof(T));
    }

    public Device Device { get; }

    public long Length { get; }

    /// <summary>Whether it is in host memory that <see cref="Device.Page"/> made, whatever the device.</summary>
    internal bool IsPaged => pool is null;

    internal Block Block => block ?? throw new ObjectDisposedException(nameof(Buffer<T>), "This buffer went back to the pool.");

    internal T* Pointer => (T*)((HostChunk)Block.Chunk).At(Block.Offset);

    /// <summary>What kernels with 32-bit indices may see.</summary>
    internal ArrayView<T> View => Length <= int.MaxValue ? LongView : throw new PureLoraException(
        $"{Device.Name}: a buffer has {Length:N0} elements, but a GPU kernel needs at most {int.MaxValue:N0}. " +
        "Lower per_device_train_batch_size or max_seq_length, and raise gradient_accumulation_steps instead.");

    /// <summary>For kernels with 64-bit indices, and for copies.</summary>
    internal ArrayView<T> LongView => ((GpuChunk)Block.Chunk).View<T>(Block.Offset, Length);

    /// <summary>How often it was filled or changed in place: whoever keeps something made of the values compares it.</summary>
    internal int Version { get; private set; }

    /// <summary>Called by whoever changes values that others may have read.</summary>
    internal void Changed() => Version++;

    public void Clear()
    {
        Changed();
        Device.Clear(this);
    }

    /// <summary>For a few elements: they are copied in.</summary>
    internal void Fill(T value)
    {
        var values = new T[Length];
        Array.Fill(values, value);
        CopyFrom(values);
    }

    /// <summary>Copies in <paramref name="values"/>, which fill the front of the buffer.</summary>
    public void CopyFrom(ReadOnlySpan<T> values)
    {
        if (values.Length > Length)
            throw new ArgumentException($"Buffer: {values.Length} values were given, but its length needs at most {Length}.");
        Changed();
        Device.CopyFrom(this, values);
    }

    /// <summary>Copies the front of the buffer out into all of <paramref name="values"/>.</summary>
    public void CopyTo(Span<T> values)
    {
        if (values.Length > Length)
            throw new ArgumentException($"Buffer: {values.Length} values were asked for, but its length needs at most {Length}.");
        Device.CopyTo(this, values);
    }

    public T[] ToArray()
    {
        var values = new T[Length];
        CopyTo(values);
        return values;
    }

    public void Dispose()
    {
        if (block is not null)
            pool?.Return(block);
        block = null;
    }
}
