namespace PureLora;

/// <summary>How a frozen matrix is stored. Every product decodes it on the way; no decoded copy is ever kept.</summary>
public enum WeightFormat
{
    /// <summary>IEEE binary32.</summary>
    F32,

    /// <summary>The upper half of a binary32: 8 exponent bits, 7 of fraction.</summary>
    BF16,

    /// <summary>IEEE binary16: 5 exponent bits, 10 of fraction.</summary>
    F16,

    /// <summary>Signed bytes and a scale for each row: code · absmax / 127. Weights alone; activations stay f32.</summary>
    INT8,

    /// <summary>Four-bit floats (sign, two of exponent, one of fraction) and a scale for each 64 elements.</summary>
    FP4,

    /// <summary>Four-bit codes of the quantiles of a normal distribution, and a scale for each 64 elements.</summary>
    NF4,
}
