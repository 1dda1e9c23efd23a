namespace PureLora.Jinja;

/// <summary>
/// What a template may use. Steps and lengths grow with what it was given, so that a long conversation renders and a short
/// template cannot run away.
/// </summary>
/// <param name="Steps">
/// An expression, a statement or an item is one step, and so are 32 characters made or 16 looked at: some 0.1 microseconds each.
/// </param>
/// <param name="TextLength">UTF-16 units of the output, and of any text on the way.</param>
/// <param name="Time">The last resort, on a machine that is slower than the steps were counted for.</param>
internal sealed record Limits(long Steps, long TextLength, TimeSpan Time)
{
    /// <summary>Macros, loops and blocks that call each other.</summary>
    public const int CallDepth = 200;

    /// <summary>Expressions within expressions, and statements within statements; Python's own parser ends near 90 brackets.</summary>
    public const int SyntaxDepth = 200;

    /// <summary>Lists within lists.</summary>
    public const int ValueDepth = 200;

    /// <summary>Elements of a list, and what all the values within one value weigh.</summary>
    public const int ListLength = 1_000_000, ValueWeight = 10_000_000;

    /// <summary>Jinja's own limit on <c>range</c>.</summary>
    public const int RangeLength = 100_000;

    /// <summary>Bits of a whole number, and Python's own limit on the digits of one that is printed or read.</summary>
    public const int IntegerBits = 1 << 14, IntegerDigits = 4300;

    public static Limits For(long inputCharacters) =>
        new(2_000_000 + 64 * inputCharacters, (4 << 20) + 16 * inputCharacters, TimeSpan.FromSeconds(10));
}
