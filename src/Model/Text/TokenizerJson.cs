using System.Text.Json;

namespace PureLora;

/// <summary>Reads a Hugging Face <c>tokenizer.json</c>. Truncation and padding entries are the trainer's business and are not read.</summary>
internal static class TokenizerJson
{
    public static TokenizerParts Read(string file)
    {
        using var document = JsonPlace.Parse(file);
        var root = new JsonPlace(file, "", document.RootElement);
        var model = root.Need("model");
        var options = ReadOptions(model);
        var vocabulary = TokenTable.Read(model.Need("vocab"));
        var merges = MergeTable.Read(model.Need("merges"), vocabulary, options.Prefix.Length);
        var bpe = new BpeModel(vocabulary, merges, options);
        var added = ReadAdded(root, vocabulary);
        return new TokenizerParts(
            vocabulary, bpe, Normalizers.Read(root.Find("normalizer")), PreTokenizers.Read(root.Find("pre_tokenizer")), added,
            DecoderReader.Read(root.Find("decoder")), PostProcessor.Read(root.Find("post_processor"), vocabulary));
    }

    static BpeOptions ReadOptions(JsonPlace model)
    {
        // Files older than 2020 have no type; BPE is the kind with merges.
        string kind = model.Find("type")?.Text() ?? (model.Find("merges") is null ? "unknown" : "BPE");
        if (kind != "BPE") throw model.Unsupported($"a model of type {kind}", "BPE");
        if (model.Find("dropout") is { } dropout && !(dropout.Value.ValueKind == JsonValueKind.Number && dropout.Value.GetDouble() == 0))
            throw model.Unsupported("a BPE with dropout, which gives other ids each time", "BPE without it");
        return new BpeOptions(
            model.Find("unk_token")?.Text(), model.Flag("fuse_unk", false), model.Flag("byte_fallback", false), model.Flag("ignore_merges", false),
            model.Find("continuing_subword_prefix")?.Text() ?? "", model.Find("end_of_word_suffix")?.Text() ?? "");
    }

    static List<AddedToken> ReadAdded(JsonPlace root, TokenTable vocabulary)
    {
        var added = new List<AddedToken>();
        if (root.Find("added_tokens") is not { } list) return added;
        foreach (var item in list.Items())
        {
            int id = item.Need("id").Integer(0, TokenTable.LargestId);
            var token = ReadToken(item, item.Text("content"), id);
            vocabulary.AddAdded(token.Content, id, item);
            added.Add(token);
        }
        return added;
    }

    /// <summary>The flags of an added token, with the defaults of the tokenizers library.</summary>
    public static AddedToken ReadToken(JsonPlace place, string content, int id)
    {
        bool special = place.Flag("special", false);
        return new AddedToken(id, content, special, place.Flag("normalized", !special),
            place.Flag("lstrip", false), place.Flag("rstrip", false), place.Flag("single_word", false));
    }
}
