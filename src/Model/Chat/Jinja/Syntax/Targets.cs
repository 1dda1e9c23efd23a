namespace PureLora.Jinja;

/// <summary>What can be assigned to: a variable, a namespace's attribute, or several of them at once.</summary>
internal abstract class Target
{
    public abstract void Assign(Run run, Slots slots, Value value);

    /// <summary>Binds the left side of an assignment, the variable of a loop, the name in a with.</summary>
    public static Target Bind(Expression node, Frame frame) => node switch
    {
        Name name => new VariableTarget(frame.Place(name.Text), frame.IsTopLevel ? name.Text : null),
        NamespaceAttribute attribute => new AttributeTarget(frame.Place(attribute.Name), attribute.Attribute),
        TupleLiteral tuple => new TupleTarget([.. tuple.Items.Select(item => Bind(item, frame))]),
        _ => throw PythonError.Syntax("can't assign to this", node.Line),
    };

    public static IEnumerable<Name> Names(Expression node) => node.All().OfType<Name>();

    sealed class VariableTarget(Place place, string? exported) : Target
    {
        public override void Assign(Run run, Slots slots, Value value)
        {
            place.Set(slots, value);
            if (exported is not null) run.Variables[exported] = value;
        }
    }

    sealed class AttributeTarget(Place place, string attribute) : Target
    {
        public override void Assign(Run run, Slots slots, Value value) => Of(place, slots).Set(attribute, value);
    }

    public static NamespaceValue Of(Place place, Slots slots) => place.Get(slots) as NamespaceValue
        ?? throw new PythonError("TemplateRuntimeError", "cannot assign attribute on non-namespace object");

    sealed class TupleTarget(Target[] parts) : Target
    {
        public override void Assign(Run run, Slots slots, Value value)
        {
            var items = value.Iterate() ?? throw PythonError.Type($"cannot unpack non-iterable {value.Kind} object");
            var values = new Value[parts.Length];
            for (int i = 0; i < parts.Length; i++)
                values[i] = items.MoveNext() ? items.Current : throw PythonError.Value($"not enough values to unpack (expected {parts.Length}, got {i})");
            if (items.MoveNext()) throw PythonError.Value($"too many values to unpack (expected {parts.Length})");
            for (int i = 0; i < parts.Length; i++) parts[i].Assign(run, slots, values[i]);
        }
    }
}
