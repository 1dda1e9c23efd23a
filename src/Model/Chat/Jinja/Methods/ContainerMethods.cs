namespace PureLora.Jinja;

/// <summary>Methods of lists, tuples and ranges. Those that change a list exist, and the sandbox refuses them.</summary>
internal static class SequenceMethods
{
    public static bool ChangesList(string name) => name is "append" or "clear" or "pop" or "reverse" or "insert" or "sort" or "extend" or "remove";

    public static Value? OfList(ListValue self, string name) => name == "copy" || ChangesList(name)
        ? new MethodValue(self, name, "/", (run, _) => self)
        : OfTuple(self, name);

    public static Value? OfTuple(SequenceValue self, string name) => OfRange(self, name);

    public static Value? OfRange(Value self, string name) => name switch
    {
        "count" => new MethodValue(self, "count", "value, /", (run, a) => Value.Of(Iteration.Of(run, self).Count(item => Same(run, item, a["value"])))),
        "index" => new MethodValue(self, "index", "value, start=, stop=, /", (run, a) => Index(run, self, a)),
        _ => null,
    };

    static bool Same(Run run, Value a, Value b)
    {
        run.Step(Math.Min(a.Weight, b.Weight));
        return ReferenceEquals(a, b) || Comparison.Equal(a, b);
    }

    static Value Index(Run run, Value self, Bound a)
    {
        int length = self.Count!.Value, start = Place(a.Int("start", 0)), stop = Math.Min(length, Place(a.Int("stop", length)));
        for (int i = start; i < stop; i++)
            if (Same(run, self.Element(Value.Of(i))!, a["value"])) return Value.Of(i);
        throw PythonError.Value(self is TupleValue ? "tuple.index(x): x not in tuple" : $"{Printer.Repr(run, a["value"])} is not in {self.Kind}");

        int Place(int at) => at < 0 ? Math.Max(0, at + length) : at;
    }
}

/// <summary>Methods of dicts.</summary>
internal static class DictMethods
{
    public static bool ChangesDict(string name) => name is "clear" or "pop" or "popitem" or "setdefault" or "update";

    public static Value? Of(DictValue self, string name) => name switch
    {
        "get" => new MethodValue(self, "get", "key, default=, /", (run, a) =>
        {
            run.Step(a["key"].Weight);
            return self.Find(a["key"]) ?? a.Or("default", Value.None);
        }),
        "keys" or "values" or "items" => new MethodValue(self, name, "/", (run, _) => new DictViewValue(self, name)),
        "copy" => new MethodValue(self, "copy", "/", (run, _) => self),
        "fromkeys" => new MethodValue(self, "fromkeys", "iterable, value=, /", (run, a) =>
        {
            var dict = new DictValue();
            foreach (var key in Iteration.Of(run, a["iterable"])) dict.Put(key, a.Or("value", Value.None));
            return dict;
        }),
        _ => ChangesDict(name) ? new MethodValue(self, name, "/", (run, _) => self) : null,
    };

    /// <summary><c>dict(...)</c>: a dict or pairs, then names.</summary>
    public static DictValue Make(Run run, string function, Arguments given)
    {
        if (given.Positional.Count > 1) throw PythonError.Type($"{function} expected at most 1 argument, got {given.Positional.Count}");
        var dict = new DictValue();
        if (given.Positional.Count == 1) Fill(run, dict, given.Positional[0]);
        foreach (var (name, value) in given.Named) dict.Put(new TextValue(name), value);
        return dict;
    }

    static void Fill(Run run, DictValue dict, Value from)
    {
        if (from is DictValue other)
        {
            run.MakingList(other.Entries.Count);
            foreach (var (key, value) in other.Entries) dict.Put(key, value);
            return;
        }
        int index = 0;
        foreach (var item in Iteration.Of(run, from))
        {
            if (item.Iterate() is null) throw PythonError.Type($"cannot convert dictionary update sequence element #{index} to a sequence");
            var pair = Iteration.ToList(run, item);
            if (pair.Count != 2) throw PythonError.Value($"dictionary update sequence element #{index} has length {pair.Count}; 2 is required");
            dict.Put(pair[0], pair[1]);
            index++;
        }
    }
}

/// <summary>Methods and attributes of numbers.</summary>
internal static class NumberMethods
{
    public static Value? Of(Value self, string name)
    {
        bool whole = Numbers.IsInteger(self, out var number);
        Value plain = whole ? new IntValue(number) : self;
        return name switch
        {
            "real" => plain,
            "imag" => whole ? Value.Of(0) : new FloatValue(0),
            "conjugate" => new MethodValue(self, name, "/", (_, _) => plain),
            "numerator" when whole => plain,
            "denominator" when whole => Value.Of(1),
            "bit_length" when whole => new MethodValue(self, name, "/", (_, _) => Value.Of(System.Numerics.BigInteger.Abs(number).GetBitLength())),
            "bit_count" when whole => new MethodValue(self, name, "/", (_, _) => Value.Of(FormatSpec.Radix(System.Numerics.BigInteger.Abs(number), 2).Count(c => c == '1'))),
            "is_integer" when self is FloatValue f => new MethodValue(self, name, "/", (_, _) => Value.Of(f.Number == Math.Floor(f.Number) && double.IsFinite(f.Number))),
            _ => null,
        };
    }
}
