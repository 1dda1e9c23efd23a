using System.Text.Json;

namespace PureLora;

/// <summary>
/// What is taken from <c>tokenizer_config.json</c>, and, where that says nothing, from <c>special_tokens_map.json</c> and
/// <c>added_tokens.json</c>: which tokens have a role, whether they are put around a text, the flags of added tokens.
/// </summary>
/// <param name="Roles">"bos_token" and the like, each with its token, which may be missing from the vocabulary.</param>
/// <param name="Specials">Further tokens that are special.</param>
/// <param name="Added">Added tokens with the flags that count.</param>
/// <param name="AddsBos">Null where no file says it.</param>
/// <param name="AddsEos">Null where no file says it.</param>
internal sealed record TokenizerConfig(Dictionary<string, string> Roles, List<string> Specials, List<AddedToken> Added, bool? AddsBos, bool? AddsEos)
{
    static readonly string[] Needed = ["bos_token", "eos_token", "pad_token"];
    static readonly string[] Others = ["unk_token", "sep_token", "cls_token", "mask_token"];

    /// <summary>Reads the files that are there.</summary>
    /// <exception cref="PureLoraException">A file is broken, or a token that begins, ends or fills a text is not in the vocabulary.</exception>
    public static TokenizerConfig Read(string folder, TokenizerParts parts)
    {
        var config = new TokenizerConfig(parts.Roles.ToDictionary(), [], [], null, null);
        string file = Path.Combine(folder, "tokenizer_config.json"), map = Path.Combine(folder, "special_tokens_map.json"), added = Path.Combine(folder, "added_tokens.json");
        if (File.Exists(file))
        {
            using var document = JsonPlace.Parse(file);
            var root = new JsonPlace(file, "", document.RootElement);
            config.ReadRoles(root, parts.Vocabulary);
            config.ReadDecoder(root, parts.Vocabulary);
            config = config with { AddsBos = Flag(root, "add_bos_token"), AddsEos = Flag(root, "add_eos_token") };
        }
        if (File.Exists(map))
        {
            using var document = JsonPlace.Parse(map);
            config.ReadRoles(new JsonPlace(map, "", document.RootElement), parts.Vocabulary);
        }
        if (config.Added.Count == 0 && File.Exists(added))
        {
            using var document = JsonPlace.Parse(added);
            config.ReadIds(new JsonPlace(added, "", document.RootElement), parts.Vocabulary);
        }
        return config;
    }

    /// <summary><c>legacy</c> of tokenizer_config.json: whether a SentencePiece model puts its space before every stretch between added tokens.</summary>
    public static bool IsLegacy(string folder)
    {
        string file = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(file)) return true;
        using var document = JsonPlace.Parse(file);
        return new JsonPlace(file, "", document.RootElement).Flag("legacy", true);
    }

    static bool? Flag(JsonPlace root, string key) => root.Find(key) is null ? null : root.Flag(key, false);

    /// <summary>A role that an earlier file gave stays. What no one trains on may be missing from the vocabulary, and is then no token.</summary>
    void ReadRoles(JsonPlace root, TokenTable vocabulary)
    {
        foreach (string key in Needed.Concat(Others))
        {
            if (root.Find(key) is not { } place || Roles.ContainsKey(key)) continue;
            // Either the token, or an object that describes it.
            string token = place.Value.ValueKind == JsonValueKind.Object ? place.Text("content") : place.Text();
            if (!vocabulary.TryGetId(token, out _) && Needed.Contains(key))
                throw place.Wrong($"\"{token}\"", "a token of the vocabulary there", "Correct the name or add the token.");
            Roles.Add(key, token);
        }
        ReadExtra(root, "additional_special_tokens");
        ReadExtra(root, "extra_special_tokens");
    }

    /// <summary>A list of special tokens, or an object of name and token.</summary>
    void ReadExtra(JsonPlace root, string key)
    {
        if (root.Find(key) is not { } extra) return;
        var items = extra.Value.ValueKind == JsonValueKind.Array ? extra.Items().Select(item => ("", item)) : extra.Entries();
        foreach (var (name, item) in items)
        {
            string token = item.Value.ValueKind == JsonValueKind.Object ? item.Text("content") : item.Text();
            if (name.Length > 0) Roles.TryAdd(name, token);
            Specials.Add(token);
        }
    }

    void ReadDecoder(JsonPlace root, TokenTable vocabulary)
    {
        if (root.Find("added_tokens_decoder") is not { } list) return;
        foreach (var (key, item) in list.Entries())
        {
            string content = item.Text("content");
            if (content.Length == 0) continue;
            if (!vocabulary.TryGetId(content, out int id))
            {
                if (!int.TryParse(key, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out id) || id > TokenTable.LargestId)
                    throw list.Wrong($"an object with the key \"{key}\"", $"ids from 0 to {TokenTable.LargestId} as keys");
                vocabulary.AddAdded(content, id, item with { Path = $"{list.Path} \"{key}\"" });
            }
            Added.Add(TokenizerJson.ReadToken(item, content, id));
        }
    }

    void ReadIds(JsonPlace root, TokenTable vocabulary)
    {
        foreach (var (content, item) in root.Entries())
        {
            if (content.Length == 0) continue;
            int id = item.Integer(0, TokenTable.LargestId);
            if (!vocabulary.TryGetId(content, out int known)) vocabulary.AddAdded(content, known = id, item);
            Added.Add(new AddedToken(known, content, false, true, false, false, false));
        }
    }
}
