namespace PureLora.Jinja;

/// <summary>A number, a text, <c>true</c>, <c>none</c>.</summary>
internal sealed class Constant(int line, Value value) : Expression(line)
{
    public override Value Evaluate(Run run, Slots slots) => value;
}

/// <summary>A variable: read, or written by the statement that it is the target of.</summary>
internal sealed class Name(int line, string text) : Expression(line)
{
    Place place;

    public string Text => text;

    public bool IsRead => !IsTarget;

    /// <summary>Set by the parser once it knows.</summary>
    public bool IsTarget { get; set; }

    public override void Declare(Symbols symbols)
    {
        if (IsTarget) symbols.Write(text);
        else symbols.Read(text);
    }

    public override void Bind(Frame frame)
    {
        if (!IsTarget) place = frame.Place(text);
    }

    public override Value Evaluate(Run run, Slots slots) => place.Get(slots) ?? UndefinedValue.Name(text);
}

/// <summary><c>ns.name</c> where something is assigned to it.</summary>
internal sealed class NamespaceAttribute(int line, string name, string attribute) : Expression(line)
{
    public string Name => name;

    public string Attribute => attribute;

    public override void Declare(Symbols symbols) => symbols.Read(name);

    public override Value Evaluate(Run run, Slots slots) => throw PythonError.Syntax("a namespace's attribute stands where a value is needed", Line);
}

/// <summary><c>a, b</c>.</summary>
internal sealed class TupleLiteral(int line, IReadOnlyList<Expression> items) : Expression(line, items)
{
    public IReadOnlyList<Expression> Items => items;

    public override Value Evaluate(Run run, Slots slots) => new TupleValue(ListLiteral.Values(run, slots, items));
}

/// <summary><c>[a, b]</c>.</summary>
internal sealed class ListLiteral(int line, IReadOnlyList<Expression> items) : Expression(line, items)
{
    public override Value Evaluate(Run run, Slots slots) => new ListValue(Values(run, slots, items));

    public static Value[] Values(Run run, Slots slots, IReadOnlyList<Expression> items)
    {
        run.MakingList(items.Count);
        var values = new Value[items.Count];
        for (int i = 0; i < values.Length; i++) values[i] = items[i].Evaluate(run, slots);
        return values;
    }
}

/// <summary><c>{a: b}</c>.</summary>
internal sealed class DictLiteral(int line, IReadOnlyList<(Expression Key, Expression Value)> items)
    : Expression(line, items.SelectMany(i => new[] { i.Key, i.Value }))
{
    public override Value Evaluate(Run run, Slots slots)
    {
        run.MakingList(items.Count);
        var dict = new DictValue();
        foreach (var (keyNode, value) in items)
        {
            var key = keyNode.Evaluate(run, slots);
            run.Step(key.Weight);
            dict.Put(key, value.Evaluate(run, slots));
        }
        return dict;
    }
}
