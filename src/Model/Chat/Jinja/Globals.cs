namespace PureLora.Jinja;

/// <summary>What every template can call: Jinja's globals, and those of Transformers.</summary>
internal static class Globals
{
    public static readonly Dictionary<string, Value> All = new()
    {
        ["range"] = Function("range", "*args", Range),
        ["dict"] = Type("dict", "*args, **kwargs", (run, a) => DictMethods.Make(run, "dict", a.Rest)),
        ["namespace"] = Type("Namespace", "*args, **kwargs", (run, a) => MakeNamespace(run, a.Rest)),
        ["cycler"] = Type("Cycler", "*args", (_, a) => a.Rest.Positional.Count == 0
            ? throw new PythonError("RuntimeError", "at least one item has to be provided") : new CyclerValue([.. a.Rest.Positional])),
        ["joiner"] = Type("Joiner", "sep=", (_, a) => new JoinerValue(a.Or("sep", new TextValue(", ")))),
        ["lipsum"] = Function("generate_lorem_ipsum", "n=, html=, min=, max=", (_, _) => throw Random("lipsum")),
        ["raise_exception"] = Function("raise_exception", "message", (run, a) => throw new PythonError("TemplateError", Printer.Str(run, a["message"]))),
        ["strftime_now"] = Function("strftime_now", "format", (run, a) => a["format"] is TextValue format
            ? Now(run, format.Text) : throw PythonError.Type($"strftime() argument 1 must be str, not {a["format"].Kind}")),
    };

    static TextValue Now(Run run, string format)
    {
        run.Step(format.Length);
        return run.Text(StrfTime.Format(run.Now, format));
    }

    static FunctionValue Function(string name, string parameters, Func<Run, Bound, Value> body) => new(new Function(name, parameters, body));

    static FunctionValue Type(string name, string parameters, Func<Run, Bound, Value> body) => new(new Function(name, parameters, body), "type");

    public static PythonError Random(string name) =>
        new("NotSupportedError", $"'{name}' gives other text each time, but the same conversation needs the same text");

    static NamespaceValue MakeNamespace(Run run, Arguments given)
    {
        var start = DictMethods.Make(run, "dict", given);
        return start.Entries.Keys.All(key => key is TextValue) ? new NamespaceValue(start) : throw PythonError.Type("a namespace's names must be texts");
    }

    static Value Range(Run run, Bound a)
    {
        var given = a.Rest.Positional;
        if (given.Count == 0) throw PythonError.Type("range expected at least 1 argument, got 0");
        if (given.Count > 3) throw PythonError.Type($"range expected at most 3 arguments, got {given.Count}");
        var numbers = given.Select(Whole).ToArray();
        long start = numbers.Length == 1 ? 0 : numbers[0], stop = numbers.Length == 1 ? numbers[0] : numbers[1], step = numbers.Length == 3 ? numbers[2] : 1;
        if (step == 0) throw PythonError.Value("range() arg 3 must not be zero");
        Int128 count = step > 0 ? ((Int128)stop - start + step - 1) / step : ((Int128)start - stop - step - 1) / -(Int128)step;
        if (count > Limits.RangeLength)
            throw new PythonError("OverflowError", $"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({Limits.RangeLength}).");
        return new RangeValue(start, stop, step, (int)Int128.Max(count, 0));
    }

    static long Whole(Value value)
    {
        if (!Numbers.IsInteger(value, out var number)) throw PythonError.Type($"'{value.Kind}' object cannot be interpreted as an integer");
        return number > int.MaxValue || number < int.MinValue
            ? throw new PythonError("OverflowError", $"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({Limits.RangeLength}).") : (long)number;
    }
}
