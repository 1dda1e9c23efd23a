namespace PureLora;

/// <summary>
/// Where arrays live and loops run. A device rents memory from its own pool, counts every byte of it, and runs each
/// kernel in the body that suits it: host SIMD code (<see cref="CpuDevice"/>) or a kernel compiled by ILGPU
/// (<see cref="GpuDevice"/>). One thread uses a device at a time; there is no global current device.
/// </summary>
public abstract class Device : IDisposable
{
    readonly Pool pool;

    private protected Device() => pool = new Pool(Allocate);

    /// <summary>The name this device was opened by, such as <c>cpu</c> or <c>cuda:0</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it is, in words: the processor or the graphics card.</summary>
    public abstract string Description { get; }

    /// <summary>Bytes rented now.</summary>
    public long Bytes => pool.RentedBytes;

    /// <summary>The most bytes the pool has held from the system at any moment, rented or idle.</summary>
    public long PeakBytes => pool.PeakBytes;

    /// <summary>How many chunks the pool has taken from the system; constant once a run is warm.</summary>
    public long ChunksTaken => pool.ChunksTaken;

    /// <summary>
    /// Opens <c>cpu</c> (host SIMD, the default), <c>ilgpu</c> (every GPU kernel on ILGPU's CPU accelerator, for
    /// tests), <c>cuda[:index]</c> or <c>opencl[:index]</c>. <paramref name="threads"/> = 0 takes every core.
    /// </summary>
    public static Device Open(string name, int threads = 0)
    {
        if (threads < 0)
            throw new UsageException($"device: threads is {threads}, but a device needs 0 (every core) or more. Choose the number of threads to use.");
        return name == "cpu" ? new CpuDevice(threads) : GpuDevice.OpenByName(name);
    }

    /// <summary>Rents <paramref name="length"/> elements whose content is undefined. Dispose the buffer to return it.</summary>
    public Buffer<T> Rent<T>(long length) where T : unmanaged => new(this, pool, length);

    /// <summary>Rents <paramref name="length"/> elements, all zero.</summary>
    public Buffer<T> RentZeroed<T>(long length) where T : unmanaged
    {
        var buffer = Rent<T>(length);
        buffer.Clear();
        return buffer;
    }

    /// <summary>Rents a copy of <paramref name="values"/>.</summary>
    public Buffer<T> RentCopy<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        var buffer = Rent<T>(values.Length);
        buffer.CopyFrom(values);
        return buffer;
    }

    /// <summary>Runs the body that suits this device. A body never rents.</summary>
    internal abstract void Launch(Action<CpuDevice> host, Action<GpuDevice> gpu);

    /// <summary>Threads that a host body may use at once: what its scratch memory is sized by.</summary>
    internal virtual int Workers => 1;

    private protected abstract Chunk Allocate(long bytes);

    /// <summary>Zeros that the system may move out to a file in <paramref name="folder"/>; no part of <see cref="Bytes"/>.</summary>
    internal virtual Chunk Page(string folder, long bytes) => throw new UsageException(
        $"{Name}: a paged optimizer state was asked for, but it needs device cpu: other devices are not supported yet. Choose adamw_8bit or lion_8bit.");

    internal abstract void Clear<T>(Buffer<T> buffer) where T : unmanaged;

    internal abstract void CopyFrom<T>(Buffer<T> buffer, ReadOnlySpan<T> values) where T : unmanaged;

    internal abstract void CopyTo<T>(Buffer<T> buffer, Span<T> values) where T : unmanaged;

    public virtual void Dispose() => pool.Dispose();
}
