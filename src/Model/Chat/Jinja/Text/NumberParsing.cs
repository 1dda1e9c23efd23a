using System.Globalization;
using System.Numerics;
using System.Text;

namespace PureLora.Jinja;

/// <summary><c>int(text, base)</c> and <c>float(text)</c>: spaces around, a sign, single underscores between digits.</summary>
internal static class NumberParsing
{
    /// <exception cref="PythonError">The base is out of range, or there are too many digits.</exception>
    public static bool TryInteger(string text, int radix, out BigInteger number)
    {
        if (radix is not 0 and (< 2 or > 36)) throw PythonError.Value("int() base must be >= 2 and <= 36, or 0");
        number = 0;
        string body = Ascii(text);
        bool negative = body.StartsWith('-');
        if (negative || body.StartsWith('+')) body = body[1..];
        int prefix = body.Length > 1 && body[0] == '0' ? char.ToLowerInvariant(body[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        bool prefixed = prefix != 0 && (radix == 0 || radix == prefix);
        if (prefixed) body = body[2..];
        if (radix == 0)
        {
            radix = prefixed ? prefix : 10;
            if (!prefixed && body.Length > 1 && body[0] == '0' && body.Any(c => c is not ('0' or '_'))) return false;
        }
        // An underscore may stand after a prefix and between digits.
        if (prefixed && body.StartsWith('_')) body = body[1..];
        if (body.Length == 0 || body[0] == '_' || body[^1] == '_' || body.Contains("__")) return false;
        body = body.Replace("_", "");
        if (!body.All(c => Digit(c) < radix)) return false;
        if (!BitOperations.IsPow2(radix) && body.Length > Limits.IntegerDigits)
            throw PythonError.Value($"Exceeds the limit ({Limits.IntegerDigits} digits) for integer string conversion: value has {body.Length} digits; use sys.set_int_max_str_digits() to increase the limit");
        if (body.Length > Limits.IntegerBits / 5) throw PythonError.Limit("the digits of a whole number", Limits.IntegerBits / 5);
        number = radix == 10 ? BigInteger.Parse(body, CultureInfo.InvariantCulture) : body.Aggregate(BigInteger.Zero, (all, c) => all * radix + Digit(c));
        if (negative) number = -number;
        return true;
    }

    public static bool TryFloat(string text, out double number)
    {
        number = 0;
        string body = Ascii(text);
        string bare = body.TrimStart('+', '-').ToLowerInvariant();
        if (body.Length - bare.Length > 1) return false;
        if (bare is "inf" or "infinity" or "nan")
        {
            number = bare == "nan" ? double.NaN : body[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }
        for (int i = 0; i < body.Length; i++)
            if (body[i] == '_' && !(i > 0 && i + 1 < body.Length && char.IsAsciiDigit(body[i - 1]) && char.IsAsciiDigit(body[i + 1]))) return false;
        body = body.Replace("_", "");
        return body.All(c => char.IsAsciiDigit(c) || c is '+' or '-' or '.' or 'e' or 'E')
            && double.TryParse(body, NumberStyles.Float & ~(NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite), CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Spaces taken off, and the decimal digits of any script as ASCII.</summary>
    static string Ascii(string text)
    {
        int start = 0, end = text.Length;
        while (start < end && CodePoints.IsSpace(text[start])) start++;
        while (end > start && CodePoints.IsSpace(text[end - 1])) end--;
        if (System.Text.Ascii.IsValid(text.AsSpan(start, end - start))) return text[start..end];
        var ascii = new StringBuilder();
        foreach (int code in CodePoints.Of(text[start..end]))
            if (CodePoints.Category(code) == UnicodeCategory.DecimalDigitNumber) ascii.Append((int)CharUnicodeInfo.GetNumericValue(char.ConvertFromUtf32(code), 0));
            else CodePoints.Append(ascii, code);
        return ascii.ToString();
    }

    static int Digit(char c) => c is >= '0' and <= '9' ? c - '0' : c is >= 'a' and <= 'z' ? c - 'a' + 10 : c is >= 'A' and <= 'Z' ? c - 'A' + 10 : 99;
}
