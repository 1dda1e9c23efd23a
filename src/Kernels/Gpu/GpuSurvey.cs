using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace PureLora;

/// <summary>A GPU, or why there is none: <see cref="Refused"/> is null, or the reason with what to do.</summary>
/// <param name="Name">What opens it.</param>
/// <param name="Description">In words.</param>
/// <param name="MemoryBytes">Its memory; 0 where that is not known.</param>
/// <param name="Refused">Why it cannot be used; null if it can.</param>
/// <param name="FreeBytes">What is free of its memory; all of it where the driver does not tell.</param>
/// <param name="IsCard">False for a processor that OpenCL offers: the host's own code is faster there.</param>
public sealed record GpuFinding(string Name, string Description, long MemoryBytes, string? Refused, long FreeBytes = 0, bool IsCard = false);

/// <summary>What the CUDA and OpenCL drivers of this machine offer.</summary>
public static class GpuSurvey
{
    static readonly Lazy<string> best = new(() => All().FirstOrDefault(found => found is { IsCard: true, Refused: null })?.Name ?? "cpu");

    /// <summary>What <c>auto</c> stands for: the first card that can be used, CUDA's before OpenCL's, or else <c>cpu</c>.</summary>
    internal static string Best => best.Value;

    /// <summary>Every device by the name that opens it; what cannot be used has the reason.</summary>
    public static IReadOnlyList<GpuFinding> Run() => [.. All()];

    /// <summary>The device <c>cuda[:index]</c> or <c>opencl[:index]</c> alone; null where there is none.</summary>
    public static GpuFinding? Find(string name)
    {
        var (kind, index) = GpuDriver.ParseName(name);
        using var context = GpuPipeline.CreateContext();
        var devices = Devices(context, kind);
        return index < devices.Length ? Try($"{kind}:{index}", devices[index]) : null;
    }

    /// <summary>One after the other: each is opened when it is asked for, and closed before the next.</summary>
    static IEnumerable<GpuFinding> All()
    {
        using var context = GpuPipeline.CreateContext();
        foreach (var kind in (string[])["cuda", "opencl"])
        {
            var devices = Devices(context, kind);
            if (devices.Length == 0)
                yield return new GpuFinding(kind, "no device", 0, WhyNone(kind));
            for (var i = 0; i < devices.Length; i++)
                yield return Try($"{kind}:{i}", devices[i]);
        }
    }

    static GpuFinding Try(string name, ILGPU.Runtime.Device device)
    {
        var found = new GpuFinding(name, device.Name, device.MemorySize, null, IsCard: !IsProcessor(device));
        try
        {
            using var driver = GpuDriver.Open(name);
            return driver.Accelerator is CudaAccelerator cuda
                ? found with { FreeBytes = cuda.GetFreeMemory(), Description = $"{device.Name} ({cuda.Architecture.ToString().ToLowerInvariant()}{(cuda.Architecture >= CudaArchitecture.SM_80 ? ", bf16" : "")})" }
                : found with { FreeBytes = device.MemorySize };
        }
        // A driver may break in a way of its own, and that must not hide the others.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return found with { Refused = e is PureLoraException ? e.Message : $"{name}: {device.Name} cannot be used: {GpuTrouble.Text(e)}. Update its driver, or use --device cpu." };
        }
    }

    internal static bool IsProcessor(ILGPU.Runtime.Device device) => device is CPUDevice || (device is CLDevice opencl && (opencl.DeviceType & CLDeviceType.CL_DEVICE_TYPE_GPU) == 0);

    static ILGPU.Runtime.Device[] Devices(ILGPU.Context context, string kind) =>
        [.. context.Devices.Where(d => d.AcceleratorType == (kind == "cuda" ? AcceleratorType.Cuda : AcceleratorType.OpenCL))];

    internal static Accelerator Open(ILGPU.Context context, string kind, int index)
    {
        var found = Devices(context, kind);
        if (found.Length == 0)
            throw new PureLoraException($"{kind}: no device was found: {WhyNone(kind)}");
        if (index >= found.Length)
            throw new PureLoraException($"{kind}:{index}: this machine has only {string.Join(", ", Enumerable.Range(0, found.Length).Select(i => $"{kind}:{i}"))}. Name one of them; 'purelora devices' describes them.");
        if (found[index] is CLDevice device)
            AllowPlainPointers(device);
        try
        {
            return found[index].CreateAccelerator(context);
        }
        catch (Exception e) when (e is AcceleratorException or NotSupportedException or CapabilityNotSupportedException)
        {
            throw new PureLoraException($"{kind}:{index}: {found[index].Name} cannot be used: {GpuTrouble.Text(e)}. Update its driver, or use --device cpu.", e);
        }
    }

    /// <summary>
    /// ILGPU asks OpenCL for generic pointers. Our pipeline gives every pointer its address space, so a device without
    /// them will do; the self-test finds out.
    /// </summary>
    static void AllowPlainPointers(CLDevice device)
    {
        for (var type = device.Capabilities.GetType(); type is not null; type = type.BaseType)
            type.GetProperty("GenericAddressSpace", BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
                ?.GetSetMethod(nonPublic: true)?.Invoke(device.Capabilities, [true]);
    }

    static string WhyNone(string kind) => kind == "cuda" ? WhyNoCuda() : WhyNoOpenCL();

    static string WhyNoCuda()
    {
        var library = GpuPipeline.Load(GpuPipeline.Cuda);
        if (library == 0)
            return GpuTrouble.NoCuda(found: false, null, 0);
        if (!NativeLibrary.TryGetExport(library, "cuInit", out var start) || !NativeLibrary.TryGetExport(library, "cuDriverGetVersion", out var version))
            return GpuTrouble.NoCuda(found: true, null, 0);
        var error = Marshal.GetDelegateForFunctionPointer<CuInit>(start)(0);
        Marshal.GetDelegateForFunctionPointer<CuDriverGetVersion>(version)(out var number);
        return GpuTrouble.NoCuda(found: true, error, number);
    }

    static string WhyNoOpenCL() =>
        GpuPipeline.Load(GpuPipeline.OpenCL) != 0
            ? "the OpenCL loader is there, but no driver offers a device. Install your graphics card's OpenCL driver (or pocl-opencl-icd, which computes on the processor), or use --device cpu."
            : "the OpenCL loader is not installed. Install it (Debian and Ubuntu: ocl-icd-libopencl1) with your graphics card's driver, or use --device cpu.";

    delegate int CuInit(uint flags);

    delegate int CuDriverGetVersion(out int version);
}
