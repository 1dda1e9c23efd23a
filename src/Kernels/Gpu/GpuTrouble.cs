using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace PureLora;

/// <summary>What goes wrong with drivers and devices, told apart and put in words.</summary>
static class GpuTrouble
{
    const int OldestCuda = 11_000, NoDevice = 100;

    /// <summary>Why there is no CUDA device.</summary>
    /// <param name="found">Whether the driver's library is there.</param>
    /// <param name="error">What cuInit gave; null where the library has none.</param>
    /// <param name="version">Of CUDA, as the driver numbers it: 12040 is 12.4; 0 where it does not say.</param>
    public static string NoCuda(bool found, int? error, int version)
    {
        if (!found)
            return "the NVIDIA driver's library (libcuda.so.1, nvcuda.dll) was not found. Install the driver (under WSL that of Windows), start a container with its GPUs, or use --device cpu.";
        if (error is null)
            return "the NVIDIA driver is broken: it has no cuInit. Install it again, or use --device cpu.";
        var driver = version > 0 ? $"the NVIDIA driver is for CUDA {version / 1000}.{version % 1000 / 10}" : "the NVIDIA driver does not tell its version";
        if (version is > 0 and < OldestCuda)
            return $"{driver}, but ILGPU needs 11.0 or later. Update the driver, or use --device cpu.";
        return error switch
        {
            0 => $"{driver} and shows no device that ILGPU knows. It needs compute capability 5.0 and CUDA 11.0 or later: update the driver, or use --device cpu.",
            NoDevice => $"{driver} and finds no card. Check 'nvidia-smi' and CUDA_VISIBLE_DEVICES, or use --device cpu.",
            _ => $"{driver} and does not start (cuInit gives error {error}). Check 'nvidia-smi', reload or update the driver, or use --device cpu.",
        };
    }

    /// <summary>Whether the driver ran out of memory; some OpenCL drivers find that only when a kernel first uses it.</summary>
    public static bool IsMemory(AcceleratorException e) => e switch
    {
        CLException { Error: CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE or CLError.CL_OUT_OF_HOST_MEMORY or CLError.CL_INVALID_BUFFER_SIZE } => true,
        CudaException => e.Message.Replace('_', ' ').Contains("out of memory", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <summary>What the driver or the compiler says, without the dot; ILGPU puts OpenCL's code and a compiler's reason beside the message.</summary>
    public static string Text(Exception e) => e switch
    {
        CLException opencl => $"OpenCL gives {opencl.Error}",
        InternalCompilerException { InnerException: { } reason } => Text(reason),
        _ => e.Message.TrimEnd('.'),
    };

    /// <summary>How much is free, as far as the driver tells.</summary>
    public static string Free(Accelerator accelerator, long held)
    {
        var free = Math.Max(0, accelerator.MemorySize - held);
        if (accelerator is not CudaAccelerator cuda)
            return $"at most {free:N0} are free";
        try
        {
            return $"{cuda.GetFreeMemory():N0} are free";
        }
        catch (AcceleratorException)
        {
            return $"at most {free:N0} are free";
        }
    }

    /// <summary>What OpenCL allows one buffer, where <paramref name="bytes"/> are more than that: often a quarter of the memory.</summary>
    public static string Limit(Accelerator accelerator, long bytes) =>
        accelerator is CLAccelerator { Device: CLDevice device } && device.GetDeviceInfo<long>(CLDeviceInfoType.CL_DEVICE_MAX_MEM_ALLOC_SIZE) is var most && bytes > most
            ? $"; one buffer may have {most:N0}" : "";

    /// <summary>False where the driver refuses, as a lost device does with everything.</summary>
    public static bool Succeeds(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (AcceleratorException)
        {
            return false;
        }
    }
}
