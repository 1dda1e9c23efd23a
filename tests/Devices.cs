namespace PureLora.Tests;

/// <summary>The devices that every test run has, and reproducible numbers to feed them.</summary>
public static class Devices
{
    public static readonly string[] Names = ["cpu", "ilgpu"];

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
