using System.Runtime.InteropServices;
using PureLora.Kernels;

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
    public static TensorSource FromFloats(string name, long[] shape, ReadOnlyMemory<float> values, DType type = DType.F32) =>
        FromReader(name, shape, values.Length, (first, piece) => values.Span.Slice((int)first, piece.Length).CopyTo(piece), type);

    /// <summary>The same from what gives <paramref name="count"/> floats in pieces, of which one is held at a time.</summary>
    internal static TensorSource FromReader(string name, long[] shape, long count, FloatReader read, DType type) => type switch
    {
        DType.F32 => new(name, type, shape, stream => WriteFloats(stream, count, read, null)),
        DType.BF16 => new(name, type, shape, stream => WriteFloats(stream, count, read, HalfFloats.ToBF16)),
        DType.F16 => new(name, type, shape, stream => WriteFloats(stream, count, read, HalfFloats.ToF16)),
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

    static void WriteFloats(Stream stream, long count, FloatReader read, Func<float, ushort>? narrow)
    {
        var values = new float[(int)Math.Min(count, 1 << 16)];
        var halves = new ushort[narrow is null ? 0 : values.Length];
        for (long first = 0; first < count; first += values.Length)
        {
            var piece = values.AsSpan(0, (int)Math.Min(values.Length, count - first));
            read(first, piece);
            for (var i = 0; narrow is not null && i < piece.Length; i++)
                halves[i] = narrow(piece[i]);
            stream.Write(narrow is null ? MemoryMarshal.AsBytes(piece) : MemoryMarshal.AsBytes(halves.AsSpan(0, piece.Length)));
        }
    }
}
