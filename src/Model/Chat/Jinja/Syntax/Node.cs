using System.Text;

namespace PureLora.Jinja;

/// <summary>A part of a template: parsed, then bound once, then run any number of times, by any number of threads.</summary>
internal abstract class Node
{
    protected Node(int line, params IEnumerable<Node?> children)
    {
        Line = line;
        Children = [.. children.Where(c => c is not null).Select(c => c!)];
        Depth = 1 + (Children.Length == 0 ? 0 : Children.Max(c => c.Depth));
        if (Depth > Limits.SyntaxDepth) throw new PythonError("LimitError", $"the depth of an expression or block would be more than {Limits.SyntaxDepth}") { Line = line };
    }

    public int Line { get; }

    /// <summary>In the order in which Jinja looks at them.</summary>
    public Node[] Children { get; }

    public int Depth { get; }

    /// <summary>Tells a scope which names it reads and writes; a node that opens a scope tells only what is outside of it.</summary>
    public virtual void Declare(Symbols symbols)
    {
        foreach (var child in Children) child.Declare(symbols);
    }

    /// <summary>Names to slots, filters and tests to what they do.</summary>
    public virtual void Bind(Frame frame)
    {
        foreach (var child in Children) child.Bind(frame);
    }

    public IEnumerable<Node> All() => Children.SelectMany(c => c.All()).Prepend(this);

    /// <summary>
    /// Which of the names are read in nodes before they are written there, by Jinja's rule: in reading order, without looking at scopes.
    /// </summary>
    public static HashSet<string> Undeclared(IEnumerable<Node> nodes, params IEnumerable<string> names)
    {
        var open = names.ToHashSet();
        var found = new HashSet<string>();
        foreach (var node in nodes) Look(node);
        return found;

        void Look(Node node)
        {
            if (node is Name name)
            {
                if (name.IsRead && open.Contains(name.Text)) found.Add(name.Text);
                else open.Remove(name.Text);
            }
            if (node is Block) return;
            foreach (var child in node.Children) Look(child);
        }
    }
}

/// <summary>A node with a value.</summary>
internal abstract class Expression(int line, params IEnumerable<Node?> children) : Node(line, children)
{
    public abstract Value Evaluate(Run run, Slots slots);
}

/// <summary>How a statement ended.</summary>
internal enum Flow
{
    Next,
    Continue,
    Break,
}

/// <summary>A node that writes.</summary>
internal abstract class Statement(int line, params IEnumerable<Node?> children) : Node(line, children)
{
    public abstract Flow Execute(Run run, Slots slots, StringBuilder to);

    public static Flow All(IReadOnlyList<Statement> body, Run run, Slots slots, StringBuilder to)
    {
        for (int i = 0; i < body.Count; i++)
        {
            run.Line = body[i].Line;
            run.Step();
            var flow = body[i].Execute(run, slots, to);
            if (flow != Flow.Next) return flow;
        }
        return Flow.Next;
    }
}
