using System.Numerics;

namespace PureLora.Jinja;

/// <summary>What may follow <c>is</c>: all of Jinja's tests.</summary>
internal static class Tests
{
    static readonly Dictionary<string, Function> all = [];

    static Tests()
    {
        Add("odd", v => IsRest(v, 2, 1));
        Add("even", v => IsRest(v, 2, 0));
        all["divisibleby"] = new("test_divisibleby", "value, num", (run, a) => Value.Of(IsZero(Arithmetic.Binary(run, "%", a["value"], a["num"]))));
        Add("defined", v => v is not UndefinedValue);
        Add("undefined", v => v is UndefinedValue);
        Add("filter", v => v is TextValue name ? Filters.Find(name.Text) is not null : Hashable(v));
        Add("test", v => v is TextValue name ? Find(name.Text) is not null : Hashable(v));
        Add("none", v => v is NoneValue);
        Add("boolean", v => v is BoolValue);
        Add("false", v => v == BoolValue.False);
        Add("true", v => v == BoolValue.True);
        Add("integer", v => v is IntValue);
        Add("float", v => v is FloatValue);
        all["lower"] = new("test_lower", "value", (run, a) => Value.Of(StringTests.IsLower(Printer.Str(run, a["value"]))));
        all["upper"] = new("test_upper", "value", (run, a) => Value.Of(StringTests.IsUpper(Printer.Str(run, a["value"]))));
        Add("string", v => v is TextValue);
        Add("mapping", v => v is DictValue);
        Add("number", Numbers.IsNumber);
        Add("sequence", v => v is TextValue or SequenceValue or DictValue or RangeValue);
        Add("iterable", v => v.Iterate() is not null);
        Add("callable", v => v.IsCallable);
        all["sameas"] = new("test_sameas", "value, other", (_, a) => Value.Of(IsSame(a["value"], a["other"])));
        Add("escaped", v => v is TextValue { IsMarkup: true });
        all["in"] = new("test_in", "value, seq", (run, a) => Value.Of(Comparison.Contains(run, a["seq"], a["value"])));
        Operator((run, a, b) => Compared(run, a, b), "==", "eq", "equalto");
        Operator((run, a, b) => !Compared(run, a, b), "!=", "ne");
        foreach (var (op, names) in ((string, string[])[])[(">", ["gt", "greaterthan"]), (">=", ["ge"]), ("<", ["lt", "lessthan"]), ("<=", ["le"])])
            Operator((run, a, b) => Comparison.Ordered(op, a, b), [op, .. names]);
    }

    public static Function? Find(string name) => all.GetValueOrDefault(name);

    static void Add(string name, Func<Value, bool> test) => all[name] = new($"test_{name}", "value", (_, a) => Value.Of(test(a["value"])));

    static void Operator(Func<Run, Value, Value, bool> test, params string[] names)
    {
        foreach (string name in names) all[name] = new(names[0], "a, b, /", (run, a) => Value.Of(test(run, a["a"], a["b"])));
    }

    static bool Compared(Run run, Value a, Value b)
    {
        run.Step(Math.Min(a.Weight, b.Weight) >> 2);
        return Comparison.Equal(a, b);
    }

    static bool Hashable(Value value)
    {
        _ = value.Hash;
        return false;
    }

    static bool IsRest(Value value, int by, int rest) => value switch
    {
        FloatValue f => (f.Number % by + by) % by == rest,
        TextValue => throw PythonError.Type("not all arguments converted during string formatting"),
        UndefinedValue u => throw u.Error,
        _ => Numbers.IsInteger(value, out var number) ? (BigInteger.Remainder(number, by) + by) % by == rest
            : throw PythonError.Type($"unsupported operand type(s) for %: '{value.Kind}' and 'int'"),
    };

    static bool IsZero(Value value) => Numbers.IsNumber(value) && !value.Truth;

    /// <summary>The same object; small ints and equal texts are one object in Python more often than not, and so here.</summary>
    static bool IsSame(Value a, Value b) => ReferenceEquals(a, b) || (a, b) switch
    {
        (IntValue x, IntValue y) => x.Number == y.Number,
        (TextValue x, TextValue y) => x.Text == y.Text && x.IsMarkup == y.IsMarkup,
        (TupleValue { Count: 0 }, TupleValue { Count: 0 }) => true,
        _ => false,
    };
}
