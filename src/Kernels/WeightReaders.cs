using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// How a GPU kernel reads one element of a weight from its 32-bit words. A struct type parameter, so that each format
/// gets a kernel of its own with nothing to decide at run time.
/// </summary>
interface IWeightReader
{
    float Read(ArrayView<uint> words, long index);
}

/// <summary>IEEE binary32.</summary>
readonly struct F32Reader : IWeightReader
{
    public float Read(ArrayView<uint> words, long index) => Interop.IntAsFloat(words[index]);
}

/// <summary>The upper half of a binary32.</summary>
readonly struct BF16Reader : IWeightReader
{
    public float Read(ArrayView<uint> words, long index) =>
        Interop.IntAsFloat(words[index >> 1] >> (int)((index & 1) << 4) << 16);
}

/// <summary>IEEE binary16, widened by shifting into place and rescaling by 2^112.</summary>
readonly struct F16Reader : IWeightReader
{
    public float Read(ArrayView<uint> words, long index)
    {
        var half = (words[index >> 1] >> (int)((index & 1) << 4)) & 0xFFFFu;
        var magnitude = half & 0x7FFFu;
        var scaled = Interop.FloatAsInt(Interop.IntAsFloat(magnitude << 13) * 5.192296858534828e33f);
        var bits = magnitude > 0x7BFFu ? scaled | 0x7F800000u : scaled;
        return Interop.IntAsFloat(bits | ((half & 0x8000u) << 16));
    }
}
