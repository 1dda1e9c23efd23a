namespace PureLora.Jinja;

/// <summary>A built-in function: its parameters and what it does.</summary>
internal sealed class Function(string name, string parameters, Func<Run, Bound, Value> body)
{
    readonly Signature signature = new(name, parameters);

    public string Name => name;

    /// <summary>A function may look at every character it is given.</summary>
    static long Cost(Arguments arguments)
    {
        long cost = 1;
        foreach (var value in arguments.Positional) cost += Length(value);
        return cost;
    }

    public static long Length(Value value) => value is TextValue text ? text.Text.Length >> 4 : 0;

    public Value Call(Run run, Arguments arguments)
    {
        run.Step(Cost(arguments));
        return body(run, signature.Bind(arguments));
    }
}

/// <summary>A function or class that a template can call: <c>range</c>, <c>dict</c>, <c>raise_exception</c>.</summary>
internal sealed class FunctionValue(Function function, string kind = "function") : Value
{
    public override string Kind => kind;

    public override bool IsCallable => true;

    public override void Repr(Printer to) => to.Write(kind == "type" ? $"<class '{function.Name}'>" : $"<function {function.Name}>");

    public override Value Call(Run run, Arguments arguments) => function.Call(run, arguments);
}

/// <summary>A method together with its object: <c>text.strip</c>.</summary>
internal sealed class MethodValue(Value self, string name, string parameters, Func<Run, Bound, Value> body) : Value
{
    public override string Kind => "builtin_function_or_method";

    public override bool IsCallable => true;

    public override void Repr(Printer to) => to.Write($"<built-in method {name}>");

    public override Value Call(Run run, Arguments arguments)
    {
        run.Step(Function.Length(self));
        return new Function(name, parameters, body).Call(run, arguments);
    }
}
