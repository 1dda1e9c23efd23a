using System.Text;

namespace PureLora.Jinja;

/// <summary><c>{% for target in iterable if test recursive %}...{% else %}...{% endfor %}</c>.</summary>
internal sealed class For(int line, Expression target, Expression iterable, IReadOnlyList<Statement> body, IReadOnlyList<Statement> otherwise, Expression? test, bool recursive)
    : Statement(line, [target, iterable, .. body, .. otherwise, test])
{
    Target? variable, testVariable;
    Place? loop;
    ScopeEntry? entry, testEntry, elseEntry;
    Routine? routine;

    public override void Declare(Symbols symbols) => iterable.Declare(symbols);

    public override void Bind(Frame frame)
    {
        if (All().OfType<Name>().FirstOrDefault(n => n.IsTarget && n.Text == "loop") is { } taken)
            throw PythonError.Assertion("Can't assign to special loop variable in for-loop target", taken.Line);
        iterable.Bind(frame);
        var inner = (recursive ? frame.Call() : frame.Inner()) with { InLoop = true };
        routine = recursive ? inner.Routine : null;
        if (recursive || Undeclared(body, "loop").Count > 0 || All().OfType<Block>().Any(b => b.IsScoped))
            loop = inner.Symbols.Parameter("loop").From(inner.Routine);
        foreach (var name in Target.Names(target)) inner.Symbols.Parameter(name.Text);
        foreach (var statement in body) statement.Declare(inner.Symbols);
        variable = Target.Bind(target, inner);
        foreach (var statement in body) statement.Bind(inner);
        entry = inner.Symbols.Entry();
        BindTest(frame);
        BindElse(recursive ? new Frame(new Symbols(frame.Symbols, inner.Routine), inner.Routine) : frame.Inner());
    }

    void BindTest(Frame frame)
    {
        if (test is null) return;
        var inner = frame.Inner();
        foreach (var name in Target.Names(target)) inner.Symbols.Parameter(name.Text);
        test.Declare(inner.Symbols);
        testVariable = Target.Bind(target, inner);
        test.Bind(inner);
        testEntry = inner.Symbols.Entry();
    }

    void BindElse(Frame inner)
    {
        foreach (var statement in otherwise) statement.Declare(inner.Symbols);
        foreach (var statement in otherwise) statement.Bind(inner);
        elseEntry = inner.Symbols.Entry();
    }

    public override Flow Execute(Run run, Slots slots, StringBuilder to)
    {
        var items = iterable.Evaluate(run, slots);
        if (!recursive) return Loop(run, slots, slots, items, null, 0, to);
        run.Write(to, Printer.Str(run, Again(run, slots, items, 0)));
        return Flow.Next;
    }

    /// <summary>The whole loop over other items, as a text: what <c>loop(items)</c> gives.</summary>
    TextValue Again(Run run, Slots slots, Value items, int depth) => run.Nested(() =>
    {
        var buffer = new StringBuilder();
        Loop(run, new Slots(routine!.SlotCount, slots), slots, items, (inner, next) => Again(run, slots, inner, next), depth, buffer);
        return new TextValue(buffer.ToString(), run.Escapes);
    });

    Flow Loop(Run run, Slots slots, Slots outer, Value items, Func<Value, int, Value>? recurse, int depth, StringBuilder to)
    {
        var all = test is null ? items : new IteratorValue("generator", Chosen(run, outer, Iteration.Of(run, items)).GetEnumerator());
        var walk = Iteration.Of(run, all).GetEnumerator();
        var state = loop is null ? null : new LoopValue(all, walk, recurse, depth);
        bool completed = false;
        int line = Line;
        while (state?.Next() ?? walk.MoveNext())
        {
            run.Line = line;
            variable!.Assign(run, slots, state?.Current ?? walk.Current);
            loop?.Set(slots, state);
            entry!.Enter(run, slots);
            var flow = All(body, run, slots, to);
            if (flow == Flow.Break) break;
            completed |= flow == Flow.Next;
        }
        entry!.Leave(slots);
        if (completed || otherwise.Count == 0) return Flow.Next;
        // As in Jinja, a loop that no item went through to its end counts as one without items.
        elseEntry!.Enter(run, slots);
        var end = All(otherwise, run, slots, to);
        elseEntry.Leave(slots);
        return end;
    }

    /// <summary>Items that pass the test, tested when the loop comes to them.</summary>
    IEnumerable<Value> Chosen(Run run, Slots slots, IEnumerable<Value> items)
    {
        testEntry!.Enter(run, slots);
        foreach (var item in items)
        {
            testVariable!.Assign(run, slots, item);
            if (test!.Evaluate(run, slots).Truth) yield return item;
        }
    }
}
