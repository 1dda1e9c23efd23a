using ILGPU;
using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// A matrix [<see cref="Rows"/>, <see cref="Columns"/>] as a product reads it: row-major, in a
/// <see cref="WeightFormat"/>. A linear layer's rows are its outputs and its columns its inputs, as in checkpoints.
/// </summary>
public sealed unsafe partial class Weight : IDisposable
{
    static readonly Quantization f32 = new(WeightFormat.F32);
    readonly Quantization how;
    readonly QuantizedLayout layout;
    readonly Buffer<uint>? words;
    readonly FloatBuffer? floats;
    readonly byte* mapped;
    QuantizedMatrix? quantized;
    bool ownsQuantized, disposed;
    float offset;

    Weight(Quantization how, int rows, int columns, Buffer<uint>? words, FloatBuffer? floats = null, byte* mapped = null)
    {
        this.how = how;
        Rows = rows;
        Columns = columns;
        layout = how.IsQuantized ? new QuantizedLayout(how, rows, columns) : default;
        this.words = words;
        this.floats = floats;
        this.mapped = mapped;
    }

    public WeightFormat Format => how.Format;

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Of all its parts, as a file holds them.</summary>
    public long Bytes => how.IsQuantized ? layout.Bytes : HostWeights.Bytes(Format, (long)Rows * Columns);

    /// <summary>On the host, the parts of a quantized weight; null for the other formats and on other devices.</summary>
    internal QuantizedMatrix? Quantized
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return quantized;
        }
    }

    /// <summary>Host bodies read here; the address has its element's alignment or less.</summary>
    internal byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return mapped is not null ? mapped : floats is not null ? (byte*)floats.Pointer : (byte*)words!.Pointer;
        }
    }

    /// <summary>Where a host body may read the elements without decoding them; null when they are not f32.</summary>
    internal float* Floats => Format == WeightFormat.F32 ? (float*)Pointer : null;

    /// <summary>What GPU bodies read.</summary>
    internal WeightView View => new(words is not null ? words.LongView : floats!.LongView.Cast<uint>(), layout, Columns, offset);

    /// <summary>Whether scales are codes in their turn.</summary>
    internal bool IsNested => layout.NestedCount > 0;

    /// <summary>
    /// A weight over bytes that outlive it, such as a mapped file's. The host reads them in place; other devices copy.
    /// </summary>
    internal static Weight Over(Device device, WeightFormat format, int rows, int columns, byte* source)
    {
        var how = new Quantization(format);
        if (device.ReadsHostMemory)
            return new Weight(how, rows, columns, null, mapped: source);
        var bytes = HostWeights.Bytes(format, (long)rows * columns);
        var weight = new Weight(how, rows, columns, device.Rent<uint>((bytes + 3) / 4, kept: true));
        device.Launch(_ => { }, gpu => gpu.Write(weight.words!, 0, source, bytes));
        return weight;
    }

    /// <summary>An F32 weight over a buffer that someone else owns: a parameter's values.</summary>
    internal static Weight Over(FloatBuffer values, int rows, int columns) =>
        new(f32, rows, columns, null, values);

    /// <summary>
    /// A weight over a quantized matrix. The host reads its parts in place, and disposes of it with the weight if
    /// <paramref name="owns"/> is true; other devices copy them, and dispose of it at once.
    /// </summary>
    internal static Weight Over(Device device, QuantizedMatrix matrix, bool owns = false)
    {
        if (device.ReadsHostMemory)
            return new Weight(matrix.Quantization, matrix.Rows, matrix.Columns, null) { quantized = matrix, ownsQuantized = owns };
        var weight = new Weight(matrix.Quantization, matrix.Rows, matrix.Columns, device.Rent<uint>(matrix.Layout.Length / sizeof(uint), kept: true)) { offset = matrix.Offset };
        device.Launch(_ => { }, gpu =>
        {
            foreach (var (source, at, bytes) in matrix.Parts)
                gpu.Write(weight.words!, at, (byte*)source, bytes);
        });
        if (owns)
            matrix.Dispose();
        return weight;
    }

    /// <summary>Every element in f32, row by row, in a buffer that the caller owns.</summary>
    public FloatBuffer ToF32(Device device)
    {
        var values = device.Rent<float>((long)Rows * Columns);
        Decode.Forward(device, this, values);
        return values;
    }

    /// <summary>On the host: <paramref name="values"/> get the elements from number <paramref name="first"/> on, in f32.</summary>
    internal void Read(long first, Span<float> values)
    {
        fixed (float* target = values)
            HostWeights.Decode(this, first, values.Length, target);
    }

    /// <summary>What it was over may be gone from now on, such as a mapped file: using it is an error.</summary>
    public void Dispose()
    {
        disposed = true;
        words?.Dispose();
        if (ownsQuantized)
            quantized?.Dispose();
    }
}
