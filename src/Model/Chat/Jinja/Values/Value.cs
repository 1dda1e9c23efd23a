namespace PureLora.Jinja;

/// <summary>
/// A value of the template language. There is nothing else that a template can reach: no object of .NET, no reflection.
/// Each kind answers what Python's type of that name answers.
/// </summary>
internal abstract class Value
{
    /// <summary>Python's name of the type: <c>str</c>, <c>NoneType</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>How Jinja names the value in an error: <c>str object</c>.</summary>
    public virtual string Described => $"{Kind} object";

    public virtual bool Truth => Count is not 0;

    /// <summary><c>len(x)</c>, or null where it has none.</summary>
    public virtual int? Count => null;

    /// <summary>What comparing, printing or hashing it may cost: a bound known when it is made.</summary>
    public virtual long Weight => 1;

    /// <summary>How deep values lie within it.</summary>
    public virtual int Depth => 0;

    /// <summary><c>repr(x)</c>.</summary>
    public abstract void Repr(Printer to);

    /// <summary><c>str(x)</c>.</summary>
    public virtual void Print(Printer to) => Repr(to);

    /// <summary><c>iter(x)</c>, or null where it cannot be iterated.</summary>
    public virtual IEnumerator<Value>? Iterate() => null;

    /// <summary><c>reversed(x)</c>, or null where Python has none.</summary>
    public virtual IEnumerator<Value>? Reversed() => null;

    /// <summary><c>getattr(x, name)</c>, or null where it has none of that name.</summary>
    public virtual Value? Attribute(string name) => null;

    /// <summary><c>x[key]</c>, or null where Python raises TypeError or LookupError.</summary>
    public virtual Value? Element(Value key) => null;

    public virtual bool IsCallable => false;

    public virtual Value Call(Run run, Arguments arguments) => throw PythonError.Type($"'{Kind}' object is not callable");

    /// <summary>Where the value is a number's, a text's or a container's, by content; otherwise it is itself alone.</summary>
    public virtual int Hash => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    public static readonly Value None = new NoneValue();

    public static Value Of(bool truth) => truth ? BoolValue.True : BoolValue.False;

    public static Value Of(long number) => new IntValue(number);
}

internal sealed class NoneValue : Value
{
    public override string Kind => "NoneType";

    public override string Described => "None";

    public override bool Truth => false;

    public override void Repr(Printer to) => to.Write("None");
}
