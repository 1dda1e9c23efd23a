namespace PureLora.Jinja;

/// <summary>
/// The parameters of a built-in function, and Python's errors for a call that does not fit them. Written as in Python:
/// <c>"s, width=, first="</c>; <c>/</c> ends those without a name, <c>*args</c> and <c>**kwargs</c> take the rest.
/// </summary>
internal sealed class Signature
{
    readonly string function;
    readonly List<(string Name, bool Required)> parameters = [];
    readonly int nameless;
    readonly bool takesMore, takesNames;

    public Signature(string function, string text)
    {
        this.function = function;
        foreach (string word in text.Split(", ", StringSplitOptions.RemoveEmptyEntries))
        {
            if (word == "/") nameless = parameters.Count;
            else if (word.StartsWith("**", StringComparison.Ordinal)) takesNames = true;
            else if (word[0] == '*') takesMore = true;
            else parameters.Add((word.TrimEnd('='), !word.EndsWith('=')));
        }
    }

    public Bound Bind(Arguments given)
    {
        var values = new Value?[parameters.Count];
        if (given.Positional.Count > parameters.Count && !takesMore) throw TooMany(given.Positional.Count);
        for (int i = 0; i < Math.Min(given.Positional.Count, parameters.Count); i++) values[i] = given.Positional[i];
        var names = new List<(string, Value)>();
        foreach (var (name, value) in given.Named)
        {
            int at = parameters.FindIndex(p => p.Name == name);
            if (at >= 0 && at < nameless || at < 0 && parameters.Count == nameless && !takesNames) throw PythonError.Type($"{function}() takes no keyword arguments");
            if (at < 0 && !takesNames) throw PythonError.Type($"{function}() got an unexpected keyword argument {TextRepr.Of(name)}");
            if (at < 0) names.Add((name, value));
            else if (values[at] is not null) throw PythonError.Type($"{function}() got multiple values for argument {TextRepr.Of(name)}");
            else values[at] = value;
        }
        var missing = parameters.Where((p, i) => p.Required && values[i] is null).Select(p => TextRepr.Of(p.Name)).ToList();
        if (missing.Count > 0) throw Missing(missing, given.Positional.Count);
        return new Bound(function, parameters.ConvertAll(p => p.Name), values, new Arguments([.. given.Positional.Skip(parameters.Count)], names));
    }

    /// <summary>Of functions without names for their parameters Python tells only how many there must be.</summary>
    bool Counts => nameless == parameters.Count && !takesMore;

    PythonError Missing(List<string> names, int given)
    {
        if (Counts) return PythonError.Type($"{function} expected at least {Many(parameters.Count(p => p.Required))}, got {given}");
        string list = names.Count == 1 ? names[0] : names.Count == 2 ? $"{names[0]} and {names[1]}" : $"{string.Join(", ", names.SkipLast(1))}, and {names[^1]}";
        return PythonError.Type($"{function}() missing {names.Count} required positional argument{(names.Count == 1 ? "" : "s")}: {list}");
    }

    static string Many(int count) => count == 1 ? "1 argument" : $"{count} arguments";

    PythonError TooMany(int count)
    {
        int required = parameters.Count(p => p.Required), all = parameters.Count;
        if (Counts && all > 0) return PythonError.Type($"{function} expected at most {Many(all)}, got {count}");
        string takes = required == all ? $"{all} positional argument{(all == 1 ? "" : "s")}" : $"from {required} to {all} positional arguments";
        return PythonError.Type($"{function}() takes {takes} but {count} {(count == 1 ? "was" : "were")} given");
    }
}

/// <summary>Arguments by parameter, with what was left over, and Python's conversions of them.</summary>
internal sealed class Bound(string function, List<string> names, Value?[] values, Arguments rest)
{
    /// <summary>The value of a parameter, or null where the call leaves it open.</summary>
    public Value? Find(string name) => values[names.IndexOf(name)];

    /// <summary>The value of a required parameter.</summary>
    public Value this[string name] => Find(name)!;

    public Arguments Rest => rest;

    public bool Has(string name) => Find(name) is not null and not NoneValue;

    public bool Flag(string name) => Find(name)?.Truth ?? false;

    public Value Or(string name, Value otherwise) => Find(name) ?? otherwise;

    /// <summary>A whole number; None counts as left open where <paramref name="noneToo"/>.</summary>
    public int Int(string name, int otherwise, bool noneToo = false)
    {
        var value = Find(name);
        if (value is null || noneToo && value is NoneValue) return otherwise;
        return ToInt(value);
    }

    public static int ToInt(Value value)
    {
        if (value is UndefinedValue or not (IntValue or BoolValue)) throw PythonError.Type($"'{value.Kind}' object cannot be interpreted as an integer");
        Numbers.IsInteger(value, out var number);
        // Beyond any length of ours one large number is as good as another.
        return (int)System.Numerics.BigInteger.Min(System.Numerics.BigInteger.Max(number, -int.MaxValue), int.MaxValue);
    }

    /// <summary>A text, as a method of <c>str</c> needs it.</summary>
    public string Text(string name) => values[names.IndexOf(name)] is TextValue text ? text.Text
        : throw PythonError.Type($"{function}() argument {names.IndexOf(name) + 1} must be str, not {this[name].Kind}");
}
