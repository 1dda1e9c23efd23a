namespace PureLora.Jinja;

/// <summary>What stands in the brackets of a call: <c>a, b, name=c, *d, **e</c>.</summary>
internal sealed record CallArguments(IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named, Expression? More, Expression? MoreNamed)
{
    public static readonly CallArguments None = new([], [], null, null);

    public IEnumerable<Node?> Nodes => [.. Positional, .. Named.Select(n => n.Value), More, MoreNamed];

    public Arguments Evaluate(Run run, Slots slots)
    {
        if (Positional.Count == 0 && Named.Count == 0 && More is null && MoreNamed is null) return Arguments.None;
        var positional = new List<Value>(ListLiteral.Values(run, slots, Positional));
        var named = new List<(string, Value)>();
        foreach (var (name, value) in Named) named.Add((name, value.Evaluate(run, slots)));
        if (More?.Evaluate(run, slots) is { } more)
        {
            if (more.Iterate() is null) throw PythonError.Type($"argument after * must be an iterable, not {more.Kind}");
            positional.AddRange(Iteration.ToList(run, more));
        }
        if (MoreNamed?.Evaluate(run, slots) is { } names)
        {
            if (names is not DictValue dict) throw PythonError.Type($"argument after ** must be a mapping, not {names.Kind}");
            run.MakingList(dict.Entries.Count);
            foreach (var (key, value) in dict.Entries)
            {
                if (key is not TextValue name) throw PythonError.Type("keywords must be strings");
                if (Named.Any(n => n.Name == name.Text)) throw PythonError.Type($"got multiple values for keyword argument {TextRepr.Of(name.Text)}");
                named.Add((name.Text, value));
            }
        }
        return new Arguments(positional, named);
    }
}

/// <summary><c>f(a, b)</c>.</summary>
internal sealed class Call(int line, Expression callee, CallArguments arguments) : Expression(line, arguments.Nodes.Prepend(callee))
{
    public override Value Evaluate(Run run, Slots slots) => Evaluate(run, slots, null);

    /// <param name="run">The rendering.</param>
    /// <param name="slots">The variables.</param>
    /// <param name="caller">The body of a call block, passed by name.</param>
    public Value Evaluate(Run run, Slots slots, Value? caller)
    {
        run.Step();
        var function = callee.Evaluate(run, slots);
        var given = arguments.Evaluate(run, slots);
        if (caller is not null) given = new Arguments(given.Positional, [.. given.Named, ("caller", caller)]);
        run.Line = Line;
        return function.Call(run, given);
    }
}

/// <summary><c>a|name(b)</c>, and within a filter block or a set block the filter of what is captured.</summary>
internal sealed class Filter(int line, Expression? of, string name, CallArguments arguments) : Expression(line, arguments.Nodes.Prepend(of))
{
    Function? function;

    public override void Bind(Frame frame)
    {
        function = Filters.Find(name);
        if (function is null && !frame.IsConditional) throw PythonError.Assertion($"No filter named {TextRepr.Of(name)}.", Line);
        base.Bind(frame);
    }

    public override Value Evaluate(Run run, Slots slots) => Apply(run, slots, of!.Evaluate(run, slots));

    /// <summary>The innermost of a chain of filters takes what a block captured.</summary>
    public Value Evaluate(Run run, Slots slots, Value captured) => Apply(run, slots, of is Filter inner ? inner.Evaluate(run, slots, captured) : captured);

    Value Apply(Run run, Slots slots, Value value)
    {
        var given = arguments.Evaluate(run, slots).After(value);
        run.Line = Line;
        return (function ?? throw new PythonError("TemplateRuntimeError", $"No filter named {TextRepr.Of(name)} found.")).Call(run, given);
    }
}

/// <summary><c>a is name(b)</c>.</summary>
internal sealed class Test(int line, Expression of, string name, CallArguments arguments) : Expression(line, arguments.Nodes.Prepend(of))
{
    Function? function;

    public override void Bind(Frame frame)
    {
        function = Tests.Find(name);
        if (function is null && !frame.IsConditional) throw PythonError.Assertion($"No test named {TextRepr.Of(name)}.", Line);
        base.Bind(frame);
    }

    public override Value Evaluate(Run run, Slots slots)
    {
        var given = arguments.Evaluate(run, slots).After(of.Evaluate(run, slots));
        run.Line = Line;
        return (function ?? throw new PythonError("TemplateRuntimeError", $"No test named {TextRepr.Of(name)} found.")).Call(run, given);
    }
}
