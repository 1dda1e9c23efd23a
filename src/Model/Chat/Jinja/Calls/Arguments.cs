namespace PureLora.Jinja;

/// <summary>What a call passes: values by place, then values by name in the order written.</summary>
internal sealed class Arguments(IReadOnlyList<Value> positional, IReadOnlyList<(string Name, Value Value)> named)
{
    public static readonly Arguments None = new([], []);

    public IReadOnlyList<Value> Positional => positional;

    public IReadOnlyList<(string Name, Value Value)> Named => named;

    public static Arguments Of(params Value[] positional) => new(positional, []);

    public Arguments After(Value first) => new([first, .. positional], named);

    public Arguments Without(int count) => new([.. positional.Skip(count)], named);
}
