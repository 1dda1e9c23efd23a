namespace PureLora;

/// <summary>The <c>normalizer</c> of a tokenizer.json: what is done to a text between added tokens before it is split.</summary>
internal sealed class TextNormalizer
{
    const string Supported = "NFC, Prepend, Replace (of a String), Sequence";

    readonly List<Func<string, string>> steps = [];

    public string Apply(string text)
    {
        foreach (var step in steps) text = step(text);
        return text;
    }

    /// <summary>Reads the normalizer; null means that texts stay as they are.</summary>
    public static TextNormalizer Read(JsonPlace? place)
    {
        var normalizer = new TextNormalizer();
        if (place is { } given) normalizer.Add(given);
        return normalizer;
    }

    void Add(JsonPlace place)
    {
        string kind = place.Text("type");
        switch (kind)
        {
            case "Sequence":
                foreach (var item in place.Need("normalizers").Items()) Add(item);
                break;
            case "NFC":
                steps.Add(Nfc.Compose);
                break;
            case "Prepend":
                string prefix = place.Text("prepend");
                steps.Add(text => text.Length == 0 ? text : prefix + text);
                break;
            case "Replace" when place.Need("pattern").Find("String") is { } pattern:
                string old = pattern.Text(), content = place.Text("content");
                if (old.Length == 0) throw pattern.Wrong("empty", "a text to replace");
                steps.Add(text => text.Replace(old, content, StringComparison.Ordinal));
                break;
            default:
                throw place.Unsupported($"a normalizer of type {kind}{(kind == "Replace" ? " with a Regex" : "")}", Supported);
        }
    }
}
