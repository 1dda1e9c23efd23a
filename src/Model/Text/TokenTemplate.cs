namespace PureLora;

/// <summary>The ids that special tokens put before and after a text: the <c>post_processor</c> of a tokenizer.json.</summary>
internal sealed record TokenTemplate(int[] Prefix, int[] Suffix)
{
    const string Supported = "TemplateProcessing, ByteLevel, Sequence";

    /// <summary>Null where the file has no template; then tokenizer_config.json may say what is added.</summary>
    public static TokenTemplate? Read(JsonPlace? place, TokenTable vocabulary)
    {
        if (place is not { } given) return null;
        string kind = given.Text("type");
        switch (kind)
        {
            case "ByteLevel":
                return null;
            case "TemplateProcessing":
                return ReadTemplate(given, vocabulary);
            case "Sequence":
                TokenTemplate? found = null;
                foreach (var item in given.Need("processors").Items())
                {
                    var one = Read(item, vocabulary);
                    if (found is not null && one is not null) throw given.Unsupported("two templates in a row", Supported);
                    found ??= one;
                }
                return found;
            default:
                throw given.Unsupported($"a post-processor of type {kind}", Supported);
        }
    }

    static TokenTemplate ReadTemplate(JsonPlace place, TokenTable vocabulary)
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
            foreach (var id in ids.Items())
            {
                int value = id.Integer(0, int.MaxValue);
                if (vocabulary.TokenOf(value) is null) throw id.Wrong($"{value}", "an id of the vocabulary");
                (textSeen ? suffix : prefix).Add(value);
            }
        }
        if (!textSeen) throw place.Need("single").Wrong("without a place for the text", "{\"Sequence\": {\"id\": \"A\"}} in it");
        return new TokenTemplate([.. prefix], [.. suffix]);
    }
}
