namespace PureLora.Jinja;

/// <summary><c>map</c>, <c>select</c>, <c>reject</c> and their forms over attributes: nothing is computed until it is asked for.</summary>
internal static class SelectingFilters
{
    public static readonly Dictionary<string, Function> All = new()
    {
        ["map"] = new("sync_do_map", "value, *args, **kwargs", (run, a) => ListFilters.Lazy(Map(run, a))),
        ["reject"] = new("sync_do_reject", "value, *args, **kwargs", (run, a) => ListFilters.Lazy(Select(run, a, keep: false, attribute: false))),
        ["rejectattr"] = new("sync_do_rejectattr", "value, *args, **kwargs", (run, a) => ListFilters.Lazy(Select(run, a, keep: false, attribute: true))),
        ["select"] = new("sync_do_select", "value, *args, **kwargs", (run, a) => ListFilters.Lazy(Select(run, a, keep: true, attribute: false))),
        ["selectattr"] = new("sync_do_selectattr", "value, *args, **kwargs", (run, a) => ListFilters.Lazy(Select(run, a, keep: true, attribute: true))),
    };

    static IEnumerable<Value> Map(Run run, Bound a)
    {
        if (!a["value"].Truth) yield break;
        var change = Change(run, a.Rest);
        foreach (var item in Iteration.Of(run, a["value"])) yield return change(item);
    }

    static Func<Value, Value> Change(Run run, Arguments given)
    {
        Value? Named(string name) => given.Named.Where(n => n.Name == name).Select(n => n.Value).FirstOrDefault();
        if (given.Positional.Count == 0 && Named("attribute") is { } attribute)
        {
            if (given.Named.Where(n => n.Name is not ("attribute" or "default")).Select(n => n.Name).FirstOrDefault() is { } wrong)
                throw PythonError.Filter($"Unexpected keyword argument {TextRepr.Of(wrong)}");
            return AttributePath.Of(run, attribute, null, Named("default") is NoneValue ? null : Named("default"));
        }
        if (given.Positional.Count == 0) throw PythonError.Filter("map requires a filter argument");
        var rest = given.Without(1);
        return item => Filters.Needed(run, "filter", Filters.Find, given.Positional[0]).Call(run, rest.After(item));
    }

    static IEnumerable<Value> Select(Run run, Bound a, bool keep, bool attribute)
    {
        if (!a["value"].Truth) yield break;
        var given = a.Rest;
        if (attribute && given.Positional.Count == 0) throw PythonError.Filter("Missing parameter for attribute name");
        var path = attribute ? AttributePath.Of(run, given.Positional[0]) : v => v;
        var test = given.Without(attribute ? 1 : 0);
        foreach (var item in Iteration.Of(run, a["value"]))
        {
            var value = path(item);
            if (test.Positional.Count > 0) value = Filters.Needed(run, "test", Tests.Find, test.Positional[0]).Call(run, test.Without(1).After(value));
            if (value.Truth == keep) yield return item;
        }
    }
}
