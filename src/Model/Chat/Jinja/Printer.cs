using System.Text;

namespace PureLora.Jinja;

/// <summary>Where <c>str</c> and <c>repr</c> write, within the limits of a run.</summary>
internal sealed class Printer(Run run)
{
    readonly StringBuilder text = new();
    readonly List<NamespaceValue> within = [];

    /// <summary><c>str(value)</c>.</summary>
    public static string Str(Run run, Value value)
    {
        if (value is TextValue plain) return plain.Text;
        var to = new Printer(run);
        value.Print(to);
        return to.text.ToString();
    }

    /// <summary><c>repr(value)</c>.</summary>
    public static string Repr(Run run, Value value)
    {
        var to = new Printer(run);
        value.Repr(to);
        return to.text.ToString();
    }

    public void Write(params ReadOnlySpan<string> parts)
    {
        foreach (string part in parts) run.Write(text, part);
        run.Step();
    }

    public void Items(string open, IReadOnlyList<Value> items, string close)
    {
        Write(open);
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0) Write(", ");
            items[i].Repr(this);
        }
        Write(close);
    }

    /// <summary>Goes into a namespace; false where it is being printed already.</summary>
    public bool Enter(NamespaceValue value)
    {
        Run.Descend();
        if (within.Contains(value)) return false;
        within.Add(value);
        return within.Count > Limits.ValueDepth ? throw PythonError.Limit("the depth of a value", Limits.ValueDepth) : true;
    }

    public void Leave(NamespaceValue value) => within.Remove(value);
}
