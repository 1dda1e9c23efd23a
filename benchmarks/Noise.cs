using PureLora.Kernels;

namespace PureLora.Benchmarks;

static class Noise
{
    /// <summary>Values in [-1, 1) that are the same in every run.</summary>
    public static FloatBuffer Rent(Device device, long length, uint seed)
    {
        var values = new float[length];
        for (var i = 0; i < values.Length; i++)
            values[i] = 2f * Philox.Uniform(Philox.Block(1, (uint)i, seed, 0, 0).X) - 1f;
        return device.RentCopy<float>(values);
    }
}
