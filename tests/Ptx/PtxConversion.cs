namespace PureLora.Tests.Ptx;

/// <summary>cvt: between integers, floats, and both.</summary>
static class PtxConversion
{
    public static float F16(ulong bits) => (float)BitConverter.UInt16BitsToHalf((ushort)bits);

    public static float BF16(ulong bits) => BitConverter.UInt32BitsToSingle((uint)(bits & 0xFFFF) << 16);

    public static double ToDouble(PtxType type, ulong bits) => type switch
    {
        PtxType.F16 => F16(bits),
        PtxType.BF16 => BF16(bits),
        PtxType.F32 => PtxArithmetic.F32(bits),
        _ => BitConverter.UInt64BitsToDouble(bits),
    };

    public static ulong Convert(in PtxInstruction i, ulong a)
    {
        if (i.From.IsFloat())
        {
            var value = Rounded(i.Rounding, ToDouble(i.From, a));
            return i.Type.IsFloat() ? Float(i, value) : Extended(i, Clamped(i.Type, value));
        }
        a = PtxOps.Low(a, i.From.Bits());
        var signed = PtxOps.Signed(a, i.From.Bits());
        if (i.Type.IsFloat())
            return i.Type == PtxType.F32 && i.Rounding == PtxRounding.Nearest
                ? PtxArithmetic.Bits(i.From.IsSigned() ? (float)signed : (float)a)
                : Float(i, i.From.IsSigned() ? (double)signed : a);
        if (i.Saturates)
            return Extended(i, Clamped(i.Type, i.From.IsSigned() ? signed : (Int128)a));
        return Extended(i, i.From.IsSigned() ? (ulong)signed : a);
    }

    /// <summary>cvt.rn.bf16x2.f32 d, a, b: a is the upper half.</summary>
    public static ulong Pair(in PtxInstruction i, ulong a, ulong b)
    {
        var half = i with { Type = i.Type == PtxType.F16x2 ? PtxType.F16 : PtxType.BF16 };
        return Float(half, PtxArithmetic.F32(a)) << 16 | Float(half, PtxArithmetic.F32(b));
    }

    static double Rounded(PtxRounding rounding, double value) => rounding switch
    {
        PtxRounding.IntegerNearest => Math.Round(value, MidpointRounding.ToEven),
        PtxRounding.IntegerZero => Math.Truncate(value),
        PtxRounding.IntegerDown => Math.Floor(value),
        PtxRounding.IntegerUp => Math.Ceiling(value),
        _ => value,
    };

    static ulong Float(in PtxInstruction i, double value)
    {
        if (i.Saturates)
            value = value > 0 ? Math.Min(value, 1) : 0;
        return i.Type switch
        {
            PtxType.F64 => BitConverter.DoubleToUInt64Bits(value),
            PtxType.F32 => Toward(i.Rounding, value, PtxArithmetic.Bits((float)value), PtxType.F32),
            PtxType.F16 => Toward(i.Rounding, value, BitConverter.HalfToUInt16Bits((Half)value), PtxType.F16),
            _ => Toward(i.Rounding, value, NearestBF16(value), PtxType.BF16),
        };
    }

    static ulong NearestBF16(double value)
    {
        if (double.IsNaN(value))
            return 0x7FFF;
        // Sticky to odd first, so that the second rounding is the only one.
        var bits = Toward(PtxRounding.Zero, value, PtxArithmetic.Bits((float)value), PtxType.F32);
        if (PtxArithmetic.F32(bits) != value)
            bits |= 1;
        return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    }

    /// <summary>Steps from the nearest number to the one that the rounding asks for: neighbours have neighbouring bits.</summary>
    static ulong Toward(PtxRounding rounding, double value, ulong nearest, PtxType type)
    {
        if (rounding is not (PtxRounding.Zero or PtxRounding.Down or PtxRounding.Up) || double.IsNaN(value))
            return nearest;
        var found = ToDouble(type, nearest);
        var up = rounding == PtxRounding.Up || (rounding == PtxRounding.Zero && value < 0);
        if (up ? found >= value : found <= value)
            return nearest;
        var negative = nearest >> (type.Bits() - 1) == 1;
        if (found == 0)
            return up ? 1 : 1UL << (type.Bits() - 1) | 1;
        return up == negative ? nearest - 1 : nearest + 1;
    }

    static ulong Clamped(PtxType type, double value)
    {
        if (double.IsNaN(value))
            return 0;
        return Clamped(type, value >= 1e30 ? Int128.MaxValue : value <= -1e30 ? Int128.MinValue : (Int128)value);
    }

    static ulong Clamped(PtxType type, Int128 value)
    {
        var bits = type.Bits();
        var (least, most) = type.IsSigned() ? (-(Int128.One << (bits - 1)), (Int128.One << (bits - 1)) - 1) : (Int128.Zero, (Int128.One << bits) - 1);
        return (ulong)(Int128.Clamp(value, least, most) & ulong.MaxValue);
    }

    /// <summary>To the width of the register: with its sign if it has one.</summary>
    static ulong Extended(in PtxInstruction i, ulong value)
    {
        var bits = i.Type.Bits();
        value = i.Type.IsSigned() ? (ulong)PtxOps.Signed(value, bits) : PtxOps.Low(value, bits);
        return PtxOps.Low(value, i.Width);
    }
}
