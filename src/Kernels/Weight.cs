using ILGPU;
using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// A matrix [<see cref="Rows"/>, <see cref="Columns"/>] as a product reads it: row-major, in a
/// <see cref="WeightFormat"/>. A linear layer's rows are its outputs and its columns its inputs, as in checkpoints.
/// </summary>
public sealed unsafe partial class Weight : IDisposable
{
    readonly Buffer<uint>? words;
    readonly FloatBuffer? floats;
    readonly byte* mapped;

    Weight(WeightFormat format, int rows, int columns, Buffer<uint>? words, FloatBuffer? floats, byte* mapped)
    {
        Format = format;
        Rows = rows;
        Columns = columns;
        this.words = words;
        this.floats = floats;
        this.mapped = mapped;
    }

    public WeightFormat Format { get; }

    public int Rows { get; }

    public int Columns { get; }

    public long Bytes => HostWeights.Bytes(Format, (long)Rows * Columns);

    /// <summary>Host bodies read here; the address has its element's alignment or less.</summary>
    internal byte* Pointer => mapped is not null ? mapped : floats is not null ? (byte*)floats.Pointer : (byte*)words!.Pointer;

    /// <summary>GPU bodies read 32-bit words: one float, or two 16-bit values with the first in the low half.</summary>
    internal ArrayView<uint> Words => words is not null ? words.View : floats!.View.Cast<uint>();

    /// <summary>
    /// A weight over bytes that outlive it, such as a mapped file's. The host reads them in place; other devices copy.
    /// </summary>
    internal static Weight Over(Device device, WeightFormat format, int rows, int columns, byte* source)
    {
        if (device.ReadsHostMemory)
            return new Weight(format, rows, columns, null, null, source);
        var bytes = HostWeights.Bytes(format, (long)rows * columns);
        if (!device.Computes)
            return new Weight(format, rows, columns, device.Rent<uint>((bytes + 3) / 4, kept: true), null, null);
        var copy = new uint[(bytes + 3) / 4];
        fixed (uint* target = copy)
            System.Buffer.MemoryCopy(source, target, 4L * copy.Length, bytes);
        return new Weight(format, rows, columns, device.RentCopy<uint>(copy, kept: true), null, null);
    }

    /// <summary>An F32 weight over a buffer that someone else owns: a parameter's values.</summary>
    internal static Weight Over(FloatBuffer values, int rows, int columns) =>
        new(WeightFormat.F32, rows, columns, null, values, null);

    /// <summary>Every element in f32, row by row, in a buffer that the caller owns.</summary>
    public FloatBuffer ToF32(Device device)
    {
        var values = device.Rent<float>((long)Rows * Columns);
        Decode.Forward(device, this, values);
        return values;
    }

    public void Dispose() => words?.Dispose();
}
