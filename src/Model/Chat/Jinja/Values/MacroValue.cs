namespace PureLora.Jinja;

/// <summary>A macro, or the body of a call block, with the variables around it.</summary>
internal sealed class MacroValue(MacroBody body, Slots slots) : Value
{
    public override string Kind => "Macro";

    public override string Described => "jinja2.runtime.Macro object";

    public override bool IsCallable => true;

    public override void Repr(Printer to) => to.Write(body.Name is null ? "<Macro anonymous>" : $"<Macro {TextRepr.Of(body.Name)}>");

    public override Value? Attribute(string name) => name switch
    {
        "name" => body.Name is null ? None : new TextValue(body.Name),
        "arguments" => new TupleValue([.. body.Parameters.Select(p => new TextValue(p))]),
        "catch_kwargs" => Of(body.TakesNames),
        "catch_varargs" => Of(body.TakesMore),
        "caller" => Of(body.TakesCaller),
        _ => null,
    };

    public override Value Call(Run run, Arguments arguments) => body.Call(run, slots, arguments);
}
