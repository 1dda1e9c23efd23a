using PureLora.Kernels;

namespace PureLora;

/// <summary>How far a quantized matrix is from what it was made of, and how often it uses each code.</summary>
/// <param name="Count">Elements.</param>
/// <param name="SquaredError">Σ (q - x)².</param>
/// <param name="Squared">Σ x².</param>
/// <param name="Max">The largest |q - x|.</param>
/// <param name="Codes">Elements of each code: 16 of NF4 and FP4, 256 of INT8 from -128 on.</param>
public sealed record QuantizationError(long Count, double SquaredError, double Squared, double Max, IReadOnlyList<long> Codes)
{
    /// <summary>√(Σ (q - x)² / n).</summary>
    public double Rmse => Math.Sqrt(SquaredError / Count);

    /// <summary>The signal-to-noise ratio in decibels, 10·log10(Σ x² / Σ (q - x)²); a bit more of precision is 6.</summary>
    public double Decibels => 10 * Math.Log10(Squared / SquaredError);

    /// <summary>Both together; codes only where their number is the same.</summary>
    public QuantizationError Plus(QuantizationError? other) => other is null ? this : new(
        Count + other.Count, SquaredError + other.SquaredError, Squared + other.Squared, Math.Max(Max, other.Max),
        Codes.Count == other.Codes.Count ? [.. Codes.Zip(other.Codes, (a, b) => a + b)] : []);

    /// <summary>Measures <paramref name="matrix"/> against the numbers it was made of.</summary>
    internal static unsafe QuantizationError Of(QuantizedMatrix matrix, FloatReader read)
    {
        const int piece = 1 << 14;
        var (before, after) = (new float[piece], new float[piece]);
        var elements = (long)matrix.Rows * matrix.Columns;
        double squaredError = 0, squared = 0, max = 0;
        fixed (float* decoded = after)
            for (long first = 0; first < elements; first += piece)
            {
                var count = (int)Math.Min(piece, elements - first);
                read(first, before.AsSpan(0, count));
                HostWeights.Decode(matrix, first, count, decoded);
                for (var i = 0; i < count; i++)
                {
                    var error = (double)after[i] - before[i];
                    squaredError += error * error;
                    squared += (double)before[i] * before[i];
                    max = Math.Max(max, Math.Abs(error));
                }
            }
        return new QuantizationError(elements, squaredError, squared, max, Histogram(matrix, elements));
    }

    static unsafe long[] Histogram(QuantizedMatrix matrix, long elements)
    {
        if (matrix.Format == WeightFormat.INT8)
        {
            var bytes = new long[256];
            for (long i = 0; i < elements; i++)
                bytes[(sbyte)matrix.Codes[i] + 128]++;
            return bytes;
        }
        var nibbles = new long[16];
        for (long i = 0; i < elements; i++)
            nibbles[(matrix.Codes[i >> 1] >> (int)((~i & 1) << 2)) & 15]++;
        return nibbles;
    }
}
