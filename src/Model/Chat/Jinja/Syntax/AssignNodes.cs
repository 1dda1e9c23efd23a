using System.Text;

namespace PureLora.Jinja;

/// <summary><c>{% set a = b %}</c>, also <c>ns.a</c> and <c>a, b</c>.</summary>
internal sealed class Assign(int line, Expression target, Expression value) : Statement(line, target, value)
{
    Target? bound;
    Place[] namespaces = [];

    public override void Declare(Symbols symbols)
    {
        value.Declare(symbols);
        target.Declare(symbols);
    }

    public override void Bind(Frame frame)
    {
        value.Bind(frame);
        bound = Target.Bind(target, frame);
        namespaces = [.. target.All().OfType<NamespaceAttribute>().Select(a => frame.Place(a.Name))];
    }

    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        foreach (var place in namespaces) Target.Of(place, slots);
        bound!.Assign(run, slots, value.Evaluate(run, slots));
        return Flow.Next;
    }
}

/// <summary><c>{% set a %}...{% endset %}</c>: the text of the body, through a filter if there is one.</summary>
internal sealed class AssignBlock(int line, Expression target, Filter? filter, IReadOnlyList<Statement> body)
    : Statement(line, [target, filter, .. body])
{
    Target? bound;
    ScopeEntry? entry;

    public override void Declare(Symbols symbols) => target.Declare(symbols);

    public override void Bind(Frame frame)
    {
        bound = Target.Bind(target, frame);
        var inner = frame.Inner();
        filter?.Declare(inner.Symbols);
        foreach (var statement in body) statement.Declare(inner.Symbols);
        filter?.Bind(inner);
        foreach (var statement in body) statement.Bind(inner);
        entry = inner.Symbols.Entry();
    }

    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        return entry!.Captured(body, run, slots, text => bound!.Assign(run, slots, filter?.Evaluate(run, slots, text) ?? text));
    }
}

/// <summary><c>{% with a = b %}</c>: names for the body alone; the values are computed outside of it.</summary>
internal sealed class With(int line, IReadOnlyList<(Expression Target, Expression Value)> values, IReadOnlyList<Statement> body)
    : Statement(line, [.. values.Select(v => v.Target), .. values.Select(v => v.Value), .. body])
{
    Target[] targets = [];
    ScopeEntry? entry;

    public override void Declare(Symbols symbols)
    {
        foreach (var (_, value) in values) value.Declare(symbols);
    }

    public override void Bind(Frame frame)
    {
        var inner = frame.Inner();
        foreach (var name in values.SelectMany(v => Target.Names(v.Target))) inner.Symbols.Parameter(name.Text);
        foreach (var statement in body) statement.Declare(inner.Symbols);
        foreach (var (_, value) in values) value.Bind(frame);
        targets = [.. values.Select(v => Target.Bind(v.Target, inner))];
        foreach (var statement in body) statement.Bind(inner);
        entry = inner.Symbols.Entry();
    }

    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        entry!.Enter(run, slots);
        for (int i = 0; i < targets.Length; i++) targets[i].Assign(run, slots, values[i].Value.Evaluate(run, slots));
        var flow = All(body, run, slots, to);
        entry.Leave(slots);
        return flow;
    }
}
