using System.Text;

namespace PureLora.Jinja;

/// <summary>Template text and <c>{{ values }}</c> in a row.</summary>
internal sealed class Output(int line, IReadOnlyList<Expression> parts) : Statement(line, parts)
{
    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        foreach (var part in parts)
        {
            run.Line = part.Line;
            if (part is TemplateText text) run.Write(to, text.Text);
            else
            {
                var value = part.Evaluate(run, slots);
                run.Write(to, run.Escapes ? Texts.Escaped(run, value).Text : Printer.Str(run, value));
            }
        }
        return Flow.Next;
    }
}

/// <summary>What stands outside of tags.</summary>
internal sealed class TemplateText(int line, string text) : Expression(line)
{
    public string Text => text;

    public override Value Evaluate(Run run, Slots slots) => new TextValue(text);
}

/// <summary><c>{% filter name %}...{% endfilter %}</c>.</summary>
internal sealed class FilterBlock(int line, Filter filter, IReadOnlyList<Statement> body) : Statement(line, [.. body, filter])
{
    ScopeEntry? entry;

    public override void Declare(Symbols symbols) => filter.Declare(symbols);

    public override void Bind(Frame frame)
    {
        var inner = frame.Inner();
        foreach (var child in Children) child.Declare(inner.Symbols);
        foreach (var child in Children) child.Bind(inner);
        entry = inner.Symbols.Entry();
    }

    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        return entry!.Captured(body, run, slots, text => run.Write(to, Printer.Str(run, filter.Evaluate(run, slots, text))));
    }
}

/// <summary><c>{% autoescape truth %}</c>: whether values are written as HTML.</summary>
internal sealed class AutoEscape(int line, Expression option, IReadOnlyList<Statement> body) : Statement(line, [option, .. body])
{
    ScopeEntry? entry;

    public override void Declare(Symbols symbols) { }

    public override void Bind(Frame frame)
    {
        var inner = frame.Inner();
        foreach (var child in Children) child.Declare(inner.Symbols);
        foreach (var child in Children) child.Bind(inner);
        entry = inner.Symbols.Entry();
    }

    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        bool before = run.Escapes;
        entry!.Enter(run, slots);
        run.Escapes = option.Evaluate(run, slots).Truth;
        var flow = All(body, run, slots, to);
        run.Escapes = before;
        entry.Leave(slots);
        return flow;
    }
}

/// <summary><c>include</c>, <c>extends</c>, <c>import</c>: there is nothing that other templates could be loaded from.</summary>
internal sealed class OtherTemplate(int line, Expression template, IReadOnlyList<Name> names) : Statement(line, [template, .. names])
{
    public override void Bind(Frame frame) => template.Bind(frame);

    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        template.Evaluate(run, slots);
        throw PythonError.Type("no loader for this environment specified");
    }
}
