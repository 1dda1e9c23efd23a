using System.Numerics;

namespace PureLora.Jinja;

/// <summary>Filters of single values: numbers, defaults, attributes.</summary>
internal static class ValueFilters
{
    public static readonly Dictionary<string, Function> All = new()
    {
        ["abs"] = new("abs", "x, /", (_, a) => Absolute(a["x"])),
        ["attr"] = new("do_attr", "obj, name", (run, a) => a["name"] is TextValue name
            ? Access.AttributeOnly(run, a["obj"], name.Text) : throw PythonError.Type($"attribute name must be string, not '{a["name"].Kind}'")),
        ["d"] = new("do_default", "value, default_value=, boolean=", Default),
        ["default"] = new("do_default", "value, default_value=, boolean=", Default),
        ["float"] = new("do_float", "value, default=", (_, a) => Float(a["value"]) is { } number ? new FloatValue(number) : a.Or("default", new FloatValue(0))),
        ["int"] = new("do_int", "value, default=, base=", (_, a) => Integer(a["value"], a.Int("base", 10)) is { } number ? new IntValue(number) : a.Or("default", Value.Of(0))),
        ["round"] = new("do_round", "value, precision=, method=", Round),
    };

    static Value Default(Run run, Bound a) =>
        a["value"] is UndefinedValue || a.Flag("boolean") && !a["value"].Truth ? a.Or("default_value", TextValue.Empty) : a["value"];

    static Value Absolute(Value value)
    {
        if (value is FloatValue f) return new FloatValue(Math.Abs(f.Number));
        if (Numbers.IsInteger(value, out var number)) return new IntValue(BigInteger.Abs(number));
        throw PythonError.Type($"bad operand type for abs(): '{value.Kind}'");
    }

    /// <summary><c>float(value)</c>, or null where Python raises TypeError or ValueError.</summary>
    static double? Float(Value value) => value switch
    {
        TextValue text => NumberParsing.TryFloat(text.Text, out double number) ? number : null,
        UndefinedValue undefined => throw undefined.Error,
        _ => Numbers.IsNumber(value) ? Numbers.ToDouble(value) : null,
    };

    public static double ToFloat(Run run, Value value) => Float(value) ?? throw (value is TextValue
        ? PythonError.Value($"could not convert string to float: {Printer.Repr(run, value)}")
        : PythonError.Type($"float() argument must be a string or a real number, not '{value.Kind}'"));

    /// <summary><c>int(value)</c>; where that fails <c>int(float(value))</c>; null where that fails too.</summary>
    static BigInteger? Integer(Value value, int radix)
    {
        try
        {
            if (Numbers.IsInteger(value, out var whole)) return whole;
            if (value is TextValue text && NumberParsing.TryInteger(text.Text, radix, out var number)) return number;
        }
        catch (PythonError e) when (e.Kind == "ValueError")
        {
        }
        bool infinite = value is FloatValue { Number: double.PositiveInfinity or double.NegativeInfinity };
        if (infinite) throw new PythonError("OverflowError", "cannot convert float infinity to integer");
        return Float(value) is { } f && double.IsFinite(f) ? new BigInteger(f) : null;
    }

    static Value Round(Run run, Bound a)
    {
        if (a.Find("method") is not (null or TextValue { Text: "common" or "ceil" or "floor" })) throw PythonError.Filter("method must be common, ceil or floor");
        string method = (a.Find("method") as TextValue)?.Text ?? "common";
        var value = a["value"];
        if (method == "common" && !Numbers.IsNumber(value)) throw PythonError.Type($"type {value.Kind} doesn't define __round__ method");
        if (method != "common") return Towards(run, value, a.Or("precision", Value.Of(0)), up: method == "ceil");
        if (value is FloatValue f) return a.Find("precision") is NoneValue ? Nearest(f.Number) : new FloatValue(FloatText.Round(f.Number, a.Int("precision", 0)));
        Numbers.IsInteger(value, out var number);
        int precision = a.Int("precision", 0, noneToo: true);
        return new IntValue(precision >= 0 ? number : Whole(number, -precision));
    }

    static Value Nearest(double number) => double.IsFinite(number) ? new IntValue(new BigInteger(Math.Round(number, MidpointRounding.ToEven)))
        : throw (double.IsNaN(number) ? PythonError.Value("cannot convert float NaN to integer") : new PythonError("OverflowError", "cannot convert float infinity to integer"));

    /// <summary>To a multiple of a power of ten, of two as near the even one.</summary>
    static BigInteger Whole(BigInteger number, int digits)
    {
        if (digits > Limits.IntegerDigits) return 0;
        var unit = BigInteger.Pow(10, digits);
        var quotient = BigInteger.DivRem(BigInteger.Abs(number), unit, out var rest);
        int half = (rest * 2).CompareTo(unit);
        if (half > 0 || half == 0 && !quotient.IsEven) quotient++;
        return quotient * unit * number.Sign;
    }

    static Value Towards(Run run, Value value, Value precision, bool up)
    {
        var scale = Arithmetic.Binary(run, "**", Value.Of(10), precision);
        var scaled = Arithmetic.Binary(run, "*", value, scale);
        if (scaled is FloatValue { Number: var number })
        {
            if (!double.IsFinite(number)) return Nearest(number);
            scaled = new IntValue(new BigInteger(up ? Math.Ceiling(number) : Math.Floor(number)));
        }
        return Numbers.IsNumber(scaled) ? Arithmetic.Binary(run, "/", scaled, scale) : throw PythonError.Type($"must be real number, not {scaled.Kind}");
    }
}
