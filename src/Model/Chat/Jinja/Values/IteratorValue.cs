namespace PureLora.Jinja;

/// <summary>Something that is iterated once: what <c>map</c>, <c>select</c> and <c>reverse</c> give.</summary>
internal sealed class IteratorValue(string kind, IEnumerator<Value> items) : Value
{
    public override string Kind => kind;

    public override void Repr(Printer to) => to.Write($"<{kind} object>");

    public override IEnumerator<Value> Iterate() => items;
}

/// <summary>Iterating with Python's errors, each item one step of the run.</summary>
internal static class Iteration
{
    public static IEnumerable<Value> Of(Run run, Value value)
    {
        return Walk(run, value.Iterate() ?? throw PythonError.Type($"'{value.Kind}' object is not iterable"));
    }

    static IEnumerable<Value> Walk(Run run, IEnumerator<Value> items)
    {
        while (items.MoveNext())
        {
            run.Step();
            yield return items.Current;
        }
    }

    public static List<Value> ToList(Run run, Value value)
    {
        var items = new List<Value>();
        foreach (var item in Of(run, value))
        {
            items.Add(item);
            if (items.Count > Limits.ListLength) throw PythonError.Limit("the length of a list", Limits.ListLength);
        }
        return items;
    }
}
