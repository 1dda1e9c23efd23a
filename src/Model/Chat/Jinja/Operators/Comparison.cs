using System.Numerics;

namespace PureLora.Jinja;

/// <summary>Python's <c>==</c>, <c>&lt;</c> and <c>in</c>.</summary>
internal static class Comparison
{
    /// <summary>By content for numbers, texts and containers of one kind; anything else equals itself alone.</summary>
    public static bool Equal(Value a, Value b)
    {
        if (ReferenceEquals(a, b)) return a is not FloatValue { Number: double.NaN };
        return (a, b) switch
        {
            (TextValue s, TextValue t) => s.Text == t.Text,
            (ListValue s, ListValue t) => SameItems(s.Items, t.Items),
            (TupleValue s, TupleValue t) => SameItems(s.Items, t.Items),
            (DictValue s, DictValue t) => s.Count == t.Count && s.Entries.All(e => t.Find(e.Key) is { } other && Same(e.Value, other)),
            (RangeValue s, RangeValue t) => s.SameAs(t),
            (UndefinedValue, UndefinedValue) => true,
            (DictViewValue { Part: not "values" } s, DictViewValue { Part: not "values" } t) => s.Count == t.Count && All(s).All(x => All(t).Any(y => Same(x, y))),
            _ => Numbers.IsNumber(a) && Numbers.IsNumber(b) && Order(a, b) == 0,
        };
    }

    /// <summary>As containers compare: the same object is equal, even if it is NaN.</summary>
    static bool Same(Value a, Value b) => ReferenceEquals(a, b) || Equal(a, b);

    static bool SameItems(Value[] a, Value[] b)
    {
        if (a.Length != b.Length) return false;
        for (int i = 0; i < a.Length; i++)
            if (!Same(a[i], b[i])) return false;
        return true;
    }

    static IEnumerable<Value> All(DictViewValue view)
    {
        for (var items = view.Iterate(); items.MoveNext();) yield return items.Current;
    }

    /// <summary>Negative, zero or positive; null where a NaN is in it.</summary>
    static int? Order(Value a, Value b)
    {
        if (Numbers.IsInteger(a, out var i) && Numbers.IsInteger(b, out var j)) return i.CompareTo(j);
        if (a is FloatValue { Number: var x } && b is FloatValue { Number: var y }) return double.IsNaN(x) || double.IsNaN(y) ? null : x.CompareTo(y);
        if (b is FloatValue) return -Order(b, a);
        double f = ((FloatValue)a).Number;
        Numbers.IsInteger(b, out var whole);
        if (!double.IsFinite(f)) return double.IsNaN(f) ? null : f > 0 ? 1 : -1;
        int order = new BigInteger(Math.Floor(f)).CompareTo(whole);
        return order == 0 && f != Math.Floor(f) ? 1 : order;
    }

    /// <summary><c>a OP b</c> for one of <c>&lt; &lt;= &gt; &gt;=</c>.</summary>
    public static bool Ordered(string op, Value a, Value b)
    {
        Run.Descend();
        int? order;
        if (a is UndefinedValue u) throw u.Error;
        if (b is UndefinedValue v) throw v.Error;
        if (Numbers.IsNumber(a) && Numbers.IsNumber(b)) order = Order(a, b);
        else if (a is TextValue s && b is TextValue t) order = CompareCodePoints(s.Text, t.Text);
        else if (a is ListValue or TupleValue && b is SequenceValue other && a.Kind == b.Kind) return OrderedItems(op, ((SequenceValue)a).Items, other.Items);
        else throw PythonError.Type($"'{op}' not supported between instances of '{a.Kind}' and '{b.Kind}'");
        return op switch { "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };
    }

    /// <summary>The first items that differ decide; where none do, the lengths.</summary>
    static bool OrderedItems(string op, Value[] a, Value[] b)
    {
        for (int i = 0; i < Math.Min(a.Length, b.Length); i++)
            if (!Same(a[i], b[i])) return Ordered(op, a[i], b[i]);
        return Ordered(op, Value.Of(a.Length), Value.Of(b.Length));
    }

    /// <summary>UTF-16 order is code point order, apart from surrogates, which stand above U+E000 to U+FFFF.</summary>
    static int CompareCodePoints(string a, string b)
    {
        int same = a.AsSpan().CommonPrefixLength(b);
        if (same == a.Length || same == b.Length) return a.Length.CompareTo(b.Length);
        char x = a[same], y = b[same];
        return char.IsSurrogate(x) == char.IsSurrogate(y) ? x.CompareTo(y) : char.IsSurrogate(x) ? y >= 0xE000 ? 1 : x.CompareTo(y) : x >= 0xE000 ? -1 : x.CompareTo(y);
    }

    /// <summary><c>item in container</c>.</summary>
    public static bool Contains(Run run, Value container, Value item)
    {
        run.Step(container.Weight >> 1);
        switch (container)
        {
            case TextValue text:
                if (item is not TextValue part) throw PythonError.Type($"'in <string>' requires string as left operand, not {item.Kind}");
                return Search.IndexOf(text.Text, part.Text, 0) >= 0;
            case DictValue dict:
                return dict.Find(item) is not null;
            case DictViewValue { Part: "keys" } keys:
                return keys.Dict.Find(item) is not null;
            case NamespaceValue or FunctionValue or MethodValue:
                throw PythonError.Type($"argument of type '{container.Kind}' is not iterable");
        }
        if (container.Iterate() is null) throw PythonError.Type($"argument of type '{container.Kind}' is not iterable");
        foreach (var candidate in Iteration.Of(run, container))
            if (Same(candidate, item)) return true;
        return false;
    }
}
