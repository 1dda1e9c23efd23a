namespace PureLora;

/// <summary>
/// Conversions between float and the two 16-bit floats, by their bits: BF16 (8 exponent bits, 7 of mantissa) and F16
/// (IEEE 754 binary16: 5 and 10). Widening is exact; narrowing rounds to nearest, ties to even. A NaN stays a NaN, with
/// as much of its payload as fits. Integer code, so that no machine's own instruction can change a bit.
/// </summary>
public static class HalfFloats
{
    /// <summary>BF16 bits to float: the upper half of the float's bits.</summary>
    public static float FromBF16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>Float to the nearest BF16, ties to even; overflow gives infinity.</summary>
    public static ushort ToBF16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if ((bits & 0x7FFFFFFF) > 0x7F800000)
        {
            uint top = bits >> 16;
            // A payload only in the lower half would otherwise become infinity.
            return (ushort)((top & 0x7F) == 0 ? top | 0x40 : top);
        }
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>F16 bits to float, exactly, subnormals included.</summary>
    public static float FromF16(ushort bits)
    {
        uint sign = (uint)(bits & 0x8000) << 16;
        uint exponentAndMantissa = (uint)(bits & 0x7FFF) << 13;
        if ((bits & 0x7C00) == 0x7C00)
            return BitConverter.UInt32BitsToSingle(sign | 0x7F800000 | exponentAndMantissa & 0x7FFFFF);
        // 2^112 moves the exponent bias from 15 to 127; the product is exact, also for subnormals.
        float magnitude = BitConverter.UInt32BitsToSingle(exponentAndMantissa) * 5.192296858534828e33f;
        return BitConverter.UInt32BitsToSingle(sign | BitConverter.SingleToUInt32Bits(magnitude));
    }

    /// <summary>Float to the nearest F16, ties to even; 65520 and above gives infinity.</summary>
    public static ushort ToF16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint sign = (bits >> 16) & 0x8000, magnitude = bits & 0x7FFFFFFF;
        uint half;
        if (magnitude > 0x7F800000)
            half = 0x7C00 | ((magnitude >> 13 & 0x3FF) is var payload and not 0 ? payload : 0x200);
        else if (magnitude >= 0x477FF000)
            half = 0x7C00;
        else if (magnitude < 0x38800000)
            // At 0.5 a float's last bit is 2^-24, F16's smallest step: the addition itself rounds.
            half = BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(magnitude) + 0.5f) - 0x3F000000;
        else
            half = (magnitude - (112u << 23) + 0xFFF + ((magnitude >> 13) & 1)) >> 13;
        return (ushort)(sign | half);
    }

    /// <summary>BF16 bits to floats, element by element; <paramref name="to"/> is at least as long.</summary>
    public static void FromBF16(ReadOnlySpan<ushort> from, Span<float> to)
    {
        to = to[..from.Length];
        for (int i = 0; i < from.Length; i++)
            to[i] = FromBF16(from[i]);
    }

    /// <summary>Floats to BF16 bits, element by element; <paramref name="to"/> is at least as long.</summary>
    public static void ToBF16(ReadOnlySpan<float> from, Span<ushort> to)
    {
        to = to[..from.Length];
        for (int i = 0; i < from.Length; i++)
            to[i] = ToBF16(from[i]);
    }

    /// <summary>F16 bits to floats, element by element; <paramref name="to"/> is at least as long.</summary>
    public static void FromF16(ReadOnlySpan<ushort> from, Span<float> to)
    {
        to = to[..from.Length];
        for (int i = 0; i < from.Length; i++)
            to[i] = FromF16(from[i]);
    }

    /// <summary>Floats to F16 bits, element by element; <paramref name="to"/> is at least as long.</summary>
    public static void ToF16(ReadOnlySpan<float> from, Span<ushort> to)
    {
        to = to[..from.Length];
        for (int i = 0; i < from.Length; i++)
            to[i] = ToF16(from[i]);
    }
}
