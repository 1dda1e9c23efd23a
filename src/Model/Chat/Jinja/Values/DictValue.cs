using System.Diagnostics.CodeAnalysis;

namespace PureLora.Jinja;

/// <summary><c>dict</c>: keys in the order they came, equal as Python's are (1, 1.0 and True are one key).</summary>
internal sealed class DictValue : Value
{
    readonly OrderedDictionary<Value, Value> entries = new(KeyComparer.Instance);
    long weight = 1;
    int depth = 1;

    public OrderedDictionary<Value, Value> Entries => entries;

    public override string Kind => "dict";

    public override int? Count => entries.Count;

    public override long Weight => weight;

    public override int Depth => depth;

    public override int Hash => throw PythonError.Type("unhashable type: 'dict'");

    /// <summary>Only while it is being made; a template never sees a dict change.</summary>
    public void Put(Value key, Value value)
    {
        entries[key] = value;
        weight = SequenceValue.Bounded(weight + key.Weight + value.Weight);
        depth = SequenceValue.Bounded(Math.Max(depth, 1 + Math.Max(key.Depth, value.Depth)));
        if (entries.Count > Limits.ListLength) throw PythonError.Limit("the length of a dict", Limits.ListLength);
    }

    public Value? Find(Value key) => entries.TryGetValue(key, out var value) ? value : null;

    public override void Repr(Printer to)
    {
        to.Write("{");
        bool first = true;
        foreach (var (key, value) in entries)
        {
            if (!first) to.Write(", ");
            first = false;
            key.Repr(to);
            to.Write(": ");
            value.Repr(to);
        }
        to.Write("}");
    }

    public override IEnumerator<Value> Iterate() => entries.Keys.GetEnumerator();

    public override IEnumerator<Value> Reversed()
    {
        for (int i = entries.Count - 1; i >= 0; i--) yield return entries.GetAt(i).Key;
    }

    public override Value? Element(Value key) => key is TextValue or IntValue || KeyComparer.IsHashable(key) ? Find(key) : null;

    public override Value? Attribute(string name) => DictMethods.Of(this, name);
}

/// <summary>What <c>keys()</c>, <c>values()</c> and <c>items()</c> of a dict give.</summary>
internal sealed class DictViewValue(DictValue dict, string part) : Value
{
    public DictValue Dict => dict;

    /// <summary><c>keys</c>, <c>values</c> or <c>items</c>.</summary>
    public string Part => part;

    public override string Kind => $"dict_{part}";

    public override int? Count => dict.Count;

    public override long Weight => dict.Weight;

    public override int Depth => dict.Depth + 1;

    public override int Hash => part == "values" ? base.Hash : throw PythonError.Type($"unhashable type: '{Kind}'");

    public override void Repr(Printer to)
    {
        var all = new List<Value>();
        for (var items = Iterate(); items.MoveNext();) all.Add(items.Current);
        to.Items($"{Kind}([", [.. all], "])");
    }

    public override IEnumerator<Value> Iterate()
    {
        for (int i = 0; i < dict.Entries.Count; i++) yield return At(i);
    }

    public override IEnumerator<Value> Reversed()
    {
        for (int i = dict.Entries.Count - 1; i >= 0; i--) yield return At(i);
    }

    Value At(int index)
    {
        var (key, value) = dict.Entries.GetAt(index);
        return part switch { "keys" => key, "values" => value, _ => new TupleValue([key, value]) };
    }
}

/// <summary>Python's equality and hash, for keys.</summary>
internal sealed class KeyComparer : IEqualityComparer<Value>
{
    public static readonly KeyComparer Instance = new();

    public bool Equals(Value? a, Value? b) => Comparison.Equal(a!, b!);

    public int GetHashCode([DisallowNull] Value value) => value.Hash;

    public static bool IsHashable(Value key)
    {
        try
        {
            _ = key.Hash;
            return true;
        }
        catch (PythonError)
        {
            return false;
        }
    }
}
