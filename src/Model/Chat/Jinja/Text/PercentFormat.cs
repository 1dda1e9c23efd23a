using System.Numerics;
using System.Text;

namespace PureLora.Jinja;

/// <summary><c>text % values</c>, as in Python's printf-style formatting.</summary>
internal sealed class PercentFormat
{
    readonly Run run;
    readonly string format;
    readonly Value given;
    readonly Value[] values;
    int next, at;

    PercentFormat(Run run, string format, Value given)
    {
        (this.run, this.format, this.given) = (run, format, given);
        values = given is TupleValue tuple ? tuple.Items : [given];
    }

    public static string Apply(Run run, string format, Value given) => new PercentFormat(run, format, given).Apply();

    string Apply()
    {
        var text = new StringBuilder();
        bool named = false;
        while (at < format.Length)
        {
            int percent = format.IndexOf('%', at);
            run.Write(text, percent < 0 ? format[at..] : format[at..percent]);
            if (percent < 0) break;
            at = percent + 1;
            run.Write(text, One(ref named));
        }
        // A mapping, or anything with elements that is no tuple or text, may be left over.
        bool mayRemain = given is not TupleValue and not TextValue && given is DictValue or ListValue or RangeValue or UndefinedValue;
        if (!named && next < values.Length && !mayRemain) throw PythonError.Type("not all arguments converted during string formatting");
        return text.ToString();
    }

    char Take() => at < format.Length ? format[at++] : throw PythonError.Value("incomplete format");

    string One(ref bool named)
    {
        if (at < format.Length && format[at] == '%')
        {
            at++;
            return "%";
        }
        Value? chosen = null;
        if (at < format.Length && format[at] == '(')
        {
            named = true;
            chosen = Named();
        }
        var spec = new FormatSpec { Sign = '-' };
        for (; at < format.Length && format[at] is '-' or '+' or ' ' or '#' or '0'; at++)
        {
            if (format[at] == '-') spec.Align = '<';
            else if (format[at] == '+') spec.Sign = '+';
            else if (format[at] == ' ' && spec.Sign != '+') spec.Sign = ' ';
            else if (format[at] == '#') spec.Alternate = true;
            else if (format[at] == '0') spec.Zero = true;
        }
        int width = Number("width");
        if (width < 0) (spec.Align, width) = ('<', -width);
        spec.Width = width;
        if (at < format.Length && format[at] == '.')
        {
            at++;
            spec.Precision = Math.Max(0, Number("precision"));
        }
        while (at < format.Length && format[at] is 'h' or 'l' or 'L') at++;
        char type = Take();
        return "srac".Contains(type) || "diuxXoeEfFgG".Contains(type) ? Convert(type, chosen ?? Next(), spec)
            : throw PythonError.Value($"unsupported format character '{type}' (0x{(int)type:x}) at index {CodePoints.IndexOf(format, at - 1)}");
    }

    Value Named()
    {
        if (given is not (DictValue or UndefinedValue)) throw PythonError.Type("format requires a mapping");
        int start = ++at, open = 1;
        for (; at < format.Length && open > 0; at++) open += format[at] == '(' ? 1 : format[at] == ')' ? -1 : 0;
        if (open > 0) throw PythonError.Value("incomplete format key");
        var key = new TextValue(format[start..(at - 1)]);
        return given.Element(key) ?? throw new PythonError("KeyError", TextRepr.Of(key.Text));
    }

    Value Next() => next < values.Length ? values[next++] : throw PythonError.Type("not enough arguments for format string");

    int Number(string what)
    {
        if (at < format.Length && format[at] == '*')
        {
            at++;
            if (!Numbers.IsInteger(Next(), out var star)) throw PythonError.Type("* wants int");
            return BigInteger.Abs(star) < int.MaxValue ? (int)star : throw new PythonError("OverflowError", "Python int too large to convert to C int");
        }
        long number = 0;
        for (; at < format.Length && char.IsAsciiDigit(format[at]); at++)
            if ((number = number * 10 + (format[at] - '0')) > int.MaxValue) throw PythonError.Value($"{what} too big");
        return (int)number;
    }

    string Convert(char type, Value value, FormatSpec spec)
    {
        run.Making(spec.Width);
        switch (type)
        {
            case 's' or 'r' or 'a':
                string text = type == 's' ? Printer.Str(run, value) : Printer.Repr(run, value);
                if (type == 'a') text = FormatSpec.Ascii(text);
                spec.Zero = false;
                return spec.Pad(spec.Precision is { } most ? CodePoints.First(text, most) : text, spec.Align ?? '>');
            case 'c':
                spec.Zero = false;
                return spec.Pad(Character(value), spec.Align ?? '>');
            case 'd' or 'i' or 'u' or 'x' or 'X' or 'o':
                return Whole(type, value, spec);
            default:
                if (!Numbers.IsNumber(value)) throw value is UndefinedValue undefined ? undefined.Error : PythonError.Type($"must be real number, not {value.Kind}");
                spec.Type = type;
                spec.Precision ??= 6;
                return Padded(spec.Float(run, Numbers.ToDouble(value)), spec);
        }
    }

    string Whole(char type, Value value, FormatSpec spec)
    {
        if (!Numbers.IsInteger(value, out var number))
        {
            if (value is UndefinedValue undefined && type is not ('x' or 'X' or 'o')) throw undefined.Error;
            if (type is 'x' or 'X' or 'o' || value is not FloatValue f)
                throw PythonError.Type($"%{type} format: {(type is 'x' or 'X' or 'o' ? "an integer" : "a real number")} is required, not {value.Kind}");
            number = Whole(f.Number);
        }
        var magnitude = BigInteger.Abs(number);
        string digits = type switch { 'x' => FormatSpec.Radix(magnitude, 16), 'X' => FormatSpec.Radix(magnitude, 16).ToUpperInvariant(), 'o' => FormatSpec.Radix(magnitude, 8), _ => Numbers.Digits(magnitude) };
        if (spec.Precision is { } least)
        {
            run.Making(least);
            digits = digits.PadLeft(least, '0');
        }
        string prefix = spec.Alternate ? type switch { 'x' => "0x", 'X' => "0X", 'o' => "0o", _ => "" } : "";
        return Padded((spec.SignOf(number.Sign < 0) + prefix, digits), spec);
    }

    static BigInteger Whole(double number) => double.IsFinite(number) ? new BigInteger(number) : throw (double.IsNaN(number)
        ? PythonError.Value("cannot convert float NaN to integer") : new PythonError("OverflowError", "cannot convert float infinity to integer"));

    static string Padded((string Sign, string Body) number, FormatSpec spec)
    {
        int missing = Math.Max(0, spec.Width - number.Sign.Length - number.Body.Length);
        return spec.Align == '<' ? number.Sign + number.Body + new string(' ', missing)
            : spec.Zero ? number.Sign + new string('0', missing) + number.Body
            : new string(' ', missing) + number.Sign + number.Body;
    }

    static string Character(Value value)
    {
        if (value is TextValue { Length: 1 } text) return text.Text;
        if (!Numbers.IsInteger(value, out var code)) throw PythonError.Type("%c requires int or char");
        if (code.Sign < 0 || code > 0x10FFFF) throw new PythonError("OverflowError", "%c arg not in range(0x110000)");
        var one = new StringBuilder();
        CodePoints.Append(one, (int)code);
        return one.ToString();
    }
}
