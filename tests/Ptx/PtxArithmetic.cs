using System.Numerics;
using System.Runtime.CompilerServices;

namespace PureLora.Tests.Ptx;

/// <summary>What instructions compute from their operands, by type. Registers hold bits, those above the type's are zero.</summary>
static class PtxArithmetic
{
    public static float F32(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    public static ulong Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);

    public static ulong Compute(in PtxInstruction i, ulong a, ulong b, ulong c, ulong e) => i.Type switch
    {
        PtxType.F32 => Single(i.Op, F32(a), F32(b), F32(c)),
        PtxType.F64 => Double(i.Op, BitConverter.UInt64BitsToDouble(a), BitConverter.UInt64BitsToDouble(b), BitConverter.UInt64BitsToDouble(c)),
        PtxType.F16 => BitConverter.HalfToUInt16Bits((Half)F32(Single(i.Op, PtxConversion.F16(a), PtxConversion.F16(b), PtxConversion.F16(c)))),
        PtxType.Pred => i.Op == PtxOp.Not ? a ^ 1 : throw new PtxException($"{i.Op} on predicates is unknown."),
        _ => Integer(i, a, b, c, e),
    };

    /// <summary>The approximations of a GPU are taken as exact, rounded to f32: real ones differ in the last bits.</summary>
    static ulong Single(PtxOp op, float a, float b, float c) => op switch
    {
        PtxOp.IsNaN => float.IsNaN(a) ? 1UL : 0,
        PtxOp.IsFinite => float.IsFinite(a) ? 1UL : 0,
        PtxOp.IsInfinite => float.IsInfinity(a) ? 1UL : 0,
        PtxOp.IsNumber => float.IsNaN(a) ? 0UL : 1,
        _ => Bits(op switch
        {
            PtxOp.Add => a + b,
            PtxOp.Sub => a - b,
            PtxOp.MulLow => a * b,
            PtxOp.Fma => MathF.FusedMultiplyAdd(a, b, c),
            PtxOp.Div => a / b,
            PtxOp.DivApprox => (float)((double)a / b),
            PtxOp.Min => float.MinNumber(a, b),
            PtxOp.Max => float.MaxNumber(a, b),
            PtxOp.MinNaN => MathF.Min(a, b),
            PtxOp.MaxNaN => MathF.Max(a, b),
            PtxOp.Neg => -a,
            PtxOp.Abs => MathF.Abs(a),
            PtxOp.Rcp => 1f / a,
            PtxOp.Sqrt => MathF.Sqrt(a),
            PtxOp.Rsqrt => (float)(1 / Math.Sqrt(a)),
            PtxOp.Ex2 => (float)double.Exp2(a),
            PtxOp.Lg2 => (float)Math.Log2(a),
            PtxOp.Sin => (float)Math.Sin(a),
            PtxOp.Cos => (float)Math.Cos(a),
            PtxOp.Tanh => (float)Math.Tanh(a),
            _ => throw new PtxException($"{op} on floats is unknown."),
        }),
    };

    static ulong Double(PtxOp op, double a, double b, double c) => op switch
    {
        PtxOp.IsNaN => double.IsNaN(a) ? 1UL : 0,
        PtxOp.IsFinite => double.IsFinite(a) ? 1UL : 0,
        PtxOp.IsInfinite => double.IsInfinity(a) ? 1UL : 0,
        PtxOp.IsNumber => double.IsNaN(a) ? 0UL : 1,
        _ => Bits(op switch
        {
            PtxOp.Add => a + b,
            PtxOp.Sub => a - b,
            PtxOp.MulLow => a * b,
            PtxOp.Fma => Math.FusedMultiplyAdd(a, b, c),
            PtxOp.Div => a / b,
            PtxOp.Min => double.MinNumber(a, b),
            PtxOp.Max => double.MaxNumber(a, b),
            PtxOp.Neg => -a,
            PtxOp.Abs => Math.Abs(a),
            PtxOp.Rcp => 1 / a,
            PtxOp.Sqrt => Math.Sqrt(a),
            _ => throw new PtxException($"{op} on doubles is unknown."),
        }),
    };

    static ulong Integer(in PtxInstruction i, ulong a, ulong b, ulong c, ulong e)
    {
        var bits = i.Type.Bits();
        var signed = i.Type.IsSigned();
        var (sa, sb) = (PtxOps.Signed(a, bits), PtxOps.Signed(b, bits));
        var result = i.Op switch
        {
            PtxOp.Add => a + b,
            PtxOp.Sub => a - b,
            PtxOp.MulLow => a * b,
            PtxOp.MadLow => a * b + c,
            PtxOp.MulHigh => High(sa, sb, a, b, signed, bits),
            PtxOp.MadHigh => High(sa, sb, a, b, signed, bits) + c,
            PtxOp.MulWide => PtxOps.Low(signed ? (ulong)(sa * sb) : a * b, 2 * bits),
            PtxOp.MadWide => PtxOps.Low((signed ? (ulong)(sa * sb) : a * b) + c, 2 * bits),
            PtxOp.Div or PtxOp.Rem => Divide(i.Op == PtxOp.Rem, sa, sb, a, b, signed),
            PtxOp.Min => signed ? (ulong)Math.Min(sa, sb) : Math.Min(a, b),
            PtxOp.Max => signed ? (ulong)Math.Max(sa, sb) : Math.Max(a, b),
            PtxOp.Shl => b >= (ulong)bits ? 0 : a << (int)b,
            PtxOp.Shr => signed ? (ulong)(sa >> (int)Math.Min(b, 63)) : b >= (ulong)bits ? 0 : a >> (int)b,
            PtxOp.Neg => 0 - a,
            PtxOp.Abs => (ulong)(sa < 0 ? -sa : sa),
            PtxOp.Not => ~a,
            PtxOp.Popc => (ulong)BitOperations.PopCount(a),
            PtxOp.Clz => (ulong)(BitOperations.LeadingZeroCount(a) - (64 - bits)),
            PtxOp.Brev => Reverse(a, bits),
            PtxOp.BitsExtract => Extract(a, (int)(b & 0xFF), (int)(c & 0xFF), signed, bits),
            PtxOp.BitsInsert => Insert(a, b, (int)(c & 0xFF), (int)(e & 0xFF), bits),
            PtxOp.Permute => Permute(a, b, c),
            _ => throw new PtxException($"{i.Op} on integers is unknown."),
        };
        return i.Op is PtxOp.MulWide or PtxOp.MadWide ? result : PtxOps.Low(result, bits);
    }

    static ulong High(long sa, long sb, ulong a, ulong b, bool signed, int bits) => bits == 64
        ? signed ? (ulong)Math.BigMul(sa, sb, out _) : Math.BigMul(a, b, out _)
        : (signed ? (ulong)(sa * sb) : a * b) >> bits;

    static ulong Divide(bool remainder, long sa, long sb, ulong a, ulong b, bool signed)
    {
        if (b == 0)
            throw new PtxException("division by zero");
        // The smallest number by -1 is itself on a GPU, and no overflow.
        if (signed && sb == -1)
            return remainder ? 0 : (ulong)-sa;
        if (signed)
            return (ulong)(remainder ? sa % sb : sa / sb);
        return remainder ? a % b : a / b;
    }

    static ulong Reverse(ulong a, int bits)
    {
        var result = 0UL;
        for (var k = 0; k < bits; k++)
            result |= (a >> k & 1) << (bits - 1 - k);
        return result;
    }

    /// <summary>bfe: bits beyond the top are copies of the sign, which is the field's last bit within the value.</summary>
    static ulong Extract(ulong a, int at, int length, bool signed, int bits)
    {
        var sign = signed && length > 0 ? a >> Math.Min(at + length - 1, bits - 1) & 1 : 0;
        var result = 0UL;
        for (var k = 0; k < bits; k++)
            result |= (k < length && at + k < bits ? a >> (at + k) & 1 : sign) << k;
        return result;
    }

    static ulong Insert(ulong a, ulong b, int at, int length, int bits)
    {
        for (var k = 0; k < length && at + k < bits; k++)
            b = b & ~(1UL << (at + k)) | (a >> k & 1) << (at + k);
        return b;
    }

    /// <summary>prmt without a mode: each nibble of the selector picks a byte of {b, a}, or with its top bit that byte's sign.</summary>
    static ulong Permute(ulong a, ulong b, ulong selector)
    {
        var (both, result) = (a | b << 32, 0UL);
        for (var k = 0; k < 4; k++)
        {
            var pick = (int)(selector >> (4 * k)) & 15;
            var value = both >> (8 * (pick & 7)) & 0xFF;
            result |= (pick < 8 ? value : value > 127 ? 0xFFUL : 0) << (8 * k);
        }
        return result;
    }

    public static bool Compare(in PtxInstruction i, ulong a, ulong b, ulong c)
    {
        var (holds, other) = (Compare(i, a, b), c != 0 ^ i.Inverted);
        return i.Combination switch
        {
            PtxCombination.And => holds & other,
            PtxCombination.Or => holds | other,
            PtxCombination.Xor => holds ^ other,
            _ => holds,
        };
    }

    static bool Compare(in PtxInstruction i, ulong a, ulong b)
    {
        if (i.Type.IsFloat())
            return Compare(i.Comparison, PtxConversion.ToDouble(i.Type, a), PtxConversion.ToDouble(i.Type, b));
        var order = i.Type.IsSigned()
            ? PtxOps.Signed(a, i.Type.Bits()).CompareTo(PtxOps.Signed(b, i.Type.Bits())) : a.CompareTo(b);
        return Compare(i.Comparison, order, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Compare<T>(PtxComparison comparison, T a, T b) where T : INumber<T> => comparison switch
    {
        PtxComparison.Eq => a == b,
        PtxComparison.Ne => a != b && !T.IsNaN(a) && !T.IsNaN(b),
        PtxComparison.Lt => a < b,
        PtxComparison.Le => a <= b,
        PtxComparison.Gt => a > b,
        PtxComparison.Ge => a >= b,
        PtxComparison.EqU => a == b || T.IsNaN(a) || T.IsNaN(b),
        PtxComparison.NeU => a != b,
        PtxComparison.LtU => !(a >= b),
        PtxComparison.LeU => !(a > b),
        PtxComparison.GtU => !(a <= b),
        PtxComparison.GeU => !(a < b),
        PtxComparison.Num => !T.IsNaN(a) && !T.IsNaN(b),
        _ => T.IsNaN(a) || T.IsNaN(b),
    };
}
