using System.Diagnostics;
using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// ILGPU's context and accelerator for one device, with the kernels compiled so far. Opening a driver and compiling take
/// seconds, so a driver whose device is disposed of waits, for the rest of the process, for the next of its name.
/// </summary>
sealed class GpuDriver : IDisposable
{
    static readonly Dictionary<string, Stack<GpuDriver>> idle = [];
    readonly string name;
    readonly ILGPU.Context context;
    readonly Accelerator? accelerator;
    readonly Dictionary<MethodInfo, Delegate> kernels = [];
    bool broken;

    GpuDriver(string name)
    {
        this.name = name;
        var (kind, index) = ParseName(name);
        context = GpuPipeline.CreateContext();
        try
        {
            accelerator = kind == "ilgpu" ? OpenHost(context) : GpuSurvey.Open(context, kind, index);
            GpuPipeline.MakeSafe(accelerator);
            if (kind != "ilgpu")
                GpuSelfTest.Run(name, this);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Made the calling thread's own: a CUDA driver acts on what its thread is bound to, and that may be another device, or none.</summary>
    public Accelerator Accelerator
    {
        get
        {
            accelerator!.Bind();
            return accelerator;
        }
    }

    /// <summary>The device's name, from its driver.</summary>
    public string Description => accelerator!.Name;

    /// <summary>How long compiling has taken so far.</summary>
    public TimeSpan CompileTime { get; private set; }

    /// <summary>A new one.</summary>
    /// <exception cref="PureLoraException">There is no such device, or it cannot be used.</exception>
    public static GpuDriver Open(string name) => new(name);

    /// <summary>One that waits, or a new one: two devices never share a driver.</summary>
    public static GpuDriver Take(string name)
    {
        lock (idle)
            if (idle.TryGetValue(name, out var waiting) && waiting.TryPop(out var driver))
                return driver;
        return Open(name);
    }

    /// <summary>One that failed to compile is not used again: ILGPU keeps the half of a kernel, and every later one fails.</summary>
    public void GiveBack()
    {
        if (broken)
        {
            Dispose();
            return;
        }
        lock (idle)
        {
            if (!idle.TryGetValue(name, out var waiting))
                idle.Add(name, waiting = []);
            waiting.Push(this);
        }
    }

    /// <summary>The kind and the index of a device's name.</summary>
    public static (string Kind, int Index) ParseName(string name)
    {
        var parts = name.Split(':');
        var index = 0;
        if (parts[0] is not ("ilgpu" or "cuda" or "opencl") || parts.Length > 2 ||
            (parts.Length == 2 && !int.TryParse(parts[1], out index)) || index < 0)
            throw new UsageException($"device: '{name}' is not a device; known are auto, cpu, ilgpu, cuda[:index] and opencl[:index]. Run 'purelora devices' to see what this machine has.");
        return (parts[0], index);
    }

    static CPUAccelerator OpenHost(ILGPU.Context context) =>
        new CPUDevice(numThreadsPerWarp: 2, numWarpsPerMultiprocessor: 1, numMultiprocessors: 2)
            .CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel);

    /// <summary>The compiled kernel, from <paramref name="compile"/> the first time.</summary>
    public TDelegate Load<TDelegate>(Delegate kernel, Func<Accelerator, TDelegate> compile) where TDelegate : Delegate
    {
        var bound = Accelerator;
        if (kernels.TryGetValue(kernel.Method, out var known))
            return (TDelegate)known;
        // What an earlier kernel did wrong comes to light at the next call, and is not this one's fault.
        bound.Synchronize();
        var started = Stopwatch.GetTimestamp();
        using var log = new CompileLog();
        try
        {
            var compiled = compile(bound);
            if (MostThreads(bound, compiled) is { } most && most < GpuDevice.GroupSize)
                throw new PureLoraException($"{name}: {Description} runs {most} threads of kernel {Label(kernel)} together, but it needs {GpuDevice.GroupSize}. Use --device cpu.");
            kernels.Add(kernel.Method, compiled);
            CompileTime += Stopwatch.GetElapsedTime(started);
            return compiled;
        }
        catch (Exception e)
        {
            broken = true;
            if (e is OutOfMemoryException or PureLoraException || (e is AcceleratorException trouble && GpuTrouble.IsMemory(trouble)))
                throw;
            throw new PureLoraException(
                $"{name}: kernel {Label(kernel)} does not compile on {Description}: {GpuTrouble.Text(e)}. {log.Text}".TrimEnd() +
                " Update the device's driver, or use --device cpu.", e);
        }
    }

    static string Label(Delegate kernel) => $"{kernel.Method.DeclaringType!.Name}.{kernel.Method.Name}";

    /// <summary>OpenCL may run a kernel that takes many registers in smaller groups than others; null where nothing limits one.</summary>
    internal static long? MostThreads(Accelerator accelerator, Delegate compiled) =>
        accelerator is CLAccelerator opencl && compiled.TryGetKernel(out var kernel)
            ? CLAPI.CurrentAPI.GetKernelWorkGroupInfo<nint>(((CLKernel)kernel).KernelPtr, opencl.DeviceId, CLKernelWorkGroupInfoType.CL_KERNEL_WORK_GROUP_SIZE)
            : null;

    public void Dispose()
    {
        // Of a lost device ILGPU gives up at the first kernel, before the context with all its memory.
        if (accelerator is not null && !GpuTrouble.Succeeds(accelerator.Dispose) && accelerator is CudaAccelerator)
        {
            CudaAPI.CurrentAPI.DestroyContext(accelerator.NativePtr);
            GC.SuppressFinalize(accelerator);
        }
        GpuTrouble.Succeeds(context.Dispose);
    }
}

/// <summary>What ILGPU and the driver write while a kernel is compiled: they trace it, and only this thread's counts.</summary>
sealed class CompileLog : TraceListener
{
    readonly int thread = Environment.CurrentManagedThreadId;
    readonly System.Text.StringBuilder text = new();

    public CompileLog() => Trace.Listeners.Add(this);

    /// <summary>The first 2000 characters.</summary>
    public string Text => text.ToString(0, Math.Min(text.Length, 2000)).Trim();

    public override void Write(string? message)
    {
        if (Environment.CurrentManagedThreadId == thread)
            text.Append(message);
    }

    public override void WriteLine(string? message) => Write(message + '\n');

    protected override void Dispose(bool disposing)
    {
        Trace.Listeners.Remove(this);
        base.Dispose(disposing);
    }
}
