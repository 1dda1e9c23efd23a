using System.Reflection;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace PureLora;

/// <summary>
/// ILGPU: kernels in C#, compiled to CUDA PTX or OpenCL C when first launched. The same class on ILGPU's CPU
/// accelerator is the device <c>ilgpu</c>, which runs the C# of every GPU kernel on a machine without a GPU.
/// </summary>
public sealed partial class GpuDevice : Device
{
    const int GroupSize = 256, MostGroups = 4096;

    /// <summary>A 32-bit index goes one stride beyond the last item before its loop ends.</summary>
    const int MostItems = int.MaxValue - MostGroups * GroupSize;

    readonly ILGPU.Context context;
    readonly Accelerator accelerator;
    readonly Dictionary<MethodInfo, Delegate> kernels = [];

    GpuDevice(string name, ILGPU.Context context, Accelerator accelerator)
    {
        Name = name;
        this.context = context;
        this.accelerator = accelerator;
        GpuPipeline.MakeSafe(accelerator);
    }

    public override string Name { get; }

    public override string Description => accelerator.Name;

    internal override bool ReadsHostMemory => false;

    /// <summary>Opens <c>ilgpu</c>, <c>cuda[:index]</c> or <c>opencl[:index]</c>.</summary>
    internal static GpuDevice OpenByName(string name)
    {
        var (kind, index) = ParseName(name);
        var context = GpuPipeline.CreateContext();
        try
        {
            var accelerator = kind == "ilgpu" ? OpenHost(context) : OpenDriver(context, kind, index);
            return new GpuDevice(name, context, accelerator);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>The kind and the index of a device's name.</summary>
    internal static (string Kind, int Index) ParseName(string name)
    {
        var parts = name.Split(':');
        var index = 0;
        if (parts[0] is not ("ilgpu" or "cuda" or "opencl") || parts.Length > 2 ||
            (parts.Length == 2 && !int.TryParse(parts[1], out index)) || index < 0)
            throw new UsageException($"device: '{name}' is not a device; known are cpu, ilgpu, cuda[:index] and opencl[:index]. Run 'purelora devices' to see what this machine has.");
        return (parts[0], index);
    }

    static CPUAccelerator OpenHost(ILGPU.Context context) =>
        new CPUDevice(numThreadsPerWarp: 2, numWarpsPerMultiprocessor: 1, numMultiprocessors: 2)
            .CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel);

    static Accelerator OpenDriver(ILGPU.Context context, string kind, int index)
    {
        var type = kind == "cuda" ? AcceleratorType.Cuda : AcceleratorType.OpenCL;
        var found = context.Devices.Where(d => d.AcceleratorType == type).ToArray();
        if (index < found.Length)
            return found[index].CreateAccelerator(context);
        throw new PureLoraException(found.Length == 0
            ? $"{kind}: no device was found. Install the driver, or use --device cpu."
            : $"{kind}: device {index} was asked for, but this machine has {found.Length}. Use an index below {found.Length}.");
    }

    /// <summary>The devices of the drivers on this machine, as names for <see cref="Device.Open"/> with a description.</summary>
    public static IReadOnlyList<(string Name, string Description, long MemoryBytes)> List()
    {
        using var context = GpuPipeline.CreateContext();
        return
        [
            .. context.Devices.OfType<CudaDevice>().Select((d, i) => ($"cuda:{i}", d.Name, d.MemorySize)),
            .. context.Devices.OfType<CLDevice>().Select((d, i) => ($"opencl:{i}", d.Name, d.MemorySize)),
        ];
    }

    private protected override void Run(Action<CpuDevice> host, Action<GpuDevice> gpu) => gpu(this);

    /// <summary>
    /// The launch shape for a grid-stride kernel over <paramref name="items"/>. On the CPU accelerator each group is
    /// one thread, since anything that makes its threads wait for each other costs milliseconds there.
    /// </summary>
    internal KernelConfig Shape(long items)
    {
        ObjectDisposedException.ThrowIf(accelerator.IsDisposed, typeof(Device));
        if (items > MostItems)
            throw new PureLoraException(
                $"{Name}: a kernel was asked for {items:N0} elements, but its 32-bit indices need at most {MostItems:N0}. " +
                "Lower per_device_train_batch_size or max_seq_length, and raise gradient_accumulation_steps instead.");
        if (accelerator.AcceleratorType == AcceleratorType.CPU)
            return new KernelConfig((int)Math.Clamp(items, 1, 2), 1);
        return new KernelConfig((int)Math.Clamp((items + GroupSize - 1) / GroupSize, 1, MostGroups), GroupSize);
    }

    internal override void Synchronize() => accelerator.Synchronize();

    TDelegate Load<TDelegate>(Delegate kernel, Func<TDelegate> compile) where TDelegate : Delegate
    {
        if (!kernels.TryGetValue(kernel.Method, out var compiled))
            kernels.Add(kernel.Method, compiled = compile());
        return (TDelegate)compiled;
    }

    private protected override Chunk Allocate(long bytes)
    {
        try
        {
            return new GpuChunk(accelerator.Allocate1D<byte>(bytes));
        }
        catch (Exception e) when (e is OutOfMemoryException or AcceleratorException)
        {
            throw new PureLoraException(
                $"{Name}: {bytes:N0} bytes were asked for with {Bytes:N0} in use, but the device has {accelerator.MemorySize:N0}. " +
                "Lower per_device_train_batch_size, max_seq_length or r, or set gradient_checkpointing: true.", e);
        }
    }

    internal override void Clear<T>(Buffer<T> buffer)
    {
        if (buffer.Length > 0)
            buffer.LongView.MemSetToZero();
    }

    internal override void CopyFrom<T>(Buffer<T> buffer, ReadOnlySpan<T> values)
    {
        if (values.Length > 0)
            buffer.LongView.SubView(0, values.Length).CopyFromCPU(accelerator.DefaultStream, values);
        accelerator.Synchronize();
    }

    /// <summary>Copies <paramref name="bytes"/> of host memory to byte <paramref name="at"/> of a buffer, in pieces.</summary>
    internal unsafe void Write(Buffer<uint> buffer, long at, byte* source, long bytes)
    {
        const int piece = 1 << 26;
        for (long first = 0; first < bytes; first += piece)
        {
            var count = (int)Math.Min(piece, bytes - first);
            buffer.LongView.Cast<byte>().SubView(at + first, count).CopyFromCPU(accelerator.DefaultStream, new ReadOnlySpan<byte>(source + first, count));
        }
        accelerator.Synchronize();
    }

    internal override void CopyTo<T>(Buffer<T> buffer, Span<T> values)
    {
        if (values.Length > 0)
            buffer.LongView.SubView(0, values.Length).CopyToCPU(accelerator.DefaultStream, values);
        accelerator.Synchronize();
    }

    public override void Dispose()
    {
        base.Dispose();
        accelerator.Dispose();
        context.Dispose();
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

    public override void Dispose() => memory.Dispose();
}
