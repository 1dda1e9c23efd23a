namespace PureLora.Tests;

/// <summary>The devices of a test run, and reproducible numbers to feed them.</summary>
public static class Devices
{
    /// <summary>Null when this machine has an OpenCL device, or else why not.</summary>
    public static readonly string? NoOpenCL = GpuSurvey.Run().First(found => found.Name.StartsWith("opencl", StringComparison.Ordinal)).Refused;

    /// <summary>Every run has the first two, and the third where there is a driver for it.</summary>
    public static readonly string[] Names = NoOpenCL is null ? ["cpu", "ilgpu", "opencl"] : ["cpu", "ilgpu"];

    public static TheoryData<string> All => [.. Names];

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
