namespace PureLora.Jinja;

/// <summary>Where in a template a node stands while names are bound to slots.</summary>
internal sealed record Frame(Symbols Symbols, Routine Routine)
{
    /// <summary>Assignments here are seen by the template's blocks.</summary>
    public bool IsTopLevel { get; init; }

    /// <summary>Under a condition: a filter or test that does not exist is an error only where it is reached.</summary>
    public bool IsConditional { get; init; }

    /// <summary>Whether <c>break</c> has a loop to leave.</summary>
    public bool InLoop { get; init; }

    public static Frame Root(Routine routine) => new(new Symbols(null, routine), routine);

    /// <summary>A scope within the same call.</summary>
    public Frame Inner() => new(new Symbols(Symbols, Routine), Routine) { InLoop = InLoop };

    /// <summary>A scope that is a call of its own.</summary>
    public Frame Call()
    {
        var routine = new Routine(Routine);
        return new Frame(new Symbols(Symbols, routine), routine);
    }

    public Frame Conditional() => this with { IsConditional = true };

    public Place Place(string name) => Symbols.Find(name)!.From(Routine);
}
