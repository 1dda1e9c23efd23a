using System.Runtime.InteropServices;

namespace PureLora;

/// <summary>
/// A tensor on its way into a file: name, type, shape and a function that writes its bytes (little-endian, row-major)
/// when its turn comes, so that a whole model need not be in memory at once.
/// </summary>
public readonly record struct TensorSource(string Name, DType DType, long[] Shape, Action<Stream> Write)
{
    /// <summary>Bytes that are there already.</summary>
    public static TensorSource FromBytes(string name, DType type, long[] shape, ReadOnlyMemory<byte> bytes) =>
        new(name, type, shape, stream => stream.Write(bytes.Span));

    /// <summary>64-bit integers, stored as I64.</summary>
    public static TensorSource FromInts(string name, long[] shape, ReadOnlyMemory<long> values) =>
        new(name, DType.I64, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>Doubles, stored as F64.</summary>
    public static TensorSource FromDoubles(string name, long[] shape, ReadOnlyMemory<double> values) =>
        new(name, DType.F64, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>Floats, stored as F32, or rounded to nearest even as BF16 or F16.</summary>
    public static TensorSource FromFloats(string name, long[] shape, ReadOnlyMemory<float> values, DType type = DType.F32) => type switch
    {
        DType.F32 => new(name, type, shape, stream => WriteFloats(stream, values.Span)),
        DType.BF16 => new(name, type, shape, stream => WriteHalves(stream, values.Span, HalfFloats.ToBF16)),
        DType.F16 => new(name, type, shape, stream => WriteHalves(stream, values.Span, HalfFloats.ToF16)),
        _ => throw new ArgumentException($"{name}: the type is {type.Name()}, but floats need F32, BF16 or F16.", nameof(type)),
    };

    /// <summary>A tensor of another file, copied as it is, under <paramref name="newName"/> where given.</summary>
    public static TensorSource FromFile(SafetensorsFile file, string name, string? newName = null)
    {
        var info = file.Info(name);
        return new(newName ?? name, info.DType, info.Shape, stream => CopyMapped(stream, file, info));
    }

    static unsafe void CopyMapped(Stream stream, SafetensorsFile file, TensorInfo info)
    {
        file.CheckUnchanged();
        byte* from = file.Pointer(info.Name);
        const int piece = 1 << 20;
        for (long at = 0; at < info.Bytes; at += piece)
            stream.Write(new ReadOnlySpan<byte>(from + at, (int)Math.Min(piece, info.Bytes - at)));
    }

    /// <summary>In pieces: a span of bytes ends at 2 GiB, a large vocabulary's head does not.</summary>
    static void WriteFloats(Stream stream, ReadOnlySpan<float> values)
    {
        const int piece = 1 << 20;
        for (int at = 0; at < values.Length; at += piece)
            stream.Write(MemoryMarshal.AsBytes(values.Slice(at, Math.Min(piece, values.Length - at))));
    }

    static void WriteHalves(Stream stream, ReadOnlySpan<float> values, Func<float, ushort> narrow)
    {
        Span<ushort> halves = stackalloc ushort[2048];
        for (int at = 0; at < values.Length; at += halves.Length)
        {
            int n = Math.Min(halves.Length, values.Length - at);
            for (int i = 0; i < n; i++)
                halves[i] = narrow(values[at + i]);
            stream.Write(MemoryMarshal.AsBytes(halves[..n]));
        }
    }
}
