namespace PureLora;

/// <summary>
/// The <c>post_processor</c> of a tokenizer.json: ids before and after a text, and whether spaces at the ends of tokens are
/// taken out of their offsets (one entry for each time, which says whether a space was put before the text).
/// </summary>
internal sealed record PostProcessor(int[] Prefix, int[] Suffix, List<bool> Trims, bool HasTemplate)
{
    const string Supported = "TemplateProcessing, ByteLevel, RobertaProcessing, BertProcessing, Sequence";

    public static readonly PostProcessor None = new([], [], [], false);

    public static PostProcessor Read(JsonPlace? place, TokenTable vocabulary)
    {
        if (place is not { } given) return None;
        string kind = given.Text("type");
        switch (kind)
        {
            case "ByteLevel":
                return None with { Trims = Trim(given) };
            case "TemplateProcessing":
                return ReadTemplate(given, vocabulary);
            case "RobertaProcessing" or "BertProcessing":
                return new([Pair("cls")], [Pair("sep")], kind[0] == 'R' ? Trim(given) : [], true);
            case "Sequence":
                var all = None;
                foreach (var item in given.Need("processors").Items())
                {
                    var one = Read(item, vocabulary);
                    all = new([.. one.Prefix, .. all.Prefix], [.. all.Suffix, .. one.Suffix], [.. all.Trims, .. one.Trims], all.HasTemplate || one.HasTemplate);
                }
                return all;
            default:
                throw given.Unsupported($"a post-processor of type {kind}", Supported);
        }

        int Pair(string key) => given.Need(key).Items().ToList() is [_, var id]
            ? Known(id, vocabulary)
            : throw given.Need(key).Wrong("no pair", "a token and its id");
    }

    static List<bool> Trim(JsonPlace place) => place.Flag("trim_offsets", true) ? [place.Flag("add_prefix_space", true)] : [];

    static int Known(JsonPlace id, TokenTable vocabulary)
    {
        int value = id.Integer(0, int.MaxValue);
        return vocabulary.TokenOf(value) is not null ? value : throw id.Wrong($"{value}", "an id of the vocabulary");
    }

    static PostProcessor ReadTemplate(JsonPlace place, TokenTable vocabulary)
    {
        List<int> prefix = [], suffix = [];
        bool textSeen = false;
        foreach (var item in place.Need("single").Items())
        {
            if (item.Find("Sequence") is not null)
            {
                if (textSeen) throw item.Wrong("a second place for the text", "one");
                textSeen = true;
                continue;
            }
            var name = item.Need("SpecialToken").Need("id");
            // A token's name may hold any character, so it is looked up as a key and not as a path.
            var ids = place.Need("special_tokens").Need(name.Text()).Need("ids");
            foreach (var id in ids.Items()) (textSeen ? suffix : prefix).Add(Known(id, vocabulary));
        }
        if (!textSeen) throw place.Need("single").Wrong("without a place for the text", "{\"Sequence\": {\"id\": \"A\"}} in it");
        return new([.. prefix], [.. suffix], [], true);
    }
}
