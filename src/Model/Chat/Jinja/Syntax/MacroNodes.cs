using System.Text;

namespace PureLora.Jinja;

/// <summary>What a macro and a call block share: parameters with defaults, and a body that becomes a text.</summary>
internal sealed class MacroBody(int line, string? name, IReadOnlyList<(Name Name, Expression? Default)> parameters, IReadOnlyList<Statement> body)
    : Node(line, [.. parameters.Select(p => p.Name), .. parameters.Select(p => p.Default), .. body])
{
    Routine? routine;
    Place[] places = [];
    Place? caller, kwargs, varargs;
    ScopeEntry? entry;

    public string? Name => name;

    public string[] Parameters { get; } = [.. parameters.Select(p => p.Name.Text)];

    public bool TakesCaller => caller is not null || explicitCaller && usesCaller;

    public bool TakesNames => kwargs is not null;

    public bool TakesMore => varargs is not null;

    readonly bool explicitCaller = parameters.Any(p => p.Name.Text == "caller");
    bool usesCaller;

    public override void Bind(Frame frame)
    {
        var inner = frame.Call();
        routine = inner.Routine;
        if (Parameters.Distinct().Count() < Parameters.Length)
            throw new PythonError("SyntaxError", $"a parameter of macro {name} is named twice") { Line = Line };
        foreach (string parameter in Parameters) inner.Symbols.Parameter(parameter);
        foreach (var (_, otherwise) in parameters) otherwise?.Declare(inner.Symbols);
        foreach (var statement in body) statement.Declare(inner.Symbols);
        var special = Undeclared(body, "caller", "kwargs", "varargs");
        usesCaller = special.Contains("caller");
        if (usesCaller && explicitCaller && parameters.First(p => p.Name.Text == "caller").Default is null)
            throw PythonError.Assertion("When defining macros or call blocks the special \"caller\" argument must be omitted or be given a default.", Line);
        if (usesCaller && !explicitCaller) caller = Special("caller");
        if (special.Contains("kwargs") && !Parameters.Contains("kwargs")) kwargs = Special("kwargs");
        if (special.Contains("varargs") && !Parameters.Contains("varargs")) varargs = Special("varargs");
        places = [.. Parameters.Select(inner.Place)];
        base.Bind(inner);
        entry = inner.Symbols.Entry();

        Place Special(string word) => inner.Symbols.Parameter(word).From(routine);
    }

    public TextValue Call(Run run, Slots outer, Arguments given)
    {
        run.Step(8 + places.Length);
        var slots = new Slots(routine!.SlotCount, outer);
        Fill(slots, given);
        int line = run.Line;
        var text = run.Nested(() =>
        {
            entry!.Enter(run, slots);
            for (int i = 0; i < places.Length; i++)
                if (places[i].Get(slots) is null)
                    places[i].Set(slots, parameters[i].Default?.Evaluate(run, slots) ?? UndefinedValue.Because($"parameter {TextRepr.Of(Parameters[i])} was not provided"));
            var buffer = new StringBuilder();
            Statement.All(body, run, slots, buffer);
            return new TextValue(buffer.ToString(), run.Escapes);
        });
        run.Line = line;
        return text;
    }

    void Fill(Slots slots, Arguments given)
    {
        var named = given.Named.ToList();
        Value? Take(string word)
        {
            int at = named.FindIndex(n => n.Name == word);
            if (at < 0) return null;
            var value = named[at].Value;
            named.RemoveAt(at);
            return value;
        }
        for (int i = 0; i < places.Length; i++) places[i].Set(slots, i < given.Positional.Count ? given.Positional[i] : Take(Parameters[i]));
        caller?.Set(slots, Take("caller") is { } block and not NoneValue ? block : UndefinedValue.Because("No caller defined"));
        if (kwargs is { } names) names.Set(slots, DictMethods.Make(null!, "dict", new Arguments([], named)));
        else if (named.Any(n => n.Name == "caller"))
            throw PythonError.Type($"macro {Shown} was invoked with two values for the special caller argument. This is most likely a bug.");
        else if (named.Count > 0)
            throw PythonError.Type($"macro {Shown} takes no keyword argument {TextRepr.Of(named[0].Name)}");
        if (varargs is { } more) more.Set(slots, new TupleValue([.. given.Positional.Skip(places.Length)]));
        else if (given.Positional.Count > places.Length)
            throw PythonError.Type($"macro {Shown} takes not more than {places.Length} argument(s)");
    }

    string Shown => name is null ? "None" : TextRepr.Of(name);
}

/// <summary><c>{% macro name(a, b=1) %}</c>.</summary>
internal sealed class Macro(int line, string name, MacroBody body) : Statement(line, body)
{
    Target? target;

    public override void Declare(Symbols symbols) => symbols.Write(name);

    public override void Bind(Frame frame)
    {
        body.Bind(frame);
        target = Target.Bind(new Name(Line, name), frame);
    }

    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        target!.Assign(run, slots, new MacroValue(body, slots));
        return Flow.Next;
    }
}

/// <summary><c>{% call(a) f(b) %}...{% endcall %}</c>: calls with the body as <c>caller</c>.</summary>
internal sealed class CallBlock(int line, Call call, MacroBody body) : Statement(line, call, body)
{
    public override void Declare(Symbols symbols) => call.Declare(symbols);

    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        var value = call.Evaluate(run, slots, new MacroValue(body, slots));
        run.Write(to, run.Escapes ? Texts.Escaped(run, value).Text : Printer.Str(run, value));
        return Flow.Next;
    }
}

/// <summary><c>{% generation %}</c> of Transformers: what the assistant says. The body is a call of its own, so what it sets stays inside.</summary>
internal sealed class Generation(int line, MacroBody body) : Statement(line, body)
{
    public override void Declare(Symbols symbols) { }

    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        string text = body.Call(run, slots, Arguments.None).Text;
        // Transformers counts what the template has written outside of captured blocks.
        run.Generated.Add((run.Output.Length, text));
        run.Write(to, text);
        return Flow.Next;
    }
}
