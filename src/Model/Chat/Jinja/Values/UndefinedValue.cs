namespace PureLora.Jinja;

/// <summary>
/// Jinja's <c>Undefined</c>: empty when printed, iterated or asked for truth, and an error in every other use.
/// </summary>
internal sealed class UndefinedValue : Value
{
    readonly Func<string> message;
    readonly string error;

    UndefinedValue(Func<string> message, string error = "UndefinedError") => (this.message, this.error) = (message, error);

    public static UndefinedValue Name(string name) => new(() => $"{TextRepr.Of(name)} is undefined");

    public static UndefinedValue Because(string hint) => new(() => hint);

    /// <summary>Neither attribute nor element: names are texts, other keys are shown as they are.</summary>
    public static UndefinedValue Missing(Run run, Value of, Value key) => new(() => key is TextValue name
        ? $"{TextRepr.Of(of.Described)} has no attribute {TextRepr.Of(name.Text)}"
        : $"{of.Described} has no element {Printer.Repr(run, key)}");

    public static UndefinedValue Unsafe(Value of, string name) =>
        new(() => $"access to attribute {TextRepr.Of(name)} of {TextRepr.Of(of.Kind)} object is unsafe.", "SecurityError");

    public override string Kind => "Undefined";

    public override string Described => "jinja2.runtime.Undefined object";

    public override int? Count => 0;

    public override int Hash => 0;

    public PythonError Error => new(error, message());

    public override void Repr(Printer to) => to.Write("Undefined");

    public override void Print(Printer to) { }

    public override IEnumerator<Value> Iterate() => Enumerable.Empty<Value>().GetEnumerator();

    public override IEnumerator<Value> Reversed() => Iterate();

    public override Value? Attribute(string name) => Access.IsDunder(name) ? null : throw Error;

    public override Value? Element(Value key) => throw Error;

    public override bool IsCallable => true;

    public override Value Call(Run run, Arguments arguments) => throw Error;
}
