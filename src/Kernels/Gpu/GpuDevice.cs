using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// ILGPU: kernels in C#, compiled to CUDA PTX or OpenCL C when first launched. The same class on ILGPU's CPU
/// accelerator is the device <c>ilgpu</c>, which runs the C# of every GPU kernel on a machine without a GPU.
/// </summary>
public sealed partial class GpuDevice : Device
{
    /// <summary>Threads of a group, in every kernel.</summary>
    internal const int GroupSize = 256;

    /// <summary>The most shared memory a kernel may ask for: what every device has.</summary>
    internal const int SharedBytes = 48 * 1024;

    const int MostGroups = 4096;

    /// <summary>A 32-bit index goes one stride beyond the last item before its loop ends.</summary>
    const int MostItems = int.MaxValue - MostGroups * GroupSize;

    /// <summary>Lets the compiler give each thread its share of the registers.</summary>
    static readonly KernelSpecialization wholeGroup = new(GroupSize, null);

    readonly GpuDriver driver;
    readonly GpuStaging staging;
    bool disposed, lost;

    GpuDevice(string name)
    {
        Name = name;
        driver = GpuDriver.Take(name);
        staging = new GpuStaging(driver, Synchronize);
    }

    public override string Name { get; }

    public override string Description => driver.Description;

    public override TimeSpan CompileTime => driver.CompileTime;

    internal override bool ReadsHostMemory => false;

    /// <summary>
    /// Whether groups that share memory are launched. On the CPU accelerator a barrier costs milliseconds: it gets the
    /// plain kernels.
    /// </summary>
    internal bool HasGroups => !IsPlain && (Instead is not null || accelerator.AcceleratorType != AcceleratorType.CPU);

    /// <summary>Launches the plain kernels alone, whatever the device.</summary>
    internal bool IsPlain { get; set; }

    /// <summary>Whether groups are launched that multiply small matrices in one instruction: CUDA from sm_80 on.</summary>
    internal bool HasTensorCores => Instead is not null || (accelerator is CudaAccelerator cuda && cuda.Architecture >= CudaArchitecture.SM_80);

    /// <summary>Whether it is the host's processor, offered as a GPU.</summary>
    internal bool IsProcessor => GpuSurvey.IsProcessor(accelerator.Device);

    /// <summary>How often the host waited for the device.</summary>
    internal long Waits { get; private set; }

    /// <summary>Is told every launch.</summary>
    internal Action<MethodInfo, KernelConfig>? Launching { get; set; }

    /// <summary>Runs every launch in the place of the accelerator, whose memory it shares.</summary>
    internal Action<MethodInfo, KernelConfig, object[]>? Instead { get; set; }

    /// <summary>Is told every device that this flow of the program opens.</summary>
    internal static AsyncLocal<Action<GpuDevice>?> Opened { get; } = new();

    Accelerator accelerator => driver.Accelerator;

    /// <summary>Opens <c>ilgpu</c>, <c>cuda[:index]</c> or <c>opencl[:index]</c>.</summary>
    internal static GpuDevice OpenByName(string name, bool bf16 = false)
    {
        var (kind, index) = GpuDriver.ParseName(name);
        name = kind == "ilgpu" ? kind : $"{kind}:{index}";
        if (bf16)
        {
            // Another one: what it takes from its pool is none of a run's memory. The driver, with its kernels, is the same.
            using var trial = Make(name, bf16);
            if (!trial.HasTensorCores)
                throw NoTensorCores(name, $"{trial.Description} has none that know bfloat16");
            TensorSelfTest.Run(trial);
        }
        return Make(name, bf16);
    }

    static GpuDevice Make(string name, bool bf16)
    {
        var device = new GpuDevice(name) { MultipliesInBF16 = bf16 };
        Opened.Value?.Invoke(device);
        return device;
    }

    private protected override void Run(Action<CpuDevice> host, Action<GpuDevice> gpu) => gpu(this);

    /// <summary>
    /// The launch shape for a grid-stride kernel over <paramref name="items"/>. On the CPU accelerator each group is
    /// one thread, since anything that makes its threads wait for each other costs milliseconds there.
    /// </summary>
    internal KernelConfig Shape(long items)
    {
        ObjectDisposedException.ThrowIf(disposed, typeof(Device));
        if (items > MostItems)
            throw new PureLoraException(
                $"{Name}: a kernel was asked for {items:N0} elements, but its 32-bit indices need at most {MostItems:N0}. " +
                "Lower per_device_train_batch_size or max_seq_length, and raise gradient_accumulation_steps instead.");
        if (accelerator.AcceleratorType == AcceleratorType.CPU)
            return new KernelConfig((int)Math.Clamp(items, 1, 2), 1);
        return new KernelConfig((int)Math.Clamp((items + GroupSize - 1) / GroupSize, 1, MostGroups), GroupSize);
    }

    /// <summary>The launch shape for a kernel whose every group works on a part of its own.</summary>
    KernelConfig Groups(long groups)
    {
        ObjectDisposedException.ThrowIf(disposed, typeof(Device));
        if (groups > MostItems)
            throw new PureLoraException($"{Name}: a kernel was asked for {groups:N0} groups, but needs at most {MostItems:N0}. Lower per_device_train_batch_size or max_seq_length.");
        return new KernelConfig((int)Math.Max(groups, 1), GroupSize);
    }

    internal override void Synchronize()
    {
        Waits++;
        try
        {
            accelerator.Synchronize();
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    /// <summary>A device that is gone, or that a kernel broke, ends the run: nothing after it can be trusted.</summary>
    PureLoraException Failed(AcceleratorException e)
    {
        if (GpuTrouble.IsMemory(e))
            return OutOfMemory("more memory was", e);
        lost = true;
        return new PureLoraException(
            $"{Name}: {Description} failed: {GpuTrouble.Text(e)}. Files that were saved before are whole. " +
            $"Look at the driver's log ({(Name.StartsWith("cuda", StringComparison.Ordinal) ? "nvidia-smi, " : "")}dmesg), then start the run again.", e);
    }

    PureLoraException OutOfMemory(string asked, Exception e, long bytes = 0) =>
        new($"{Name}: {asked} asked for, but of the device's {accelerator.MemorySize:N0} bytes this run holds {HeldBytes:N0}, and {GpuTrouble.Free(accelerator, HeldBytes)}{GpuTrouble.Limit(accelerator, bytes)}. " +
            "Lower per_device_train_batch_size, max_seq_length or r, set gradient_checkpointing: true, or end what else uses the device.", e);

    private protected override Chunk Allocate(long bytes)
    {
        try
        {
            return new GpuChunk(accelerator.Allocate1D<byte>(bytes));
        }
        catch (AcceleratorException e) when (accelerator is CudaAccelerator && !GpuTrouble.IsMemory(e))
        {
            throw Failed(e);
        }
        catch (Exception e) when (e is OutOfMemoryException or AcceleratorException)
        {
            throw OutOfMemory($"{bytes:N0} bytes were", e, bytes);
        }
    }

    internal override unsafe void Clear<T>(Buffer<T> buffer)
    {
        if (buffer.IsPaged)
        {
            NativeMemory.Clear(buffer.Pointer, (nuint)(buffer.Length * sizeof(T)));
            return;
        }
        try
        {
            if (buffer.Length > 0)
                buffer.LongView.MemSetToZero(accelerator.DefaultStream);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    /// <summary>Returns before the device has the values: they wait in pinned memory.</summary>
    internal override unsafe void CopyFrom<T>(Buffer<T> buffer, ReadOnlySpan<T> values)
    {
        if (buffer.IsPaged)
            values.CopyTo(new Span<T>(buffer.Pointer, values.Length));
        else
            Stage(MemoryMarshal.AsBytes(values), buffer.LongView.Cast<byte>());
    }

    /// <summary>Copies <paramref name="bytes"/> of host memory to byte <paramref name="at"/> of a buffer.</summary>
    internal unsafe void Write(Buffer<uint> buffer, long at, byte* source, long bytes)
    {
        for (long first = 0; first < bytes; first += GpuStaging.Bytes)
        {
            var count = (int)Math.Min(GpuStaging.Bytes, bytes - first);
            Stage(new ReadOnlySpan<byte>(source + first, count), buffer.LongView.Cast<byte>().SubView(at + first, count));
        }
    }

    void Stage(ReadOnlySpan<byte> source, ArrayView<byte> target)
    {
        try
        {
            staging.Copy(source, target);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    internal override unsafe void CopyTo<T>(Buffer<T> buffer, Span<T> values)
    {
        if (buffer.IsPaged)
        {
            new ReadOnlySpan<T>(buffer.Pointer, values.Length).CopyTo(values);
            return;
        }
        if (values.Length == 0)
            return;
        Waits++;
        try
        {
            buffer.LongView.SubView(0, values.Length).CopyToCPU(accelerator.DefaultStream, values);
        }
        catch (AcceleratorException e)
        {
            throw Failed(e);
        }
    }

    public override void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        // What a device still runs may read the pool's memory. What a run keeps of a lost one was copied out before.
        lost = lost || !GpuTrouble.Succeeds(() => accelerator.Synchronize());
        base.Dispose();
        lost = !GpuTrouble.Succeeds(staging.Dispose) || lost;
        if (lost)
            driver.Dispose();
        else
            driver.GiveBack();
    }
}

/// <summary>A chunk of the accelerator's memory.</summary>
sealed class GpuChunk(MemoryBuffer1D<byte, Stride1D.Dense> memory) : Chunk(memory.Length)
{
    public unsafe ArrayView<T> View<T>(long offset, long length) where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(memory.IsDisposed, typeof(Device));
        return memory.View.BaseView.SubView(offset, length * sizeof(T)).Cast<T>();
    }

    /// <summary>A lost device frees nothing, and what it says then must not hide the error that ended the run.</summary>
    public override void Dispose() => GpuTrouble.Succeeds(memory.Dispose);
}
