namespace PureLora;

/// <summary>
/// The <c>pre_tokenizer</c> of a tokenizer.json: patterns that cut a text into the pieces within which merges
/// happen, each cutting the pieces of the one before.
/// </summary>
internal sealed class PreTokenizers
{
    const string Supported = "ByteLevel, Split (behavior Isolated), Digits, Sequence";

    readonly List<SplitPattern> patterns = [];

    /// <summary>Whether pieces are written in the characters of <see cref="ByteLevel"/>.</summary>
    public bool IsByteLevel { get; private set; }

    /// <summary>Whether a text that does not start with a space gets one.</summary>
    public bool AddPrefixSpace { get; private set; }

    /// <summary>Reads the pre-tokenizer; null means one piece.</summary>
    public static PreTokenizers Read(JsonPlace? place)
    {
        var result = new PreTokenizers();
        if (place is { } given) result.Add(given);
        return result;
    }

    void Add(JsonPlace place)
    {
        string kind = place.Text("type");
        if (IsByteLevel) throw place.Unsupported($"{kind} after ByteLevel", Supported + ", with ByteLevel last");
        switch (kind)
        {
            case "Sequence":
                foreach (var item in place.Need("pretokenizers").Items()) Add(item);
                break;
            case "ByteLevel":
                AddPrefixSpace = place.Flag("add_prefix_space", true);
                if (AddPrefixSpace && patterns.Count > 0) throw place.Unsupported("ByteLevel with add_prefix_space after a split", Supported);
                if (place.Flag("use_regex", true)) patterns.Add(SplitPattern.Known(SplitPattern.Gpt2));
                IsByteLevel = true;
                break;
            case "Digits":
                patterns.Add(SplitPattern.Known(place.Flag("individual_digits", false) ? @"\p{N}" : @"\p{N}+"));
                break;
            case "Split":
                string behavior = place.Text("behavior");
                if (behavior != "Isolated") throw place.Unsupported($"Split with behavior {behavior}", Supported);
                if (place.Flag("invert", false)) throw place.Unsupported("Split with invert", Supported);
                patterns.Add(SplitPattern.Read(place.Need("pattern")));
                break;
            default:
                throw place.Unsupported($"a pre-tokenizer of type {kind}", Supported);
        }
    }

    /// <summary>The pieces of a text, in order; together they are the text.</summary>
    public List<(int Start, int Length)> Split(string text)
    {
        var flat = new FlatText(text);
        List<(int Start, int Length)> pieces = [(0, flat.Chars.Length)];
        foreach (var pattern in patterns)
        {
            var finer = new List<(int, int)>();
            foreach (var piece in pieces) pattern.Isolate(flat.Chars, piece, finer);
            pieces = finer;
        }
        return pieces.ConvertAll(flat.Original);
    }
}
