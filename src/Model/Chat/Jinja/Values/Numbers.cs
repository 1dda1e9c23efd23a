using System.Numerics;

namespace PureLora.Jinja;

/// <summary><c>int</c>, of any size up to <see cref="Limits.IntegerBits"/>.</summary>
internal sealed class IntValue(BigInteger number) : Value
{
    public BigInteger Number => number;

    public override string Kind => "int";

    public override bool Truth => !number.IsZero;

    public override long Weight => 1 + number.GetByteCount() / 8;

    public override int Hash => Numbers.HashOf(number);

    public override void Repr(Printer to) => to.Write(Numbers.Digits(number));

    public override Value? Attribute(string name) => NumberMethods.Of(this, name);
}

/// <summary><c>bool</c>, which counts as 0 and 1.</summary>
internal sealed class BoolValue : Value
{
    public static readonly BoolValue True = new(), False = new();

    public override string Kind => "bool";

    public override bool Truth => this == True;

    public override int Hash => Numbers.HashOf(Truth ? 1 : 0);

    public override void Repr(Printer to) => to.Write(Truth ? "True" : "False");

    public override Value? Attribute(string name) => NumberMethods.Of(this, name);
}

/// <summary><c>float</c>.</summary>
internal sealed class FloatValue(double number) : Value
{
    public double Number => number;

    public override string Kind => "float";

    public override bool Truth => number != 0;

    public override int Hash => double.IsFinite(number) && number == Math.Floor(number) ? Numbers.HashOf(new BigInteger(number)) : HashCode.Combine(number);

    public override void Repr(Printer to) => to.Write(FloatText.Repr(number));

    public override Value? Attribute(string name) => NumberMethods.Of(this, name);
}

/// <summary>What the number types share.</summary>
internal static class Numbers
{
    /// <summary>The value of an int or a bool.</summary>
    public static bool IsInteger(Value value, out BigInteger number)
    {
        number = value is IntValue i ? i.Number : value == BoolValue.True ? 1 : 0;
        return value is IntValue or BoolValue;
    }

    public static bool IsNumber(Value value) => value is IntValue or BoolValue or FloatValue;

    /// <summary>A number as a double; an int beyond its range is an OverflowError.</summary>
    public static double ToDouble(Value value)
    {
        if (value is FloatValue f) return f.Number;
        IsInteger(value, out var number);
        double d = ToDouble(number);
        return double.IsFinite(d) ? d : throw new PythonError("OverflowError", "int too large to convert to float");
    }

    /// <summary>The nearest double, of two the even one; the cast of .NET cuts off instead.</summary>
    public static double ToDouble(BigInteger number)
    {
        int excess = (int)Math.Max(0, number.GetBitLength() - 62);
        var top = number >> excess;
        // What is cut off shows in the last bit, so that it is rounded once.
        if (excess > 0 && !(number - (top << excess)).IsZero) top |= 1;
        return Math.ScaleB((double)(long)top, excess);
    }

    /// <summary>An int kept within the limit.</summary>
    public static Value Integer(BigInteger number) =>
        number.GetBitLength() > Limits.IntegerBits ? throw PythonError.Limit("the bits of a whole number", Limits.IntegerBits) : new IntValue(number);

    public static string Digits(BigInteger number)
    {
        if (number.GetBitLength() < 64) return number.ToString();
        string digits = number.ToString();
        return digits.Length - (number.Sign < 0 ? 1 : 0) <= Limits.IntegerDigits ? digits : throw TooManyDigits();
    }

    public static PythonError TooManyDigits() =>
        PythonError.Value($"Exceeds the limit ({Limits.IntegerDigits} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit");

    public static int HashOf(BigInteger number) => HashCode.Combine(number);
}
