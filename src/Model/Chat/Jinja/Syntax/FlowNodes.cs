using System.Text;

namespace PureLora.Jinja;

/// <summary><c>{% if %}</c> with its <c>elif</c> and <c>else</c>. It opens no scope: what it sets, it sets outside.</summary>
internal sealed class If(int line, Expression test, IReadOnlyList<Statement> body, IReadOnlyList<If> elifs, IReadOnlyList<Statement> otherwise)
    : Statement(line, [test, .. body, .. elifs, .. otherwise])
{
    Expression Test => test;

    IReadOnlyList<Statement> Body => body;

    public override void Declare(Symbols symbols)
    {
        test.Declare(symbols);
        symbols.Merge([Of(body), Of(elifs), Of(otherwise)]);

        Symbols Of(IEnumerable<Statement> statements)
        {
            var branch = symbols.Branch();
            foreach (var statement in statements) statement.Declare(branch);
            return branch;
        }
    }

    public override void Bind(Frame frame) => base.Bind(frame.Conditional());

    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        if (test.Evaluate(run, slots).Truth) return All(body, run, slots, to);
        foreach (var elif in elifs)
        {
            run.Line = elif.Line;
            run.Step();
            if (elif.Test.Evaluate(run, slots).Truth) return All(elif.Body, run, slots, to);
        }
        return All(otherwise, run, slots, to);
    }

}

/// <summary><c>{% break %}</c>, <c>{% continue %}</c>.</summary>
internal sealed class Jump(int line, Flow flow) : Statement(line)
{
    public override void Bind(Frame frame)
    {
        if (frame.InLoop) return;
        throw new PythonError("SyntaxError", flow == Flow.Break ? "'break' outside loop" : "'continue' not properly in loop") { Line = Line };
    }

    public override Flow Execute(Run run, Slots slots, StringBuilder to) => flow;
}

/// <summary><c>{% block name %}</c>: written where it stands, with the variables of the top level, and again by <c>self.name()</c>.</summary>
internal sealed class Block(int line, string name, bool scoped, bool required, IReadOnlyList<Statement> body) : Statement(line, body)
{
    readonly Routine routine = new(null);
    ScopeEntry? entry;
    Place? self, super;
    (string Name, Place Place)[] outer = [];

    public string Name => name;

    public bool IsScoped => scoped;

    public override void Declare(Symbols symbols) { }

    public override void Bind(Frame frame)
    {
        outer = scoped ? [.. frame.Symbols.AllStores().Select(n => (n, frame.Place(n)))] : [];
        var inner = Frame.Root(routine);
        var special = Undeclared(body, "self", "super");
        if (special.Contains("self")) self = inner.Symbols.Parameter("self").From(routine);
        if (special.Contains("super")) super = inner.Symbols.Parameter("super").From(routine);
        foreach (var statement in body) statement.Declare(inner.Symbols);
        foreach (var statement in body) statement.Bind(inner);
        entry = inner.Symbols.Entry();
    }

    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        if (required) throw new PythonError("TemplateRuntimeError", $"Required block {TextRepr.Of(name)} not found");
        var before = run.Variables;
        if (scoped)
        {
            run.Variables = new(before);
            foreach (var (variable, place) in outer)
                if (place.Get(slots) is { } value) run.Variables[variable] = value;
        }
        Write(run, to);
        run.Variables = before;
        return Flow.Next;
    }

    public void Write(Run run, StringBuilder to) => run.Nested(() =>
    {
        var slots = new Slots(routine.SlotCount, null);
        self?.Set(slots, new BlocksValue(run));
        super?.Set(slots, UndefinedValue.Because($"there is no parent block called {TextRepr.Of(name)}."));
        entry!.Enter(run, slots);
        return All(body, run, slots, to);
    });
}
