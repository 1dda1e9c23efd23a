using System.Text;

namespace PureLora.Jinja;

/// <summary>Filters over the items of something.</summary>
internal static class ListFilters
{
    const string Sorts = "value, reverse=, case_sensitive=, attribute=", Picks = "value, case_sensitive=, attribute=";

    public static readonly Dictionary<string, Function> All = new()
    {
        ["batch"] = new("do_batch", "value, linecount, fill_with=", (run, a) => Lazy(Batches(run, a))),
        ["count"] = new("len", "obj, /", (_, a) => Length(a["obj"])),
        ["dictsort"] = new("do_dictsort", "value, case_sensitive=, by=, reverse=", DictSort),
        ["first"] = new("sync_do_first", "seq", (run, a) => First(Iteration.Of(run, a["seq"])) ?? UndefinedValue.Because("No first item, sequence was empty.")),
        ["groupby"] = new("sync_do_groupby", "value, attribute, default=, case_sensitive=", GroupBy),
        ["items"] = new("do_items", "value", (_, a) => Lazy(Pairs(a["value"]))),
        ["join"] = new("sync_do_join", "value, d=, attribute=", Join),
        ["last"] = new("do_last", "seq", (run, a) => First(Backwards(a["seq"])) ?? UndefinedValue.Because("No last item, sequence was empty.")),
        ["length"] = new("len", "obj, /", (_, a) => Length(a["obj"])),
        ["list"] = new("sync_do_list", "value", (run, a) => new ListValue([.. Iteration.ToList(run, a["value"])])),
        ["max"] = new("do_max", Picks, (run, a) => Extreme(run, a, ">")),
        ["min"] = new("do_min", Picks, (run, a) => Extreme(run, a, "<")),
        ["random"] = new("do_random", "seq", (_, _) => throw Globals.Random("random")),
        ["reverse"] = new("do_reverse", "value", Reverse),
        ["slice"] = new("sync_do_slice", "value, slices, fill_with=", (run, a) => Lazy(Slices(run, a))),
        ["sort"] = new("do_sort", Sorts, (run, a) => new ListValue(Sorting.Sorted(run, Iteration.ToList(run, a["value"]),
            AttributePath.OfSeveral(run, a.Find("attribute"), AttributePath.IgnoreCase(a)), a.Flag("reverse")))),
        ["sum"] = new("sync_do_sum", "iterable, attribute=, start=", Sum),
        ["unique"] = new("sync_do_unique", Picks, (run, a) => Lazy(Unique(run, a))),
    };

    public static IteratorValue Lazy(IEnumerable<Value> items) => new("generator", items.GetEnumerator());

    static Value Length(Value value) => value.Count is { } count ? Value.Of(count) : throw PythonError.Type($"object of type '{value.Kind}' has no len()");

    static Value? First(IEnumerable<Value> items) => items.FirstOrDefault();

    static IEnumerable<Value> Backwards(Value value)
    {
        var items = value.Reversed() ?? throw PythonError.Type($"'{value.Kind}' object is not reversible");
        while (items.MoveNext()) yield return items.Current;
    }

    static Value Reverse(Run run, Bound a)
    {
        var value = a["value"];
        if (value is TextValue) return Access.Slice(run, value, null, null, Value.Of(-1));
        if (value.Reversed() is { } items) return new IteratorValue(value is ListValue ? "list_reverseiterator" : "reversed", items);
        if (value.Iterate() is null) throw PythonError.Filter("argument must be iterable");
        var list = Iteration.ToList(run, value);
        list.Reverse();
        return new ListValue([.. list]);
    }

    static IEnumerable<Value> Pairs(Value value)
    {
        if (value is UndefinedValue) yield break;
        if (value is not DictValue dict) throw PythonError.Type("Can only get item pairs from a mapping.");
        for (var items = new DictViewValue(dict, "items").Iterate(); items.MoveNext();) yield return items.Current;
    }

    static IEnumerable<Value> Batches(Run run, Bound a)
    {
        int size = Bound.ToInt(a["linecount"]);
        var batch = new List<Value>();
        foreach (var item in Iteration.Of(run, a["value"]))
        {
            if (batch.Count == size)
            {
                yield return new ListValue([.. batch]);
                batch.Clear();
            }
            batch.Add(item);
        }
        if (batch.Count == 0) yield break;
        if (a.Has("fill_with"))
        {
            run.MakingList(size);
            while (batch.Count < size) batch.Add(a["fill_with"]);
        }
        yield return new ListValue([.. batch]);
    }

    static IEnumerable<Value> Slices(Run run, Bound a)
    {
        var items = Iteration.ToList(run, a["value"]);
        int slices = Bound.ToInt(a["slices"]);
        if (slices == 0) throw new PythonError("ZeroDivisionError", "integer division or modulo by zero");
        for (int i = 0, start = 0; i < slices; i++)
        {
            run.Step();
            bool longer = i < items.Count % slices;
            int length = items.Count / slices + (longer ? 1 : 0);
            var slice = items.GetRange(start, length);
            if (a.Has("fill_with") && !longer) slice.Add(a["fill_with"]);
            yield return new ListValue([.. slice]);
            start += length;
        }
    }

    static Value DictSort(Run run, Bound a)
    {
        bool byKey = a.Find("by") switch
        {
            null or TextValue { Text: "key" } => true,
            TextValue { Text: "value" } => false,
            _ => throw PythonError.Filter("You can only sort by either \"key\" or \"value\""),
        };
        if (a["value"] is not DictValue dict) throw a["value"] is UndefinedValue u ? u.Error : new PythonError("AttributeError", $"'{a["value"].Kind}' object has no attribute 'items'");
        var fold = AttributePath.IgnoreCase(a) ?? (v => v);
        var sorted = Sorting.Sorted(run, dict.Entries.ToArray(), e => fold(byKey ? e.Key : e.Value), a.Flag("reverse"));
        return new ListValue(Array.ConvertAll(sorted, Value (e) => new TupleValue([e.Key, e.Value])));
    }

    static Value GroupBy(Run run, Bound a)
    {
        var fold = AttributePath.IgnoreCase(a);
        var otherwise = a.Find("default") is NoneValue ? null : a.Find("default");
        var key = AttributePath.Of(run, a["attribute"], fold, otherwise);
        var shown = AttributePath.Of(run, a["attribute"], null, otherwise);
        var sorted = Sorting.Sorted(run, Iteration.ToList(run, a["value"]), key, reverse: false);
        var groups = new List<Value>();
        for (int start = 0, end; start < sorted.Length; start = end)
        {
            var first = key(sorted[start]);
            for (end = start + 1; end < sorted.Length && Comparison.Equal(key(sorted[end]), first);) end++;
            groups.Add(new TupleValue([shown(sorted[start]), new ListValue(sorted[start..end])], isGroup: true));
        }
        return new ListValue([.. groups]);
    }

    static Value Join(Run run, Bound a)
    {
        var path = a.Has("attribute") ? AttributePath.Of(run, a["attribute"]) : v => v;
        var items = Iteration.Of(run, a["value"]).Select(path);
        var separator = a.Or("d", TextValue.Empty);
        if (run.Escapes)
        {
            var list = items.ToList();
            bool markup = separator is TextValue { IsMarkup: true } || list.Any(i => i is TextValue { IsMarkup: true });
            return StringMethods.Join(run, markup ? Texts.Escaped(run, separator) : TextFilters.Soft(run, separator),
                new ListValue([.. list.Select(i => markup && i is TextValue { IsMarkup: true } ? i : TextFilters.Soft(run, i))]));
        }
        var text = new StringBuilder();
        string between = Printer.Str(run, separator);
        bool first = true;
        foreach (var item in items)
        {
            if (!first) run.Write(text, between);
            first = false;
            run.Write(text, Printer.Str(run, item));
        }
        return new TextValue(text.ToString());
    }

    static Value Extreme(Run run, Bound a, string op)
    {
        var key = AttributePath.Of(run, a.Find("attribute"), AttributePath.IgnoreCase(a));
        Value? best = null, bestKey = null;
        foreach (var item in Iteration.Of(run, a["value"]))
        {
            var itemKey = key(item);
            run.Step(itemKey.Weight >> 2);
            if (best is null || Comparison.Ordered(op, itemKey, bestKey!)) (best, bestKey) = (item, itemKey);
        }
        return best ?? UndefinedValue.Because("No aggregated item, sequence was empty.");
    }

    static Value Sum(Run run, Bound a)
    {
        var sum = a.Or("start", Value.Of(0));
        if (sum is TextValue) throw PythonError.Type("sum() can't sum strings [use ''.join(seq) instead]");
        var path = a.Has("attribute") ? AttributePath.Of(run, a["attribute"]) : v => v;
        foreach (var item in Iteration.Of(run, a["iterable"])) sum = Arithmetic.Binary(run, "+", sum, path(item));
        return sum;
    }

    static IEnumerable<Value> Unique(Run run, Bound a)
    {
        var key = AttributePath.Of(run, a.Find("attribute"), AttributePath.IgnoreCase(a));
        var seen = new HashSet<Value>(KeyComparer.Instance);
        foreach (var item in Iteration.Of(run, a["value"]))
        {
            var own = key(item);
            run.Step(own.Weight);
            if (seen.Add(own)) yield return item;
        }
    }
}
