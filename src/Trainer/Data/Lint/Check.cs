namespace PureLora;

/// <summary>
/// One thing that makes a fine-tune disappoint without a word. It looks at every example, on any thread, and says in the end whether
/// what it saw stops the run.
/// </summary>
/// <param name="name">What <c>allow</c> calls it.</param>
abstract class Check(string name)
{
    /// <summary>All checks of examples, in the order in which they are told.</summary>
    public static IReadOnlyList<Check> All { get; } =
        [new NothingTrained(), new PadMasksEos(), new EosNotTrained(), new DoubledBos(), new NotPrefixPreserving(), new SpecialInText(inChats: true), new SpecialInText(inChats: false), new Mojibake()];

    /// <summary>All names that <c>allow</c> may have.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(check => check.Name).Distinct(), TemplateDiffers.Name];

    public string Name => name;

    /// <summary>What is wrong with this example, for the message; null for nothing.</summary>
    public abstract string? Look(Encoded example, Vocabulary vocabulary);

    /// <summary>Whether so many are too many.</summary>
    public virtual bool Stops(long count, DataReport report) => count > 0;

    /// <summary>The error: what is wrong, what is needed, the remedy. The first example's place stands before it.</summary>
    public abstract string Message(Tally tally, DataReport report);
}

/// <summary>How many examples a check found something in, and the first one: where, and what.</summary>
sealed record Tally(long Count, string Place, string What)
{
    public Tally More() => this with { Count = Count + 1 };
}

/// <summary>What stops a run unless it is allowed.</summary>
sealed record Finding(string Name, string Message);
