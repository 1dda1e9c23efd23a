using System.Runtime.CompilerServices;

namespace PureLora;

/// <summary>
/// Where arrays live and loops run. A device rents memory from its own pool, counts every byte of it, and runs each
/// kernel in the body that suits it: host SIMD code (<see cref="CpuDevice"/>) or a kernel compiled by ILGPU
/// (<see cref="GpuDevice"/>); <see cref="PlanDevice"/> only counts. One thread uses a device at a time; there is no
/// global current device.
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

    /// <summary>Bytes held from the system now, rented or idle.</summary>
    private protected long HeldBytes => pool.HeldBytes;

    /// <summary>How many chunks the pool has taken from the system; constant once a run is warm.</summary>
    public long ChunksTaken => pool.ChunksTaken;

    /// <summary>
    /// Opens <c>cpu</c> (host SIMD, the default), <c>ilgpu</c> (every GPU kernel on ILGPU's CPU accelerator, for
    /// tests), <c>cuda[:index]</c>, <c>opencl[:index]</c> or <c>auto</c> (the first card that can be used, or else cpu); with <c>plan:</c> before it, a <see cref="PlanDevice"/>
    /// of that kind. <paramref name="threads"/> = 0 takes every core. With <paramref name="bf16"/>, products of a training
    /// pass, and of attention, round both sides to bfloat16 and add up in float32, on tensor cores.
    /// </summary>
    /// <exception cref="UsageException">There is no such device, or it has no tensor cores for <paramref name="bf16"/>.</exception>
    public static Device Open(string name, int threads = 0, bool bf16 = false)
    {
        if (threads < 0)
            throw new UsageException($"device: threads is {threads}, but a device needs 0 (every core) or more. Choose the number of threads to use.");
        var (prefix, kind) = name.StartsWith(PlanDevice.Prefix, StringComparison.Ordinal) ? (PlanDevice.Prefix, name[PlanDevice.Prefix.Length..]) : ("", name);
        var named = Named(kind);
        if (bf16 && !named.StartsWith("cuda", StringComparison.Ordinal))
            throw NoTensorCores(kind == named ? kind : $"{kind} ({named})", kind == named ? "this device has none" : "no card here has any; 'purelora devices' says why");
        name = prefix + named;
        threads = threads == 0 ? Environment.ProcessorCount : threads;
        return name == "cpu" ? new CpuDevice(threads)
            : prefix.Length > 0 ? new PlanDevice(name, threads) { MultipliesInBF16 = bf16 }
            : GpuDevice.OpenByName(name, bf16);
    }

    /// <summary>The device that a name stands for: another one for <c>auto</c> alone.</summary>
    public static string Named(string name) => name == "auto" ? GpuSurvey.Best : name;

    private protected static UsageException NoTensorCores(string name, string why) =>
        new($"{name}: bf16 multiplies on tensor cores, but {why}. Set bf16 to false, or choose device cuda on an NVIDIA GPU of sm_80 or later.");

    /// <summary>The sizes of the chunks that buffers share, kept ones left out.</summary>
    internal IReadOnlyList<long> Chunks => pool.Chunks;

    /// <summary>What it holds at most when its chunks were taken first: as they came, one may have given way to another.</summary>
    internal long PlannedBytes => pool.PeakKeptBytes + pool.Chunks.Sum();

    /// <summary>Takes chunks of these sizes from the system, as a plan found them.</summary>
    internal void Reserve(IEnumerable<long> chunks) => pool.Reserve(chunks);

    /// <summary>
    /// Rents <paramref name="length"/> elements whose content is undefined. Dispose the buffer to return it. What lives
    /// as long as a model (weights, gradients of parameters, optimizer state) is <paramref name="kept"/>: it gets memory
    /// of exactly its size, which goes back to the system with it.
    /// </summary>
    public Buffer<T> Rent<T>(long length, bool kept = false) where T : unmanaged => new(this, pool, length, kept);

    /// <summary>Rents <paramref name="length"/> elements, all zero.</summary>
    public Buffer<T> RentZeroed<T>(long length, bool kept = false) where T : unmanaged
    {
        var buffer = Rent<T>(length, kept);
        buffer.Clear();
        return buffer;
    }

    /// <summary>Rents a copy of <paramref name="values"/>.</summary>
    public Buffer<T> RentCopy<T>(ReadOnlySpan<T> values, bool kept = false) where T : unmanaged
    {
        var buffer = Rent<T>(values.Length, kept);
        buffer.CopyFrom(values);
        return buffer;
    }

    /// <summary>Runs the body that suits this device. A body never rents. The launcher's file and name are the kernel's.</summary>
    internal void Launch(Action<CpuDevice> host, Action<GpuDevice> gpu, [CallerFilePath] string file = "", [CallerMemberName] string member = "")
    {
        if (Watch is null)
            Run(host, gpu);
        else
            RunWatched(new Kernel(file, member), host, gpu);
    }

    // A closure here would cost every launch an allocation in Launch itself.
    void RunWatched(Kernel kernel, Action<CpuDevice> host, Action<GpuDevice> gpu) => Watch!(kernel, () => Run(host, gpu));

    private protected abstract void Run(Action<CpuDevice> host, Action<GpuDevice> gpu);

    /// <summary>Stands around every launch: is told the kernel and runs it.</summary>
    internal Action<Kernel, Action>? Watch { get; set; }

    /// <summary>Waits until everything launched so far is done.</summary>
    internal virtual void Synchronize() { }

    /// <summary>How long compiling kernels has taken; nothing where they are compiled with the program.</summary>
    public virtual TimeSpan CompileTime => TimeSpan.Zero;

    /// <summary>Whether its bodies are host code, which reads a mapped file in place and needs scratch memory for each worker.</summary>
    internal abstract bool ReadsHostMemory { get; }

    /// <summary>Whether products take activations packed in bf16, and attention all it reads, on tensor cores.</summary>
    internal bool MultipliesInBF16 { get; set; }

    /// <summary>Whether a launch computes anything: values given to a device that only plans need not be made.</summary>
    internal virtual bool Computes => true;

    /// <summary>Threads that a host body may use at once: what its scratch memory is sized by.</summary>
    internal virtual int Workers => 1;

    private protected abstract Chunk Allocate(long bytes);

    /// <summary>Zeros in host memory that the system may move out to a file in <paramref name="folder"/>; no part of <see cref="Bytes"/>.</summary>
    internal virtual Chunk Page(string folder, long bytes) => PageFile.Make(folder, bytes);

    internal abstract void Clear<T>(Buffer<T> buffer) where T : unmanaged;

    internal abstract void CopyFrom<T>(Buffer<T> buffer, ReadOnlySpan<T> values) where T : unmanaged;

    internal abstract void CopyTo<T>(Buffer<T> buffer, Span<T> values) where T : unmanaged;

    public virtual void Dispose() => pool.Dispose();
}

/// <summary>Which kernel is launched: the file of its launcher and the launcher's name.</summary>
readonly record struct Kernel(string File, string Launcher)
{
    /// <summary>As <c>MatMul.BackwardInput</c>.</summary>
    public override string ToString() => $"{Path.GetFileName(File).Split('.')[0]}.{Launcher}";
}
