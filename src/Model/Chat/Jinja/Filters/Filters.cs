namespace PureLora.Jinja;

/// <summary>What may follow <c>|</c>: all of Jinja's filters, by kind in the files beside this one.</summary>
internal static class Filters
{
    static readonly Dictionary<string, Function> all =
        new((IEnumerable<KeyValuePair<string, Function>>)[.. TextFilters.All, .. LayoutFilters.All, .. ListFilters.All, .. SelectingFilters.All, .. ValueFilters.All]);

    public static Function? Find(string name) => all.GetValueOrDefault(name);

    /// <summary>By name, as <c>map</c> and <c>select</c> call filters and tests.</summary>
    public static Function Needed(Run run, string kind, Func<string, Function?> find, Value name) =>
        (name is TextValue text ? find(text.Text) : null) ?? throw new PythonError("TemplateRuntimeError",
            $"No {kind} named {Printer.Repr(run, name)}." + (name is UndefinedValue undefined ? $" ({undefined.Error.Message}; did you forget to quote the callable name?)" : ""));
}

/// <summary>The <c>attribute</c> argument of filters: <c>"a.b.0"</c>, or several such with commas.</summary>
internal static class AttributePath
{
    public static Func<Value, Value> Of(Run run, Value? attribute, Func<Value, Value>? then = null, Value? otherwise = null)
    {
        var parts = Parts(attribute);
        return item =>
        {
            foreach (var part in parts)
            {
                item = Access.Element(run, item, part);
                if (otherwise is not null && item is UndefinedValue) item = otherwise;
            }
            return then is null ? item : then(item);
        };
    }

    /// <summary>A list of the values of several attributes.</summary>
    public static Func<Value, Value> OfSeveral(Run run, Value? attribute, Func<Value, Value>? then)
    {
        var paths = attribute is TextValue text
            ? [.. text.Text.Split(',').Select(path => Of(run, new TextValue(path), then))]
            : new[] { Of(run, attribute, then) };
        return item => new ListValue(Array.ConvertAll(paths, path => path(item)));
    }

    static Value[] Parts(Value? attribute) => attribute switch
    {
        null or NoneValue => [],
        TextValue text => [.. text.Text.Split('.').Select(part => part.Length > 0 && StringTests.Find("isdigit")!(part) && NumberParsing.TryInteger(part, 10, out var number) ? new IntValue(number) : (Value)new TextValue(part))],
        _ => [attribute],
    };

    /// <summary>Lower case for texts, where a filter does not mind case.</summary>
    public static Func<Value, Value>? IgnoreCase(Bound a) =>
        a.Flag("case_sensitive") ? null : value => value is TextValue text ? text.With(LetterCase.Lower(text.Text)) : value;
}
