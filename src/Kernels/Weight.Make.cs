using System.Runtime.InteropServices;
using PureLora.Kernels;

namespace PureLora;

/// <remarks>Weights made in the device's own memory: quantized while they are read, or drawn at random.</remarks>
public sealed unsafe partial class Weight
{
    /// <summary>
    /// Quantizes what <paramref name="read"/> gives straight into the device's memory. Beside it stand at most a piece
    /// of the matrix, its scales in f32 and, for a device other than the host, the quantized matrix once more. A number
    /// that is not finite is a <see cref="PureLoraException"/> that names it.
    /// </summary>
    internal static Weight Quantize(Device device, Quantization how, string name, int rows, int columns, FloatReader read) =>
        Make(device, how, rows, columns, (host, memory) =>
        {
            var matrix = new QuantizedMatrix(how, rows, columns, (byte*)memory);
            Quantizer.Fill(host, matrix, name, read);
            return matrix;
        });

    /// <summary>Quantizes <paramref name="values"/>, row by row, into the device's memory.</summary>
    /// <exception cref="PureLoraException">A value is not finite; it is named.</exception>
    public static Weight Quantize(Device device, Quantization how, int rows, int columns, float[] values)
    {
        if (values.LongLength != (long)rows * columns)
            throw new ArgumentException($"Weight: {values.Length} values were given, but [{rows}, {columns}] needs {(long)rows * columns}.");
        return Quantize(device, how, "weight", rows, columns, (first, target) => values.AsSpan((int)first, target.Length).CopyTo(target));
    }

    /// <summary>A copy, in the device's memory, of a matrix [columns, rows] in <paramref name="format"/>, turned to [rows, columns].</summary>
    internal static Weight Transposed(Device device, WeightFormat format, int rows, int columns, byte* source) =>
        Make(device, new Quantization(format), rows, columns, (_, memory) =>
        {
            if (HostWeights.Bytes(format, 1) == sizeof(float))
                Turn((float*)source, rows, columns, (float*)memory);
            else
                Turn((ushort*)source, rows, columns, (ushort*)memory);
            return null;
        });

    static void Turn<T>(T* source, long rows, long columns, T* target) where T : unmanaged
    {
        for (var row = 0L; row < rows; row++)
            for (var column = 0L; column < columns; column++)
                System.Runtime.CompilerServices.Unsafe.WriteUnaligned(target + row * columns + column, System.Runtime.CompilerServices.Unsafe.ReadUnaligned<T>(source + column * rows + row));
    }

    /// <summary>
    /// Elements of at most about <paramref name="range"/> in size, drawn in place in any format as bits of their codes:
    /// what a benchmark needs. They depend on the seed and the name, not on threads.
    /// </summary>
    internal static Weight Random(Device device, Quantization how, string name, int rows, int columns, ulong seed, float range) =>
        Make(device, how, rows, columns, (host, memory) =>
        {
            var key = Philox.Key(seed, name);
            if (!how.IsQuantized)
            {
                RandomBits.Elements(host, how.Format, key, (byte*)memory, (long)rows * columns, range);
                return null;
            }
            var matrix = new QuantizedMatrix(how, rows, columns, (byte*)memory);
            RandomBits.Matrix(host, key, matrix, range);
            return matrix;
        });

    /// <summary>Rents the memory and lets <paramref name="fill"/> write it; a quantized matrix is what it returns.</summary>
    static Weight Make(Device device, Quantization how, int rows, int columns, Func<CpuDevice?, nint, QuantizedMatrix?> fill)
    {
        var bytes = how.IsQuantized ? new QuantizedLayout(how, rows, columns).Length : HostWeights.Bytes(how.Format, (long)rows * columns);
        var weight = new Weight(how, rows, columns, device.Rent<uint>((bytes + 3) / 4, kept: true));
        try
        {
            device.Launch(
                host => weight.quantized = fill(host, (nint)weight.words!.Pointer),
                gpu =>
                {
                    var memory = NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 256);
                    try
                    {
                        weight.offset = fill(null, (nint)memory)?.Offset ?? 0f;
                        gpu.Write(weight.words!, 0, (byte*)memory, bytes);
                    }
                    finally
                    {
                        NativeMemory.AlignedFree(memory);
                    }
                });
            return weight;
        }
        catch
        {
            weight.Dispose();
            throw;
        }
    }
}
