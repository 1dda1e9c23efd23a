using System.Numerics;
using System.Text;

namespace PureLora.Jinja;

/// <summary>
/// <c>[[fill]align][sign][z][#][0][width][grouping][.precision][type]</c>, Python's format specification, applied to texts,
/// whole numbers and floats.
/// </summary>
internal sealed class FormatSpec
{
    public string Fill { get; set; } = " ";

    public char? Align { get; set; }

    public char Sign { get; set; } = '-';

    /// <summary>Whether a sign was asked for, which texts refuse.</summary>
    bool HasSign { get; set; }

    /// <summary><c>z</c>: a number that rounds to zero has no minus.</summary>
    bool PlainZero { get; set; }

    public bool Alternate { get; set; }

    public bool Zero { get; set; }

    public int Width { get; set; }

    public char? Grouping { get; set; }

    public int? Precision { get; set; }

    public char? Type { get; set; }

    public static FormatSpec Parse(string text)
    {
        var spec = new FormatSpec();
        int at = 0, fill = text.Length > 0 ? CodePoints.UnitsAt(text, 0) : 0;
        char Now() => at < text.Length ? text[at] : '\0';
        if (fill > 0 && fill < text.Length && text[fill] is '<' or '>' or '=' or '^' && fill < text.Length) (spec.Fill, spec.Align, at) = (text[..fill], text[fill], fill + 1);
        else if (Now() is '<' or '>' or '=' or '^') spec.Align = text[at++];
        if (Now() is '+' or '-' or ' ') (spec.Sign, spec.HasSign) = (text[at++], true);
        if (Now() == 'z') (spec.PlainZero, at) = (true, at + 1);
        if (Now() == '#') (spec.Alternate, at) = (true, at + 1);
        if (Now() == '0')
        {
            at++;
            spec.Zero = true;
            // A zero before the width pads after the sign, unless something else is asked for.
            if (spec.Align is null) (spec.Fill, spec.Align) = ("0", '=');
        }
        spec.Width = Number() ?? 0;
        if (Now() is ',' or '_') spec.Grouping = text[at++];
        if (Now() == '.')
        {
            at++;
            spec.Precision = Number() ?? throw PythonError.Value("Format specifier missing precision");
        }
        if (at + 1 < text.Length) throw PythonError.Value("Invalid format specifier");
        if (at < text.Length) spec.Type = text[at];
        return spec;

        int? Number()
        {
            long? number = null;
            for (; char.IsAsciiDigit(Now()); at++)
                if ((number = (number ?? 0) * 10 + (text[at] - '0')) > int.MaxValue) throw PythonError.Value("Too many decimal digits in format string");
            return (int?)number;
        }
    }

    public static string Apply(Run run, Value value, string spec) => value is TextValue || Numbers.IsNumber(value)
        ? Parse(spec).Apply(run, value) : throw PythonError.Type($"unsupported format string passed to {value.Kind}.__format__");

    string Apply(Run run, Value value)
    {
        run.Making(Width);
        if (value is TextValue text) return Apply(text.Text);
        if (value is FloatValue || Numbers.IsNumber(value) && Type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%')
            return Number(Float(run, Numbers.ToDouble(value)), 3);
        Numbers.IsInteger(value, out var number);
        return Integer(run, number, value.Kind);
    }

    string Apply(string text)
    {
        if (Type is not null and not 's') throw Unknown("str");
        if (HasSign) throw PythonError.Value($"{(Sign == ' ' ? "Space" : "Sign")} not allowed in string format specifier");
        if (PlainZero) throw PythonError.Value("Negative zero coercion (z) not allowed in string format specifier");
        if (Alternate) throw PythonError.Value("Alternate form (#) not allowed in string format specifier");
        if (Align == '=' && !Zero) throw PythonError.Value("'=' alignment not allowed in string format specifier");
        if (Grouping is { } g) throw PythonError.Value($"Cannot specify '{g}' with 's'.");
        return Pad(Precision is { } most ? CodePoints.First(text, most) : text, Align is null or '=' ? '<' : Align.Value);
    }

    string Integer(Run run, BigInteger number, string kind)
    {
        if (PlainZero) throw PythonError.Value("Negative zero coercion (z) not allowed in integer format specifier");
        if (Precision is not null) throw PythonError.Value("Precision not allowed in integer format specifier");
        var magnitude = BigInteger.Abs(number);
        if (Type == 'c')
        {
            if (number.Sign < 0 || number > 0x10FFFF) throw new PythonError("OverflowError", "%c arg not in range(0x110000)");
            var one = new StringBuilder();
            CodePoints.Append(one, (int)number);
            return Pad(one.ToString(), Align ?? '<');
        }
        var (digits, prefix, group) = Type switch
        {
            'b' => (Radix(magnitude, 2), "0b", 4),
            'o' => (Radix(magnitude, 8), "0o", 4),
            'x' => (Radix(magnitude, 16), "0x", 4),
            'X' => (Radix(magnitude, 16).ToUpperInvariant(), "0X", 4),
            null or 'd' or 'n' => (Numbers.Digits(magnitude), "", 3),
            _ => throw Unknown(kind),
        };
        run.Making(digits.Length);
        return Number((SignOf(number.Sign < 0) + (Alternate ? prefix : ""), digits), group);
    }

    /// <summary>Sign and magnitude of a float.</summary>
    public (string Sign, string Body) Float(Run run, double number)
    {
        int precision = Precision ?? 6;
        run.Making(precision);
        // Digits of an exact number cost more the more there are.
        run.Step((long)precision * precision >> 10);
        bool negative = number < 0 || number == 0 && double.IsNegative(number);
        string body = !double.IsFinite(number) ? FloatText.NotFinite(Math.Abs(number)) + (Type == '%' ? "%" : "") : Type switch
        {
            'f' or 'F' => FloatText.Fixed(number, precision) + (Alternate && precision == 0 ? "." : ""),
            'e' or 'E' => FloatText.Scientific(number, precision).Replace("e", Alternate && precision == 0 ? ".e" : "e"),
            'g' or 'G' or 'n' => FloatText.General(number, precision, Alternate),
            '%' => FloatText.Fixed(number * 100, precision) + "%",
            null => Precision is null ? FloatText.Repr(Math.Abs(number)) : WithPoint(FloatText.General(number, precision, false), precision),
            _ => throw Unknown("float"),
        };
        if (PlainZero && !body.AsSpan().ContainsAnyInRange('1', '9')) negative = false;
        return (SignOf(negative), Type is 'E' or 'F' or 'G' ? body.ToUpperInvariant() : body);
    }

    /// <summary>Without a type a float keeps one digit after its point, if that leaves it as precise.</summary>
    static string WithPoint(string text, int precision) =>
        text.Contains('.') || text.Contains('e') ? text : text.Length < precision ? text + ".0" : $"{FloatText.Scientific(double.Parse(text, System.Globalization.CultureInfo.InvariantCulture), Math.Max(0, text.TrimEnd('0').Length - 1))}";

    string Number((string Sign, string Body) number, int group)
    {
        var (sign, body) = number;
        bool zeros = Align == '=' && Fill == "0";
        if (Grouping is { } separator) body = Grouped(body, separator, group, zeros ? Width - sign.Length : 0);
        if (Align is not (null or '=')) return Pad(sign + body, Align.Value);
        int missing = Math.Max(0, Width - sign.Length - body.Length);
        string padding = string.Concat(Enumerable.Repeat(Fill, missing));
        return Align == '=' ? sign + padding + body : padding + sign + body;
    }

    static string Grouped(string body, char separator, int group, int least)
    {
        int whole = body.TakeWhile(char.IsAsciiHexDigit).Count();
        if (body.AsSpan(0, whole).ContainsAny('e', 'E') && group == 3) whole = body.TakeWhile(char.IsAsciiDigit).Count();
        string rest = body[whole..], digits = body[..whole];
        var text = new StringBuilder();
        int width = 0;
        for (int i = 0; i < digits.Length || width + rest.Length < least; i++)
        {
            if (i > 0 && i % group == 0)
            {
                text.Insert(0, separator);
                width++;
            }
            text.Insert(0, i < digits.Length ? digits[^(i + 1)] : '0');
            width++;
        }
        return text + rest;
    }

    public string SignOf(bool negative) => negative ? "-" : Sign == '-' ? "" : Sign.ToString();

    public string Pad(string text, char align)
    {
        int missing = Width - CodePoints.Count(text);
        if (missing <= 0) return text;
        int before = align switch { '<' => 0, '^' => missing / 2, _ => missing };
        return new StringBuilder().Insert(0, Fill, before).Append(text).Insert(Fill.Length * before + text.Length, Fill, missing - before).ToString();
    }

    public static string Radix(BigInteger magnitude, int radix)
    {
        if (magnitude.IsZero) return "0";
        var digits = new List<char>();
        for (; !magnitude.IsZero; magnitude /= radix) digits.Add("0123456789abcdef"[(int)(magnitude % radix)]);
        digits.Reverse();
        return new string([.. digits]);
    }

    /// <summary>What is not ASCII as escapes.</summary>
    public static string Ascii(string text)
    {
        var to = new StringBuilder();
        foreach (int code in CodePoints.Of(text)) to.Append(code < 128 ? ((char)code).ToString() : code < 0x100 ? $"\\x{code:x2}" : code < 0x10000 ? $"\\u{code:x4}" : $"\\U{code:x8}");
        return to.ToString();
    }

    PythonError Unknown(string kind) => PythonError.Value($"Unknown format code '{Type}' for object of type '{kind}'");
}
