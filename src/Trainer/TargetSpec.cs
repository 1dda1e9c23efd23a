using System.Collections.ObjectModel;

namespace PureLora;

/// <summary>
/// What <c>target_modules</c> says, in PEFT's words: a list of module names, each matched whole or as the end of a
/// dotted path; or one pattern, which is <c>all-linear</c> or a regular expression that matches the whole path.
/// </summary>
public sealed class TargetSpec : IEquatable<TargetSpec>
{
    // A dot is not here: it stands in names such as self_attn.q_proj.
    const string RegexCharacters = @"\^$*+?()[]{}|";

    public const string AllLinear = "all-linear";

    TargetSpec(string? pattern, IEnumerable<string> names) =>
        (Pattern, Names) = (pattern, new ReadOnlyCollection<string>([.. names]));

    /// <summary><c>all-linear</c> or a regular expression; null when <see cref="Names"/> holds the modules.</summary>
    public string? Pattern { get; }

    /// <summary>Module names in the order given; empty when there is a <see cref="Pattern"/>.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>
    /// One text, from a flag or a YAML string. <c>all-linear</c> is itself; a text with one of <c>\^$*+?()[]{}|</c>
    /// is one regular expression, commas and all; anything else is names between commas. Null if a name is empty.
    /// </summary>
    public static TargetSpec? Parse(string text)
    {
        text = text.Trim();
        if (text == AllLinear || text.AsSpan().IndexOfAny(RegexCharacters) >= 0)
            return new(text, []);
        return FromNames(text.Split(',', StringSplitOptions.TrimEntries));
    }

    /// <summary>A list of names; null if it is empty or one of them is.</summary>
    public static TargetSpec? FromNames(IReadOnlyList<string> names) =>
        names.Count == 0 || names.Any(string.IsNullOrWhiteSpace) ? null : new(null, names);

    public bool Equals(TargetSpec? other) =>
        other is not null && Pattern == other.Pattern && Names.SequenceEqual(other.Names);

    public override bool Equals(object? obj) => Equals(obj as TargetSpec);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The text that <see cref="Parse"/> reads back.</summary>
    public override string ToString() => Pattern ?? string.Join(',', Names);
}
