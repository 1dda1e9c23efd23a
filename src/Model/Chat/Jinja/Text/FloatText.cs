using System.Globalization;
using System.Numerics;

namespace PureLora.Jinja;

/// <summary>A double as Python writes it. Decimal digits are exact, a tie goes to the even digit.</summary>
internal static class FloatText
{
    /// <summary>The shortest text that reads back as the same number: <c>1.0</c>, <c>1e+16</c>, <c>inf</c>.</summary>
    public static string Repr(double number)
    {
        if (!double.IsFinite(number)) return NotFinite(number);
        string r = number.ToString("R", CultureInfo.InvariantCulture);
        var (negative, digits, exponent) = Shortest(r);
        string sign = negative ? "-" : "";
        if (exponent is < -4 or >= 16)
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{Exponent(exponent)}";
        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        return digits.Length <= exponent + 1
            ? $"{sign}{digits.PadRight(exponent + 1, '0')}.0"
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    public static string NotFinite(double number) => double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";

    /// <summary>Digits without zeros at the ends, and the power of ten of the first.</summary>
    static (bool Negative, string Digits, int Exponent) Shortest(string r)
    {
        bool negative = r[0] == '-';
        string body = negative ? r[1..] : r;
        int e = body.IndexOf('E'), exponent = e < 0 ? 0 : int.Parse(body[(e + 1)..], CultureInfo.InvariantCulture);
        string mantissa = e < 0 ? body : body[..e];
        int point = mantissa.IndexOf('.');
        string digits = mantissa.Replace(".", "");
        exponent += (point < 0 ? mantissa.Length : point) - 1;
        int zeros = digits.Length - digits.TrimStart('0').Length;
        digits = digits.TrimStart('0').TrimEnd('0');
        return digits.Length == 0 ? (negative, "0", 0) : (negative, digits, exponent - zeros);
    }

    static string Exponent(int exponent) => (exponent < 0 ? "-" : "+") + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);

    /// <summary><c>%.Nf</c> of a finite number's magnitude.</summary>
    public static string Fixed(double number, int precision)
    {
        string digits = Rounded(Math.Abs(number), precision).ToString();
        if (precision == 0) return digits;
        digits = digits.PadLeft(precision + 1, '0');
        return $"{digits[..^precision]}.{digits[^precision..]}";
    }

    /// <summary><c>%.Ne</c> of a finite number's magnitude.</summary>
    public static string Scientific(double number, int precision)
    {
        var (digits, exponent) = Significant(Math.Abs(number), precision + 1);
        return $"{digits[0]}{(precision > 0 ? "." + digits[1..] : "")}e{Exponent(exponent)}";
    }

    /// <summary><c>%.Ng</c> of a finite number's magnitude.</summary>
    public static string General(double number, int precision, bool keepZeros)
    {
        precision = Math.Max(1, precision);
        var (digits, exponent) = Significant(Math.Abs(number), precision);
        bool scientific = exponent < -4 || exponent >= precision;
        if (!keepZeros) digits = digits.TrimEnd('0') is { Length: > 0 } rest ? rest : "0";
        if (scientific)
            return $"{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : keepZeros ? "." : "")}e{Exponent(exponent)}";
        if (exponent < 0) return $"0.{new string('0', -exponent - 1)}{digits}";
        if (digits.Length <= exponent + 1) return digits.PadRight(exponent + 1, '0') + (keepZeros ? "." : "");
        return $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary><c>round(x, digits)</c>, digits of either sign.</summary>
    public static double Round(double number, int digits)
    {
        if (!double.IsFinite(number) || digits > 323 || number == 0) return number;
        if (digits < -308) return number < 0 ? -0.0 : 0.0;
        string text = $"{Rounded(Math.Abs(number), digits)}e{-digits}";
        double rounded = double.Parse(text, CultureInfo.InvariantCulture);
        if (!double.IsFinite(rounded)) throw new PythonError("OverflowError", "rounded value too large to represent");
        return number < 0 ? -rounded : rounded;
    }

    /// <summary>The integer nearest to x·10^digits; of two, the even one.</summary>
    static BigInteger Rounded(double number, int digits)
    {
        var (mantissa, exponent) = Parts(number);
        var top = mantissa * (digits > 0 ? BigInteger.Pow(10, digits) : 1) * (exponent > 0 ? BigInteger.One << exponent : 1);
        var bottom = (exponent < 0 ? BigInteger.One << -exponent : BigInteger.One) * (digits < 0 ? BigInteger.Pow(10, -digits) : 1);
        var quotient = BigInteger.DivRem(top, bottom, out var rest);
        int half = (rest * 2).CompareTo(bottom);
        return half > 0 || half == 0 && !quotient.IsEven ? quotient + 1 : quotient;
    }

    /// <summary>Exactly <paramref name="count"/> digits and the power of ten of the first.</summary>
    static (string Digits, int Exponent) Significant(double number, int count)
    {
        if (number == 0) return (new string('0', count), 0);
        int exponent = (int)Math.Floor(Math.Log10(number));
        string digits = Rounded(number, count - 1 - exponent).ToString();
        // The logarithm may be one off, and rounding may carry.
        if (digits.Length != count)
        {
            exponent += digits.Length - count;
            digits = Rounded(number, count - 1 - exponent).ToString();
        }
        if (digits.Length > count) (digits, exponent) = (digits[..count], exponent + 1);
        return (digits, exponent);
    }

    static (BigInteger Mantissa, int Exponent) Parts(double number)
    {
        long bits = BitConverter.DoubleToInt64Bits(number), fraction = bits & ((1L << 52) - 1);
        int exponent = (int)(bits >> 52 & 0x7FF);
        return exponent == 0 ? (fraction, -1074) : (fraction | 1L << 52, exponent - 1075);
    }
}
