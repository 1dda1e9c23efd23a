namespace PureLora.Jinja;

/// <summary><c>namespace(...)</c>: the one value that a template can change.</summary>
internal sealed class NamespaceValue(DictValue start) : Value
{
    readonly OrderedDictionary<string, Value> attributes = new(start.Entries.Select(e => KeyValuePair.Create(((TextValue)e.Key).Text, e.Value)));

    public override string Kind => "Namespace";

    public override string Described => "jinja2.utils.Namespace object";

    public void Set(string name, Value value) => attributes[name] = value;

    public override Value? Attribute(string name) => attributes.TryGetValue(name, out var value) ? value : null;

    public override void Repr(Printer to)
    {
        to.Write("<Namespace {");
        // It may hold itself.
        if (to.Enter(this))
        {
            bool first = true;
            foreach (var (name, value) in attributes)
            {
                to.Write(first ? "" : ", ", TextRepr.Of(name), ": ");
                first = false;
                value.Repr(to);
            }
            to.Leave(this);
        }
        else
            to.Write("...");
        to.Write("}>");
    }
}
