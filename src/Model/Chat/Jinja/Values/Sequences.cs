namespace PureLora.Jinja;

/// <summary>A list or a tuple: items that never change, since the sandbox is immutable.</summary>
internal abstract class SequenceValue : Value
{
    protected SequenceValue(Value[] items)
    {
        long weight = 1;
        int depth = 0;
        foreach (var item in items)
        {
            weight += item.Weight;
            depth = Math.Max(depth, item.Depth);
        }
        Items = items;
        Weight = Bounded(weight);
        Depth = Bounded(depth + 1);
        if (items.Length > Limits.ListLength) throw PythonError.Limit("the length of a list", Limits.ListLength);
    }

    public Value[] Items { get; }

    public override int? Count => Items.Length;

    public override long Weight { get; }

    public override int Depth { get; }

    public override IEnumerator<Value> Iterate() => ((IEnumerable<Value>)Items).GetEnumerator();

    public override IEnumerator<Value> Reversed()
    {
        for (int i = Items.Length - 1; i >= 0; i--) yield return Items[i];
    }

    public override Value? Element(Value key)
    {
        if (!Numbers.IsInteger(key, out var index)) return null;
        if (index.Sign < 0) index += Items.Length;
        return index.Sign < 0 || index >= Items.Length ? null : Items[(int)index];
    }

    public abstract SequenceValue With(Value[] items);

    public static long Bounded(long weight) =>
        weight > Limits.ValueWeight ? throw PythonError.Limit("the size of a value with all in it", Limits.ValueWeight) : weight;

    public static int Bounded(int depth) =>
        depth > Limits.ValueDepth ? throw PythonError.Limit("the depth of a value", Limits.ValueDepth) : depth;
}

/// <summary><c>list</c>.</summary>
internal sealed class ListValue(Value[] items) : SequenceValue(items)
{
    public override string Kind => "list";

    public override void Repr(Printer to) => to.Items("[", Items, "]");

    public override Value? Attribute(string name) => SequenceMethods.OfList(this, name);

    public override int Hash => throw PythonError.Type("unhashable type: 'list'");

    public override ListValue With(Value[] items) => new(items);
}

/// <summary><c>tuple</c>; <c>groupby</c> gives tuples whose parts have names too.</summary>
internal sealed class TupleValue(Value[] items, bool isGroup = false) : SequenceValue(items)
{
    int? hash;

    public override string Kind => isGroup ? "_GroupTuple" : "tuple";

    public override string Described => isGroup ? "jinja2.filters._GroupTuple object" : "tuple object";

    // Computed once: a tower of tuples would be walked again and again.
    public override int Hash => hash ??= Items.Aggregate(Items.Length, (all, item) => HashCode.Combine(all, item.Hash));

    public override void Repr(Printer to) => to.Items("(", Items, Items.Length == 1 ? ",)" : ")");

    public override Value? Attribute(string name) => isGroup && name is "grouper" or "list" && isGroup
        ? Items[name == "grouper" ? 0 : 1] : SequenceMethods.OfTuple(this, name);

    public override TupleValue With(Value[] items) => new(items);
}

/// <summary><c>range</c>, of at most <see cref="Limits.RangeLength"/> numbers.</summary>
internal sealed class RangeValue(long start, long stop, long step, int count) : Value
{
    public override string Kind => "range";

    public override int? Count => count;

    public override void Repr(Printer to) => to.Write(step == 1 ? $"range({start}, {stop})" : $"range({start}, {stop}, {step})");

    public override int Hash => HashCode.Combine(count, count == 0 ? 0 : start, count < 2 ? 0 : step);

    public Value At(int index) => Of(start + index * step);

    public RangeValue Slice(int from, int to, int every, int length) => new(start + from * step, start + to * step, step * every, length);

    public bool SameAs(RangeValue other) => count == other.Count && (count == 0 || start == other.First && (count == 1 || step == other.Step));

    long First => start;

    long Step => step;

    public override IEnumerator<Value> Iterate()
    {
        for (int i = 0; i < count; i++) yield return At(i);
    }

    public override IEnumerator<Value> Reversed()
    {
        for (int i = count - 1; i >= 0; i--) yield return At(i);
    }

    public override Value? Element(Value key)
    {
        if (!Numbers.IsInteger(key, out var index)) return null;
        if (index.Sign < 0) index += count;
        return index.Sign < 0 || index >= count ? null : At((int)index);
    }

    public override Value? Attribute(string name) => name switch
    {
        "start" => Of(start),
        "stop" => Of(stop),
        "step" => Of(step),
        _ => SequenceMethods.OfRange(this, name),
    };
}
