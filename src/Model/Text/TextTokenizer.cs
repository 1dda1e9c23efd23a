using System.Text;

namespace PureLora;

/// <summary>
/// Text to ids and back, as the <c>tokenizer.json</c> and <c>tokenizer_config.json</c> of a Hugging Face folder say:
/// byte-level BPE and BPE with byte fallback, exact to the id. What it cannot do exactly it refuses at <see cref="Load"/>.
/// </summary>
public sealed class TextTokenizer
{
    readonly TokenizerJson json;
    readonly int[] prefix, suffix;

    TextTokenizer(TokenizerJson json, TokenizerConfig config)
    {
        this.json = json;
        BosId = config.BosId;
        EosId = config.EosId;
        PadId = config.PadId;
        prefix = json.Template?.Prefix ?? (config.AddsBos ? [BosId!.Value] : []);
        suffix = json.Template?.Suffix ?? (config.AddsEos ? [EosId!.Value] : []);
        foreach (int? id in (int?[])[BosId, EosId, PadId])
        {
            if (id is { } special) json.SpecialIds.Add(special);
        }
    }

    /// <summary>Reads both files of a folder; tokenizer_config.json may be missing, and then no token has a role.</summary>
    /// <exception cref="PureLoraException">A file is missing, broken, or of a kind that is not supported (named).</exception>
    public static TextTokenizer Load(string folder)
    {
        var json = TokenizerJson.Read(Path.Combine(folder, "tokenizer.json"));
        string config = Path.Combine(folder, "tokenizer_config.json");
        return new TextTokenizer(json, File.Exists(config) ? TokenizerConfig.Read(config, json.Vocabulary) : new TokenizerConfig(null, null, null, false, false));
    }

    /// <summary>The token that begins a text; null where tokenizer_config.json names none.</summary>
    public int? BosId { get; }

    /// <summary>The token that ends a text; null where tokenizer_config.json names none.</summary>
    public int? EosId { get; }

    /// <summary>The token that fills up a batch; null where tokenizer_config.json names none.</summary>
    public int? PadId { get; }

    /// <summary>
    /// Whether <see cref="Encode"/> with special tokens puts <see cref="BosId"/> before a text. The template in
    /// tokenizer.json decides; where it has none, <c>add_bos_token</c> of tokenizer_config.json.
    /// </summary>
    public bool AddsBos => BosId is { } id && prefix.Contains(id);

    /// <summary>Whether <see cref="Encode"/> with special tokens puts <see cref="EosId"/> after a text.</summary>
    public bool AddsEos => EosId is { } id && suffix.Contains(id);

    /// <summary>One more than the highest id; a model's embedding may have more rows.</summary>
    public int VocabularySize => json.Vocabulary.Size;

    /// <summary>Ids of special tokens, which <see cref="Decode"/> can leave out.</summary>
    public IReadOnlySet<int> SpecialIds => json.SpecialIds;

    internal TokenTable Vocabulary => json.Vocabulary;

    internal DecodingRules Decoding => json.Decoding;

    /// <summary>
    /// The ids of a text. Added tokens written in it (<c>&lt;|im_end|&gt;</c>) become their ids either way;
    /// <paramref name="addSpecialTokens"/> is about those put around it. A lone surrogate counts as U+FFFD.
    /// </summary>
    public int[] Encode(string text, bool addSpecialTokens)
    {
        var ids = new List<int>();
        if (addSpecialTokens) ids.AddRange(prefix);
        foreach (var (id, between) in json.AddedTokens.Split(WellFormed(text)))
        {
            if (between is null) ids.Add(id);
            else json.Model.Append(between, ids);
        }
        if (addSpecialTokens) ids.AddRange(suffix);
        return [.. ids];
    }

    /// <summary>The text of ids; U+FFFD for bytes that are no UTF-8. An id without a token adds nothing.</summary>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens = true)
    {
        var decoder = new StreamingDecoder(this, skipSpecialTokens);
        var text = new StringBuilder();
        foreach (int id in ids) text.Append(decoder.Push(id));
        return text.Append(decoder.Flush()).ToString();
    }

    static string WellFormed(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return text;
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) result.Append(rune.ToString());
        return result.ToString();
    }
}
