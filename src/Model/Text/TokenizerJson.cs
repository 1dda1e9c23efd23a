namespace PureLora;

/// <summary>
/// What a Hugging Face <c>tokenizer.json</c> says, read and checked: every kind it names is either here and exact or
/// refused by name. Truncation and padding entries are the trainer's business and are not read.
/// </summary>
internal sealed class TokenizerJson
{
    public required TokenTable Vocabulary { get; init; }
    public required ITextModel Model { get; init; }
    public required AddedTokens AddedTokens { get; init; }
    public required DecodingRules Decoding { get; init; }
    public required TokenTemplate? Template { get; init; }
    public required HashSet<int> SpecialIds { get; init; }

    public static TokenizerJson Read(string file)
    {
        using var document = JsonPlace.Parse(file);
        var root = new JsonPlace(file, "", document.RootElement);
        var model = root.Need("model");
        CheckModel(model);
        var vocabulary = TokenTable.Read(model.Need("vocab"));
        var decoding = DecodingRules.Read(root);
        var textModel = ReadModel(root, model, vocabulary, decoding);
        var normalizer = TextNormalizer.Read(root.Find("normalizer"));
        var added = ReadAdded(root, vocabulary);
        return new TokenizerJson
        {
            Vocabulary = vocabulary,
            Model = textModel,
            AddedTokens = new AddedTokens(added, normalizer),
            Decoding = decoding,
            Template = TokenTemplate.Read(root.Find("post_processor"), vocabulary),
            SpecialIds = added.Where(token => token.Special).Select(token => token.Id).ToHashSet(),
        };
    }

    static void CheckModel(JsonPlace model)
    {
        // Files older than 2020 have no type; BPE is the kind with merges.
        string kind = model.Find("type")?.Text() ?? (model.Find("merges") is null ? "unknown" : "BPE");
        if (kind != "BPE") throw model.Unsupported($"a model of type {kind}", "BPE");
        foreach (string affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Find(affix) is { } given && given.Text().Length > 0) throw model.Unsupported($"a BPE with {affix}", "BPE without it");
        }
        if (model.Find("dropout") is { } dropout && !(dropout.Value.ValueKind == System.Text.Json.JsonValueKind.Number && dropout.Value.GetDouble() == 0))
            throw model.Unsupported("a BPE with dropout, which gives other ids each time", "BPE without it");
    }

    static ITextModel ReadModel(JsonPlace root, JsonPlace model, TokenTable vocabulary, DecodingRules decoding)
    {
        var merges = vocabulary.ReadMerges(model.Need("merges"));
        var preTokenizers = PreTokenizers.Read(root.Find("pre_tokenizer"));
        bool byteFallback = model.Flag("byte_fallback", false), wholePiecesFirst = model.Flag("ignore_merges", false);
        if (preTokenizers.IsByteLevel != decoding.ByteLevel)
            throw root.Unsupported(decoding.ByteLevel ? "a ByteLevel decoder without its pre-tokenizer" : "a ByteLevel pre-tokenizer without its decoder", "both or neither");
        if (preTokenizers.IsByteLevel)
        {
            bool everyByte = Enumerable.Range(0, 256).All(b => vocabulary.TryGetId(ByteLevel.CharOf((byte)b).ToString(), out _));
            if (!everyByte && (byteFallback || model.Find("unk_token") is not null))
                throw model.Unsupported("a byte-level BPE that lacks bytes and has another token for them", "all 256 bytes, or no unk_token");
            return new ByteLevelBpe(vocabulary, merges, preTokenizers, wholePiecesFirst);
        }
        if (!byteFallback || wholePiecesFirst || root.Find("pre_tokenizer") is not null)
            throw model.Unsupported("a BPE of another kind", "ByteLevel as pre-tokenizer, or byte_fallback without a pre-tokenizer and without ignore_merges");
        return new ByteFallbackBpe(vocabulary, merges, decoding, model.Need("vocab"));
    }

    static List<AddedToken> ReadAdded(JsonPlace root, TokenTable vocabulary)
    {
        var added = new List<AddedToken>();
        if (root.Find("added_tokens") is not { } list) return added;
        foreach (var item in list.Items())
        {
            string content = item.Text("content");
            bool special = item.Flag("special", false);
            added.Add(new AddedToken(vocabulary.AddAdded(content, item), content, special, item.Flag("normalized", !special),
                item.Flag("lstrip", false), item.Flag("rstrip", false), item.Flag("single_word", false)));
        }
        return added;
    }
}
