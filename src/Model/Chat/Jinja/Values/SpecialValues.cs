using System.Text;

namespace PureLora.Jinja;

/// <summary><c>cycler(a, b)</c>: one after the other, again and again.</summary>
internal sealed class CyclerValue(Value[] items) : Value
{
    int at;

    public override string Kind => "Cycler";

    public override string Described => "jinja2.utils.Cycler object";

    public override void Repr(Printer to) => to.Write("<jinja2.utils.Cycler object>");

    public override Value? Attribute(string name) => name switch
    {
        "current" => items[at],
        "pos" => Of(at),
        "items" => new TupleValue(items),
        "next" => new MethodValue(this, "next", "", (_, _) =>
        {
            var current = items[at];
            at = (at + 1) % items.Length;
            return current;
        }),
        "reset" => new MethodValue(this, "reset", "", (_, _) =>
        {
            at = 0;
            return None;
        }),
        _ => null,
    };
}

/// <summary><c>joiner(", ")</c>: nothing at the first call, the separator at every other.</summary>
internal sealed class JoinerValue(Value separator) : Value
{
    bool used;

    public override string Kind => "Joiner";

    public override string Described => "jinja2.utils.Joiner object";

    public override bool IsCallable => true;

    public override void Repr(Printer to) => to.Write("<jinja2.utils.Joiner object>");

    public override Value? Attribute(string name) => name switch { "sep" => separator, "used" => Of(used), _ => null };

    public override Value Call(Run run, Arguments arguments)
    {
        var value = used ? separator : TextValue.Empty;
        used = true;
        return value;
    }
}

/// <summary><c>self</c>: the template's blocks by name.</summary>
internal sealed class BlocksValue(Run run) : Value
{
    public override string Kind => "TemplateReference";

    public override string Described => "jinja2.runtime.TemplateReference object";

    public override void Repr(Printer to) => to.Write("<TemplateReference None>");

    public override Value? Element(Value key) => key is TextValue name && run.Blocks.TryGetValue(name.Text, out var block) ? new BlockValue(block) : null;
}

/// <summary><c>self.name</c>: a block, to be called.</summary>
internal sealed class BlockValue(Block block) : Value
{
    public override string Kind => "BlockReference";

    public override string Described => "jinja2.runtime.BlockReference object";

    public override bool IsCallable => true;

    public override void Repr(Printer to) => to.Write("<jinja2.runtime.BlockReference object>");

    public override Value? Attribute(string name) => name switch
    {
        "name" => new TextValue(block.Name),
        "super" => UndefinedValue.Because($"there is no parent block called {TextRepr.Of(block.Name)}."),
        _ => null,
    };

    public override Value Call(Run run, Arguments arguments)
    {
        var text = new StringBuilder();
        block.Write(run, text);
        return new TextValue(text.ToString(), run.Escapes);
    }
}
