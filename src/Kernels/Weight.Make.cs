namespace PureLora;

public sealed unsafe partial class Weight
{
    /// <summary>Elements of at most about <paramref name="range"/> in size, drawn in place.</summary>
    internal static Weight Random(Device device, Kernels.Quantization how, string name, int rows, int columns, ulong seed, float range)
    {
        var bytes = Kernels.HostWeights.Bytes(how.Format, (long)rows * columns);
        return new Weight(how.Format, rows, columns, device.RentZeroed<uint>((bytes + 3) / 4, kept: true), null, null);
    }
}
