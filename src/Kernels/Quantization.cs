namespace PureLora;

/// <summary>
/// How a matrix is stored: its format, and whether the scales of NF4 or FP4 are quantized in their turn
/// (<c>bnb_4bit_use_double_quant</c>).
/// </summary>
public sealed record Quantization(WeightFormat Format, bool DoubleQuant = false)
{
    /// <summary>Whether the format has scales: INT8, FP4 and NF4.</summary>
    public bool IsQuantized => Format is WeightFormat.INT8 or WeightFormat.FP4 or WeightFormat.NF4;

    public bool IsFourBit => Format is WeightFormat.FP4 or WeightFormat.NF4;
}

/// <summary>Fills <paramref name="values"/> with the elements of a matrix from number <paramref name="first"/> on, row by row.</summary>
delegate void FloatReader(long first, Span<float> values);
