namespace PureLora;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json: what is done to a text between added tokens before it is split.</summary>
internal static class Normalizers
{
    /// <summary>Each step goes over every text; no file in use has more than seven.</summary>
    internal const int MostSteps = 64;

    const string Supported = "NFC, NFD, NFKC, NFKD, Prepend, Replace, Lowercase, Strip, StripAccents, Nmt, ByteLevel, Sequence";

    /// <summary>The steps, in order; none where the file has no normalizer.</summary>
    public static List<ITextStep> Read(JsonPlace? place)
    {
        var steps = new List<ITextStep>();
        if (place is { } given) Add(given, steps, new TextGrowth());
        return steps;
    }

    static void Add(JsonPlace place, List<ITextStep> steps, TextGrowth growth)
    {
        string kind = place.Text("type");
        if (steps.Count == MostSteps) throw place.Wrong($"one step more than {MostSteps}", "fewer");
        switch (kind)
        {
            case "Sequence":
                foreach (var item in place.Need("normalizers").Items()) Add(item, steps, growth);
                break;
            case "NFC" or "NFD" or "NFKC" or "NFKD":
                steps.Add(new UnicodeFormStep(compatible: kind.Contains('K'), compose: kind.EndsWith('C')));
                break;
            case "Prepend":
                growth.Add(place, 0, place.Text("prepend"));
                steps.Add(new PrependStep(place.Text("prepend")));
                break;
            case "Replace":
                growth.Add(place, place.Need("pattern").Find("String")?.Text().Length ?? 0, place.Text("content"));
                steps.Add(new ReplaceStep(Pattern.Read(place.Need("pattern")), place.Text("content")));
                break;
            case "Lowercase":
                steps.Add(CharMapStep.Lowercase());
                break;
            case "StripAccents":
                steps.Add(CharMapStep.StripAccents());
                break;
            case "Nmt":
                steps.Add(CharMapStep.Nmt());
                break;
            case "Strip":
                steps.Add(new StripStep(place.Flag("strip_left", true), place.Flag("strip_right", true)));
                break;
            case "ByteLevel":
                steps.Add(new ByteLevelStep(addPrefixSpace: false, usePattern: false));
                break;
            default:
                throw place.Unsupported($"a normalizer of type {kind}", Supported);
        }
    }
}
