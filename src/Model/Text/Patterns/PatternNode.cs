namespace PureLora;

/// <summary>A piece of a regular expression, as <see cref="PatternParser"/> reads it.</summary>
internal abstract record PatternNode
{
    /// <summary>One character out of a set.</summary>
    public sealed record Single(CharSet Set) : PatternNode;

    /// <summary>One after another; none is the empty match.</summary>
    public sealed record Series(List<PatternNode> Parts) : PatternNode;

    /// <summary>The first that fits.</summary>
    public sealed record Choice(List<PatternNode> Options) : PatternNode;

    /// <summary>From <paramref name="Least"/> to <paramref name="Most"/> times.</summary>
    public sealed record Repeat(PatternNode Part, int Least, int Most, Appetite Appetite) : PatternNode;

    /// <summary>What must, or must not, stand ahead or behind.</summary>
    public sealed record Look(PatternNode Part, bool Ahead, bool Negated) : PatternNode;

    /// <summary>A part that is never tried another way once it has matched.</summary>
    public sealed record Atomic(PatternNode Part) : PatternNode;

    public sealed record Anchor(AnchorKind Kind) : PatternNode;
}

/// <summary>How much a repeat takes: all it can, as little as it must, or all without giving back.</summary>
internal enum Appetite { Greedy, Lazy, Possessive }

internal enum AnchorKind { LineStart, LineEnd, TextStart, TextEnd, TextEndOrLastBreak, WordEdge, NoWordEdge }
