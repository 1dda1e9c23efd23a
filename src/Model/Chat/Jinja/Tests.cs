namespace PureLora.Jinja;

/// <summary>What may follow <c>is</c>: all of Jinja's tests.</summary>
internal static class Tests
{
    static readonly Dictionary<string, Function> all = [];

    static Tests()
    {
        all["odd"] = new("test_odd", "value", (run, a) => Value.Of(IsRest(run, a["value"], Value.Of(2), 1)));
        all["even"] = new("test_even", "value", (run, a) => Value.Of(IsRest(run, a["value"], Value.Of(2), 0)));
        all["divisibleby"] = new("test_divisibleby", "value, num", (run, a) => Value.Of(IsRest(run, a["value"], a["num"], 0)));
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
        Add("sequence", v => v is TextValue or SequenceValue or DictValue or RangeValue or UndefinedValue);
        Add("iterable", v => v.Iterate() is not null);
        Add("callable", v => v.IsCallable);
        all["sameas"] = new("test_sameas", "value, other", (_, a) => Value.Of(IsSame(a["value"], a["other"])));
        Add("escaped", v => v is TextValue { IsMarkup: true });
        all["in"] = new("test_in", "value, seq", (run, a) => Value.Of(Comparison.Contains(run, a["seq"], a["value"])));
        Operator(Compared, "eq", "==", "equalto");
        Operator((run, a, b) => !Compared(run, a, b), "ne", "!=");
        foreach (string[] names in (string[][])[["gt", ">", "greaterthan"], ["ge", ">="], ["lt", "<", "lessthan"], ["le", "<="]])
            Operator((run, a, b) => Comparison.Ordered(names[1], a, b), names);
    }

    public static Function? Find(string name) => all.GetValueOrDefault(name);

    static void Add(string name, Func<Value, bool> test) => all[name] = new($"test_{name}", "value", (_, a) => Value.Of(test(a["value"])));

    static void Operator(Func<Run, Value, Value, bool> test, params string[] names)
    {
        foreach (string name in names)
            all[name] = new(names[0], "*args", (run, a) => a.Rest.Positional is [var left, var right]
                ? Value.Of(test(run, left, right)) : throw PythonError.Type($"{names[0]} expected 2 arguments, got {a.Rest.Positional.Count}"));
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

    static bool IsRest(Run run, Value value, Value by, int rest) => Comparison.Equal(Arithmetic.Binary(run, "%", value, by), Value.Of(rest));

    /// <summary>The same object; small ints and equal texts are one object in Python more often than not, and so here.</summary>
    static bool IsSame(Value a, Value b) => ReferenceEquals(a, b) || (a, b) switch
    {
        (IntValue x, IntValue y) => x.Number == y.Number,
        (TextValue x, TextValue y) => x.Text == y.Text && x.IsMarkup == y.IsMarkup,
        (TupleValue { Count: 0 }, TupleValue { Count: 0 }) => true,
        _ => false,
    };
}
