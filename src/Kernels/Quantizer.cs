using System.Runtime.InteropServices;

namespace PureLora.Kernels;

/// <summary>
/// Quantizes a matrix as bitsandbytes does, byte for byte, reading it once in pieces. NF4 and FP4: the largest
/// magnitude of 64 elements is their scale, and x · (1 / scale) gets the nearest code, a tie the lower one. INT8: x is
/// rounded to binary16 and x · (127 / scale) to the nearest integer, ties to even. Any number of threads gives the same bytes.
/// </summary>
static unsafe partial class Quantizer
{
    const int Piece = 1 << 18;

    /// <summary>A matrix in memory of its own. <paramref name="host"/>'s threads share the work; none uses the caller's alone.</summary>
    public static QuantizedMatrix Quantize(CpuDevice? host, Quantization how, string name, int rows, int columns, FloatReader read)
    {
        var matrix = QuantizedMatrix.Allocate(how, rows, columns);
        try
        {
            Fill(host, matrix, name, read);
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }

    /// <summary>Writes the codes, scales and offset of <paramref name="matrix"/>, whose memory is there.</summary>
    public static void Fill(CpuDevice? host, QuantizedMatrix matrix, string name, FloatReader read)
    {
        var elements = (long)matrix.Rows * matrix.Columns;
        var unit = matrix.Format == WeightFormat.INT8 ? matrix.Columns : QuantizedLayout.Block;
        var piece = (int)Math.Min(elements, (long)Math.Max(1, Piece / Math.Max(unit, 1)) * unit);
        var values = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, piece * sizeof(float)), 64);
        var scales = matrix.IsNested ? (float*)NativeMemory.AlignedAlloc((nuint)(matrix.Layout.ScaleCount * sizeof(float) + 1), 64) : matrix.Scales;
        try
        {
            for (long first = 0; first < elements; first += piece)
            {
                var count = (int)Math.Min(piece, elements - first);
                read(first, new Span<float>(values, count));
                RefuseNonFinite(matrix, name, first, values, count);
                var (from, units) = (first, (count + unit - 1) / unit);
                For(host, units, i =>
                {
                    var length = Math.Min(unit, count - i * unit);
                    scales[from / unit + i] = matrix.Format == WeightFormat.INT8
                        ? Row(values + (long)i * unit, length, matrix.Codes + from + (long)i * unit)
                        : FourBits(CodeBook.Of(matrix.Format), values + (long)i * unit, length, matrix.Codes + (from + (long)i * unit) / 2);
                });
            }
            if (matrix.IsNested)
                Nest(matrix, scales);
        }
        finally
        {
            NativeMemory.AlignedFree(values);
            if (matrix.IsNested)
                NativeMemory.AlignedFree(scales);
        }
    }

    static void For(CpuDevice? host, int count, Action<int> body)
    {
        void Range(long from, long to)
        {
            for (var i = from; i < to; i++)
                body((int)i);
        }
        if (host is null)
            Range(0, count);
        else
            host.For(count, 1, Range);
    }

    /// <summary>In binary16, where INT8 takes its numbers from, what is above 65504 is infinite too.</summary>
    static void RefuseNonFinite(QuantizedMatrix matrix, string name, long first, float* values, int count)
    {
        var largest = matrix.Format == WeightFormat.INT8 ? 65519.996f : float.MaxValue;
        for (var i = 0; i < count; i++)
            if (!(Math.Abs(values[i]) <= largest))
                throw new PureLoraException(
                    $"{name}: element {first + i} (row {(first + i) / matrix.Columns}, column {(first + i) % matrix.Columns}) is {values[i]}, but {matrix.Format} needs finite numbers{(largest < float.MaxValue ? " of at most 65504" : "")}. " +
                    "Download the checkpoint again, or keep this layer unquantized.");
    }

    /// <summary>Codes the scales less their mean, 256 to a nested scale.</summary>
    static void Nest(QuantizedMatrix matrix, float* scales)
    {
        var count = matrix.Layout.ScaleCount;
        matrix.Offset = count == 0 ? 0f : CascadeSum.Sum(scales, count) / count;
        for (long i = 0; i < count; i++)
            scales[i] -= matrix.Offset;
        for (long block = 0; block < matrix.Layout.NestedCount; block++)
        {
            var first = block * QuantizedLayout.NestedBlock;
            matrix.NestedScales[block] = DynamicMap.Signed.Quantize(scales + first, (int)Math.Min(QuantizedLayout.NestedBlock, count - first), matrix.NestedCodes + first);
        }
    }
}
