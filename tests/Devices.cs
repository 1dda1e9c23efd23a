using ILGPU.Runtime.Cuda;
using PureLora.Tests.Ptx;

namespace PureLora.Tests;

/// <summary>The devices of a test run, and reproducible numbers to feed them.</summary>
public static class Devices
{
    /// <summary>Null when this machine has an OpenCL device, or else why not.</summary>
    public static readonly string? NoOpenCL = GpuSurvey.Run().First(found => found.Name.StartsWith("opencl", StringComparison.Ordinal)).Refused;

    /// <summary>The GPU of a test run: PURELORA_TEST_DEVICE where that is set, or else OpenCL's; null when there is none.</summary>
    public static readonly string? Gpu = Environment.GetEnvironmentVariable("PURELORA_TEST_DEVICE") is { Length: > 0 } named ? named : NoOpenCL is null ? "opencl" : null;

    /// <summary>
    /// Whether everything is run, as eng/test-all.sh and eng/gpu-check.sh ask: <c>dotnet test</c> alone gives a GPU only the
    /// tests of single kernels, by one schedule.
    /// </summary>
    public static readonly bool Thorough = Environment.GetEnvironmentVariable("PURELORA_TEST_ALL") == "1";

    /// <summary>Every run has the first two, and a thorough one the third where there is a GPU.</summary>
    public static readonly string[] Names = Gpu is null || !Thorough ? ["cpu", "ilgpu"] : ["cpu", "ilgpu", Gpu];

    /// <summary>The interpreter of PTX, by the seed of its schedule.</summary>
    public static readonly string[] Interpreters = Thorough ? ["ptx:1", "ptx:2", "ptx:3", "ptx:4", "ptx:5"] : ["ptx:1"];

    /// <summary>The same, with the plain kernels that a device without groups launches.</summary>
    public static readonly string[] PlainInterpreters = [.. Interpreters.Select(name => $"plain-{name}")];

    public static TheoryData<string> All => [.. Names];

    /// <summary>For what runs few kernels: the GPU and the interpreter too.</summary>
    public static string[] Everywhere => Thorough ? [.. Names, .. Interpreters, .. PlainInterpreters] : [.. Names, .. Gpus, .. Interpreters];

    /// <summary>The GPU of this run, if there is one.</summary>
    public static string[] Gpus => Gpu is null ? [] : [Gpu];

    /// <summary>The interpreter, and the GPU of this run where it has tensor cores.</summary>
    public static string[] TensorCores { get; } = [.. Interpreters, .. Gpus.Where(HasTensorCores)];

    static bool HasTensorCores(string name)
    {
        using var device = (GpuDevice)Device.Open(name);
        return device.HasTensorCores;
    }

    public static TheoryData<string> AllAndInterpreters => [.. Everywhere];

    /// <summary>Opens a device of <see cref="Names"/> or <see cref="Interpreters"/>.</summary>
    public static Device Open(string name, int threads = 0)
    {
        if (!name.Contains("ptx:", StringComparison.Ordinal))
            return Device.Open(name, threads);
        var seed = int.Parse(name[(name.IndexOf(':') + 1)..]);
        var device = (GpuDevice)Device.Open("ilgpu");
        device.IsPlain = name.StartsWith("plain-", StringComparison.Ordinal);
        device.Instead = (method, shape, arguments) =>
        {
            PtxLaunch.Run(method, shape, arguments, seed, CudaArchitecture.SM_80);
            PtxLog.Add(method, shape, arguments, seed);
        };
        return device;
    }

    /// <summary>Values in (-1, 1) that depend on the seed alone.</summary>
    public static float[] Noise(int length, int seed)
    {
        var values = new float[length];
        var state = (uint)seed * 2654435769u + 1u;
        for (var i = 0; i < length; i++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            values[i] = (state >> 8) / 8388608f - 1f;
        }
        return values;
    }
}
