using System.Text;

namespace PureLora.Jinja;

/// <summary>A template, parsed and bound: it renders any number of times.</summary>
internal sealed class Template
{
    readonly Routine routine = new(null);
    readonly List<Statement> body;
    readonly Dictionary<string, Block> blocks = [];
    readonly ScopeEntry entry;
    readonly Place? self;

    /// <exception cref="PythonError">The first error in the template, with its line.</exception>
    public Template(string source)
    {
        body = Parser.Parse(source);
        foreach (var block in body.SelectMany(s => s.All()).OfType<Block>())
            if (!blocks.TryAdd(block.Name, block)) throw PythonError.Assertion($"block {TextRepr.Of(block.Name)} defined twice", block.Line);
        MarksGeneration = body.SelectMany(s => s.All()).Any(n => n is Generation);
        var frame = Frame.Root(routine) with { IsTopLevel = true };
        if (Node.Undeclared(body, "self").Count > 0) self = frame.Symbols.Parameter("self").From(routine);
        foreach (var statement in body) statement.Declare(frame.Symbols);
        foreach (var statement in body) statement.Bind(frame);
        entry = frame.Symbols.Entry();
    }

    public bool MarksGeneration { get; }

    /// <summary>Renders into <see cref="Run.Output"/>.</summary>
    /// <exception cref="PythonError">What went wrong, at <see cref="Run.Line"/>.</exception>
    public void Render(Run run)
    {
        Run.Descend();
        foreach (var (name, block) in blocks) run.Blocks[name] = block;
        var slots = new Slots(routine.SlotCount, null);
        self?.Set(slots, new BlocksValue(run));
        entry.Enter(run, slots);
        Statement.All(body, run, slots, run.Output);
    }
}
