namespace PureLora;

/// <summary>
/// Reads the <c>pre_tokenizer</c> of a tokenizer.json: what cuts a text into the pieces within which the model works,
/// each step cutting the pieces of the one before.
/// </summary>
internal static class PreTokenizers
{
    const string Supported = "ByteLevel, Split, Digits, Metaspace, Whitespace, WhitespaceSplit, Punctuation, CharDelimiterSplit, Sequence";

    static readonly Lazy<Pattern> Number = new(() => Pattern.Of(@"\p{N}"));
    static readonly Lazy<Pattern> Punctuation = new(() => Pattern.Of(@"[\p{P}\p{S}&&[\x00-\x7F]]|\p{P}"));
    static readonly Lazy<Pattern> Space = new(() => Pattern.Of(@"\s"));
    // Joiners are letters of a word to Rust, whose words these are.
    static readonly Lazy<Pattern> Words = new(() => Pattern.Of(@"[\w\u200C\u200D]+|[^\w\u200C\u200D\s]+"));

    /// <summary>The steps, in order; none where the file has no pre-tokenizer.</summary>
    public static List<ITextStep> Read(JsonPlace? place)
    {
        var steps = new List<ITextStep>();
        if (place is { } given) Add(given, steps);
        return steps;
    }

    static void Add(JsonPlace place, List<ITextStep> steps)
    {
        string kind = place.Text("type");
        if (steps.Count == Normalizers.MostSteps) throw place.Wrong($"one step more than {Normalizers.MostSteps}", "fewer");
        switch (kind)
        {
            case "Sequence":
                foreach (var item in place.Need("pretokenizers").Items()) Add(item, steps);
                break;
            case "ByteLevel":
                steps.Add(new ByteLevelStep(place.Flag("add_prefix_space", true), place.Flag("use_regex", true)));
                break;
            case "Metaspace":
                steps.Add(MetaspaceStep.Read(place));
                break;
            default:
                steps.Add(ReadSplit(place, kind));
                break;
        }
    }

    static PatternSplit ReadSplit(JsonPlace place, string kind) => kind switch
    {
        "Split" => new(Pattern.Read(place.Need("pattern")), PatternSplit.ReadBehavior(place.Need("behavior")), place.Flag("invert", false)),
        "Digits" => new(Number.Value, place.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
        "Punctuation" => new(Punctuation.Value, place.Find("behavior") is { } given ? PatternSplit.ReadBehavior(given) : SplitBehavior.Isolated),
        "WhitespaceSplit" => new(Space.Value, SplitBehavior.Removed),
        "Whitespace" => new(Words.Value, SplitBehavior.Removed, invert: true),
        "CharDelimiterSplit" => new(Pattern.Literal(place.Text("delimiter")), SplitBehavior.Removed),
        _ => throw place.Unsupported($"a pre-tokenizer of type {kind}", Supported),
    };
}
