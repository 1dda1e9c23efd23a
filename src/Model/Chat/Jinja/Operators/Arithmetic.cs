using System.Numerics;

namespace PureLora.Jinja;

/// <summary>Python's arithmetic on numbers, texts and lists.</summary>
internal static class Arithmetic
{
    public static Value Binary(Run run, string op, Value a, Value b)
    {
        run.Step((a.Weight + b.Weight) >> 6);
        // A text formats whatever is on the right, undefined values too.
        if (op == "%" && a is TextValue format) return Texts.Format(run, format, b);
        if (a is UndefinedValue u) throw u.Error;
        if (b is UndefinedValue v) throw v.Error;
        if (Numbers.IsNumber(a) && Numbers.IsNumber(b)) return Number(run, op, a, b);
        if (op == "+" && Joined(run, a, b) is { } joined) return joined;
        if (op == "*" && (Repeated(run, a, b) ?? Repeated(run, b, a)) is { } repeated) return repeated;
        if (op == "*" && (a is TextValue or SequenceValue || b is TextValue or SequenceValue))
            throw PythonError.Type($"can't multiply sequence by non-int of type '{(a is TextValue or SequenceValue ? b : a).Kind}'");
        throw PythonError.Type($"unsupported operand type(s) for {(op == "**" ? "** or pow()" : op)}: '{a.Kind}' and '{b.Kind}'");
    }

    static Value? Joined(Run run, Value a, Value b)
    {
        switch (a, b)
        {
            case (TextValue s, TextValue t):
                return Texts.Join(run, s, t);
            case (ListValue s, ListValue t):
                run.MakingList(s.Items.Length + (long)t.Items.Length);
                return new ListValue([.. s.Items, .. t.Items]);
            case (TupleValue s, TupleValue t):
                run.MakingList(s.Items.Length + (long)t.Items.Length);
                return new TupleValue([.. s.Items, .. t.Items]);
            case (TextValue { IsMarkup: false } or ListValue or TupleValue, _):
                string kind = a switch { TextValue => "str", ListValue => "list", _ => "tuple" };
                throw PythonError.Type($"can only concatenate {kind} (not \"{b.Kind}\") to {kind}");
            default:
                return null;
        }
    }

    static Value? Repeated(Run run, Value sequence, Value times)
    {
        if (sequence is not (TextValue or SequenceValue) || !Numbers.IsInteger(times, out var number)) return null;
        if (number > long.MaxValue >> 1) throw new PythonError("OverflowError", "cannot fit 'int' into an index-sized integer");
        long count = (long)BigInteger.Max(number, 0);
        if (sequence is TextValue text)
        {
            if (text.Text.Length == 0) return text;
            if (count > 0) run.Making(count > 1L << 32 ? long.MaxValue : text.Text.Length * count);
            return text.With(new System.Text.StringBuilder().Insert(0, text.Text, (int)count).ToString());
        }
        var items = ((SequenceValue)sequence).Items;
        if (items.Length == 0) count = 0;
        if (count > 0) run.MakingList(count > 1L << 32 ? long.MaxValue : items.Length * count);
        var all = new Value[items.Length * count];
        for (int i = 0; i < all.Length; i++) all[i] = items[i % items.Length];
        return ((SequenceValue)sequence).With(all);
    }

    static Value Number(Run run, string op, Value a, Value b)
    {
        if (Numbers.IsInteger(a, out var i) && Numbers.IsInteger(b, out var j))
        {
            run.Step(a.Weight * b.Weight >> 4);
            return Whole(op, i, j);
        }
        return Float(op, Numbers.ToDouble(a), Numbers.ToDouble(b));
    }

    static Value Whole(string op, BigInteger a, BigInteger b)
    {
        switch (op)
        {
            case "+": return Numbers.Integer(a + b);
            case "-": return Numbers.Integer(a - b);
            case "*": return Numbers.Integer(a * b);
            case "/": return new FloatValue(b.IsZero ? throw Zero("division by zero") : Quotient(a, b));
            case "//":
                if (b.IsZero) throw Zero("integer division or modulo by zero");
                return new IntValue(Floor(a, b));
            case "%":
                if (b.IsZero) throw Zero("integer modulo by zero");
                return new IntValue(a - Floor(a, b) * b);
            default:
                if (b.Sign < 0) return a.IsZero ? throw Zero("0.0 cannot be raised to a negative power") : Float(op, Numbers.ToDouble(a), Numbers.ToDouble(b));
                if (a.IsZero || a.IsOne || a == BigInteger.MinusOne) return new IntValue(b.IsZero || a.IsOne || a == BigInteger.MinusOne && b.IsEven ? BigInteger.One : a);
                if (b > Limits.IntegerBits || (a.GetBitLength() - 1) * (long)b > Limits.IntegerBits) throw PythonError.Limit("the bits of a whole number", Limits.IntegerBits);
                return Numbers.Integer(BigInteger.Pow(a, (int)b));
        }
    }

    static BigInteger Floor(BigInteger a, BigInteger b)
    {
        var quotient = BigInteger.DivRem(a, b, out var rest);
        return !rest.IsZero && rest.Sign != b.Sign ? quotient - 1 : quotient;
    }

    /// <summary>a / b rounded once, also where neither fits a double.</summary>
    static double Quotient(BigInteger a, BigInteger b)
    {
        const long exact = 1L << 53;
        if (BigInteger.Abs(a) <= exact && BigInteger.Abs(b) <= exact) return (double)a / (double)b;
        bool negative = a.Sign * b.Sign < 0;
        (a, b) = (BigInteger.Abs(a), BigInteger.Abs(b));
        // 66 bits of quotient and one that says whether anything is left: enough to round to 53 once.
        int shift = (int)(66 - (a.GetBitLength() - b.GetBitLength()));
        var quotient = BigInteger.DivRem(shift > 0 ? a << shift : a, shift < 0 ? b << -shift : b, out var rest) << 1;
        if (!rest.IsZero) quotient |= 1;
        double result = Math.ScaleB(Numbers.ToDouble(quotient), -shift - 1);
        if (!double.IsFinite(result)) throw new PythonError("OverflowError", "integer division result too large for a float");
        return negative ? -result : result;
    }

    static Value Float(string op, double a, double b)
    {
        switch (op)
        {
            case "+": return new FloatValue(a + b);
            case "-": return new FloatValue(a - b);
            case "*": return new FloatValue(a * b);
            case "/": return new FloatValue(b == 0 ? throw Zero("float division by zero") : a / b);
            case "//" or "%":
                if (b == 0) throw Zero(op == "%" ? "float modulo" : "float floor division by zero");
                return new FloatValue(op == "%" ? Modulo(a, b) : FloorDivide(a, b));
            default:
                if (a == 0 && b < 0) throw Zero("0.0 cannot be raised to a negative power");
                if (a < 0 && double.IsFinite(a) && double.IsFinite(b) && b != Math.Floor(b)) throw PythonError.Value("a negative number raised to a fraction is complex, which templates do not have");
                double power = Math.Pow(a, b);
                return new FloatValue(double.IsInfinity(power) && double.IsFinite(a) && double.IsFinite(b) ? throw new PythonError("OverflowError", "(34, 'Numerical result out of range')") : power);
        }
    }

    static double Modulo(double a, double b)
    {
        double rest = a % b;
        if (rest == 0) return Math.CopySign(0, b);
        return rest < 0 != b < 0 ? rest + b : rest;
    }

    static double FloorDivide(double a, double b)
    {
        double rest = a % b, quotient = (a - rest) / b;
        if (rest != 0 && rest < 0 != b < 0) quotient -= 1;
        if (quotient == 0) return Math.CopySign(0, a / b);
        double floor = Math.Floor(quotient);
        return quotient - floor > 0.5 ? floor + 1 : floor;
    }

    static PythonError Zero(string message) => new("ZeroDivisionError", message);

    /// <summary><c>-a</c> or <c>+a</c>.</summary>
    public static Value Unary(string op, Value a)
    {
        if (a is UndefinedValue u) throw u.Error;
        if (a is FloatValue f) return op == "-" ? new FloatValue(-f.Number) : f;
        if (Numbers.IsInteger(a, out var number)) return new IntValue(op == "-" ? -number : number);
        throw PythonError.Type($"bad operand type for unary {op}: '{a.Kind}'");
    }
}
