namespace PureLora.Jinja;

/// <summary><c>loop</c> within a for: where it is in its items, looking one ahead where asked.</summary>
internal sealed class LoopValue(Value items, IEnumerator<Value> walk, Func<Value, int, Value>? recurse, int depth) : Value
{
    IEnumerator<Value> walk = walk;
    int index0 = -1;
    int? length;
    Value? before, after;
    Value[]? changedFrom;

    public Value? Current { get; private set; }

    public bool Next()
    {
        Value? next = after;
        after = null;
        if (next is null)
        {
            if (!walk.MoveNext()) return false;
            next = walk.Current;
        }
        index0++;
        (before, Current) = (Current, next);
        return true;
    }

    Value? Peek() => after ??= walk.MoveNext() ? walk.Current : null;

    /// <summary>Known from the items, or by taking all that are left.</summary>
    public override int? Count
    {
        get
        {
            if (length is null && items is not IteratorValue) length = items.Count;
            if (length is not null) return length;
            var rest = new List<Value>();
            while (walk.MoveNext()) rest.Add(walk.Current);
            walk = rest.GetEnumerator();
            return length = rest.Count + index0 + 1 + (after is null ? 0 : 1);
        }
    }

    public override string Kind => "LoopContext";

    public override string Described => "jinja2.runtime.LoopContext object";

    public override bool IsCallable => true;

    public override void Repr(Printer to) => to.Write($"<LoopContext {index0 + 1}/{Count}>");

    public override IEnumerator<Value> Iterate()
    {
        while (Next()) yield return new TupleValue([Current!, this]);
    }

    public override Value? Attribute(string name) => name switch
    {
        "index" => Of(index0 + 1),
        "index0" => Of(index0),
        "revindex" => Of(Count!.Value - index0),
        "revindex0" => Of(Count!.Value - index0 - 1),
        "first" => Of(index0 == 0),
        "last" => Of(Peek() is null),
        "length" => Of(Count!.Value),
        "depth" => Of(depth + 1),
        "depth0" => Of(depth),
        "previtem" => index0 == 0 ? UndefinedValue.Because("there is no previous item") : before,
        "nextitem" => Peek() ?? UndefinedValue.Because("there is no next item"),
        "cycle" => new MethodValue(this, "cycle", "*args", (_, a) => a.Rest.Positional.Count == 0
            ? throw PythonError.Type("no items for cycling given") : a.Rest.Positional[index0 % a.Rest.Positional.Count]),
        "changed" => new MethodValue(this, "changed", "*args", (_, a) => Of(Changed([.. a.Rest.Positional]))),
        _ => null,
    };

    bool Changed(Value[] values)
    {
        if (changedFrom is not null && changedFrom.Length == values.Length && changedFrom.Zip(values).All(pair => Comparison.Equal(pair.First, pair.Second))) return false;
        changedFrom = values;
        return true;
    }

    public override Value Call(Run run, Arguments arguments)
    {
        var bound = new Signature("LoopContext.__call__", "iterable").Bind(arguments);
        return recurse?.Invoke(bound["iterable"], depth + 1) ?? throw PythonError.Type("The loop must have the 'recursive' marker to be called recursively.");
    }
}
