namespace PureLora.Kernels;

/// <summary>
/// e^x, ln x, x^y, sin x and cos x in f64 with the same bits on every machine, for what is computed once or rarely:
/// rotary tables, schedules, initial values. Plain Taylor series after range reduction, so every coefficient can be
/// read; only operations that IEEE 754 rounds exactly (<c>Math.Sqrt</c> is one, and is used as it is).
/// </summary>
internal static class ScalarMath
{
    // Adding 1.5 * 2^52 rounds to the nearest integer and leaves it in the low bits of the sum.
    const double Rounder = 6755399441055744.0;
    const double Ln2High = 0.6931471805599453, Ln2Low = 2.3190468138462996e-17;
    const double HalfPi1 = 1.5707963267948966, HalfPi2 = 6.123233995736766e-17, HalfPi3 = -1.4973849048591698e-33;
    const long SqrtHalfBits = 0x3FE6A09E667F3BCD;

    /// <summary>e^x within 1 ulp; +inf above 709.78, 0 below -708.39 (no denormal results).</summary>
    internal static double Exp(double x)
    {
        if (double.IsNaN(x)) return x;
        if (x > 709.782712893384) return double.PositiveInfinity;
        if (x < -708.3964185322641) return 0;
        double rounded = Math.FusedMultiplyAdd(x, 1.4426950408889634, Rounder);
        double n = rounded - Rounder;
        double r = Math.FusedMultiplyAdd(-n, Ln2Low, Math.FusedMultiplyAdd(-n, Ln2High, x));
        double p = 1.0 / 6227020800;
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 479001600);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 39916800);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 3628800);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 362880);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 40320);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 5040);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 720);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 120);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 24);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 6);
        p = Math.FusedMultiplyAdd(p, r, 1.0 / 2);
        p = Math.FusedMultiplyAdd(p, r, 1.0);
        p = Math.FusedMultiplyAdd(p, r, 1.0);
        return BitConverter.Int64BitsToDouble(
            BitConverter.DoubleToInt64Bits(p) + (BitConverter.DoubleToInt64Bits(rounded) << 52));
    }

    /// <summary>ln x within 1 ulp, denormals too; -inf at 0, NaN below.</summary>
    internal static double Log(double x)
    {
        if (!(x > 0 && x < double.PositiveInfinity))
            return x == 0 ? double.NegativeInfinity : x < 0 ? double.NaN : x;
        bool tiny = x < 2.2250738585072014e-308;
        long bits = BitConverter.DoubleToInt64Bits(tiny ? x * 4503599627370496.0 : x);
        long exponent = (bits - SqrtHalfBits) >> 52;
        double f = BitConverter.Int64BitsToDouble(bits - (exponent << 52)) - 1;
        double n = exponent - (tiny ? 52 : 0);
        // ln(1+f) = 2 artanh(s) with s = f/(2+f); written as f minus a small correction, so that f stays exact.
        double s = f / (2 + f), z = s * s, half = 0.5 * f * f;
        double p = 2.0 / 23;
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 21);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 19);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 17);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 15);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 13);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 11);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 9);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 7);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 5);
        p = Math.FusedMultiplyAdd(p, z, 2.0 / 3);
        double low = Math.FusedMultiplyAdd(n, Ln2Low, s * Math.FusedMultiplyAdd(p, z, half));
        return Math.FusedMultiplyAdd(n, Ln2High, f - (half - low));
    }

    /// <summary>x^y = e^(y ln x) for x >= 0, to a relative 3e-16 (1 + |y ln x|); NaN for x below 0; x^0 = 1.</summary>
    internal static double Pow(double x, double y) => y == 0 ? 1 : Exp(y * Log(x));

    /// <summary>sin x, x in radians, within 1 ulp for |x| up to 2^40; NaN for an infinite x.</summary>
    internal static double Sin(double x) => Turn(x, 0);

    /// <summary>cos x, x in radians, within 1 ulp for |x| up to 2^40; NaN for an infinite x.</summary>
    internal static double Cos(double x) => Turn(x, 1);

    /// <summary>sin(x + quarters pi/2). The reduction is that of Cody and Waite, with pi/2 in three parts.</summary>
    static double Turn(double x, int quarters)
    {
        double rounded = Math.FusedMultiplyAdd(x, 0.6366197723675814, Rounder);
        double k = rounded - Rounder;
        // The first FMA is exact: its result is a multiple of 2^-53 (or of x's last bit) below 1.
        double first = Math.FusedMultiplyAdd(-k, HalfPi1, x);
        double second = -k * HalfPi2, r = first + second, part = r - first;
        // What the product and the sum above rounded away (Dekker, Knuth): it counts where x is near a multiple of pi/2.
        double rest = (first - (r - part)) + (second - part) + Math.FusedMultiplyAdd(-k, HalfPi2, -second);
        rest = Math.FusedMultiplyAdd(-k, HalfPi3, rest);
        int quadrant = ((int)BitConverter.DoubleToInt64Bits(rounded) + quarters) & 3;
        double y = (quadrant & 1) == 0 ? SinNear0(r, rest) : CosNear0(r, rest);
        return quadrant < 2 ? y : -y;
    }

    /// <summary>sin(r + rest) for |r| up to pi/4 and rest below an ulp of r.</summary>
    static double SinNear0(double r, double rest)
    {
        double z = r * r;
        double p = 1.0 / 355687428096000;
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 1307674368000);
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 6227020800);
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 39916800);
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 362880);
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 5040);
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 120);
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 6);
        return r + Math.FusedMultiplyAdd(p, z * r, rest * (1 - 0.5 * z));
    }

    /// <summary>cos(r + rest) for |r| up to pi/4 and rest below an ulp of r.</summary>
    static double CosNear0(double r, double rest)
    {
        double z = r * r, half = 0.5 * z, top = 1 - half;
        double p = 1.0 / 20922789888000;
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 87178291200);
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 479001600);
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 3628800);
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 40320);
        p = Math.FusedMultiplyAdd(p, z, -1.0 / 720);
        p = Math.FusedMultiplyAdd(p, z, 1.0 / 24);
        return top + (1 - top - half + Math.FusedMultiplyAdd(p, z * z, -r * rest));
    }
}
