namespace PureLora;

/// <summary>When the Metaspace pre-tokenizer puts its character before a stretch.</summary>
internal enum PrependScheme { Always, First, Never }

/// <summary>The Metaspace pre-tokenizer (SentencePiece): spaces become another character, which begins each piece.</summary>
internal sealed class MetaspaceStep : ITextStep
{
    readonly string replacement;
    readonly PrependScheme scheme;
    readonly ReplaceStep replace;
    readonly PatternSplit? split;

    public MetaspaceStep(string replacement, PrependScheme scheme, bool splits)
    {
        (this.replacement, this.scheme) = (replacement, scheme);
        replace = new ReplaceStep(Pattern.Literal(" "), replacement);
        if (splits) split = new PatternSplit(Pattern.Literal(replacement), SplitBehavior.MergedWithNext);
    }

    public static MetaspaceStep Read(JsonPlace place) => new(Replacement(place), Scheme(place), place.Flag("split", true));

    public static string Replacement(JsonPlace place)
    {
        string replacement = place.Text("replacement");
        if (replacement.EnumerateRunes().Count() != 1) throw place.Unsupported($"Metaspace with the replacement \"{replacement}\"", "one character");
        return replacement;
    }

    /// <summary>Files older than prepend_scheme have add_prefix_space.</summary>
    public static PrependScheme Scheme(JsonPlace place)
    {
        if (!place.Flag("add_prefix_space", true)) return PrependScheme.Never;
        if (place.Find("prepend_scheme") is not { } given) return PrependScheme.Always;
        return given.Text() switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            var other => throw given.Unsupported(other, "always, first, never"),
        };
    }

    public void Apply(WorkText text)
    {
        replace.Apply(text);
        if (scheme != PrependScheme.Never) PrependStep.Apply(text, replacement, unlessThere: true, onlyAtStart: scheme == PrependScheme.First);
        split?.Apply(text);
    }
}
