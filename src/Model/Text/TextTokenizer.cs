using System.Text;

namespace PureLora;

/// <summary>Ids of a text, and what each stands for: UTF-16 units [Start, End) of the original. Tokens put around a text have (0, 0).</summary>
public sealed record TokenizedText(int[] Ids, (int Start, int End)[] Offsets);

/// <summary>
/// Text to ids and back, as the files of a Hugging Face folder say (<c>tokenizer.json</c>, or else a SentencePiece
/// <c>tokenizer.model</c>; <c>tokenizer_config.json</c>), exact to the id. What it cannot do exactly it refuses at
/// <see cref="Load"/>. Several threads may use one.
/// </summary>
public sealed class TextTokenizer
{
    readonly TokenizerParts parts;
    readonly List<ITextStep> steps;
    readonly HashSet<int> specialIds;
    readonly int[] prefix, suffix;

    TextTokenizer(TokenizerParts parts, TokenizerConfig config)
    {
        this.parts = parts;
        SpecialTokens = config.Roles;
        (BosId, EosId, PadId) = (Role("bos_token"), Role("eos_token"), Role("pad_token"));
        // A template in the file decides, and only without one the configuration.
        bool byConfig = !parts.PostProcessor.HasTemplate;
        prefix = byConfig && (config.AddsBos ?? parts.AddsBos) && BosId is { } bos ? [bos] : parts.PostProcessor.Prefix;
        suffix = byConfig && (config.AddsEos ?? false) && EosId is { } eos ? [eos] : parts.PostProcessor.Suffix;
        var added = AllAdded(parts, config);
        specialIds = added.Where(token => token.Special).Select(token => token.Id).ToHashSet();
        specialIds.UnionWith(((int?[])[BosId, EosId, PadId]).OfType<int>());
        steps =
        [
            new AddedTokens(added.Where(token => !token.Normalized).Select(token => (token.Content, token))),
            .. parts.Normalizers,
            new AddedTokens(added.Where(token => token.Normalized).Select(token => (Normalized(token.Content), token))),
            .. parts.PreTokenizers,
        ];
    }

    /// <summary>Those of the file, with the flags of the configuration where it has some, and tokens with a role; special ones first.</summary>
    static List<AddedToken> AllAdded(TokenizerParts parts, TokenizerConfig config)
    {
        var specials = config.Roles.Values.Concat(config.Specials).ToHashSet();
        var byContent = parts.Added.DistinctBy(token => token.Content).ToDictionary(token => token.Content);
        foreach (var token in config.Added) byContent[token.Content] = token with { Special = token.Special || specials.Contains(token.Content) };
        foreach (string content in specials)
        {
            if (parts.Vocabulary.TryGetId(content, out int id)) byContent.TryAdd(content, new(id, content, true, false, false, false, false));
        }
        return [.. byContent.Values.OrderByDescending(token => token.Special)];
    }

    string Normalized(string content)
    {
        var text = new WorkText(content);
        foreach (var step in parts.Normalizers) step.Apply(text);
        return string.Concat(text.Stretches.Select(stretch => text.Of(stretch).ToString()));
    }

    int? Role(string key) => SpecialTokens.TryGetValue(key, out string? token) && parts.Vocabulary.TryGetId(token, out int id) ? id : null;

    /// <summary>Whether <paramref name="folder"/> has a tokenizer's file.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, "tokenizer.json")) || File.Exists(Path.Combine(folder, "tokenizer.model"));

    /// <summary>Reads the files of a folder; all but the first may be missing, and then no token has a role.</summary>
    /// <exception cref="PureLoraException">A file is missing, broken, or of a kind that is not supported (named).</exception>
    public static TextTokenizer Load(string folder)
    {
        string json = Path.Combine(folder, "tokenizer.json"), model = Path.Combine(folder, "tokenizer.model");
        var parts = !File.Exists(json) && File.Exists(model) ? SentencePieceModel.Read(model, TokenizerConfig.IsLegacy(folder)) : TokenizerJson.Read(json);
        return new TextTokenizer(parts, TokenizerConfig.Read(folder, parts));
    }

    /// <summary>The token that begins a text; null where no file names one.</summary>
    public int? BosId { get; }

    /// <summary>The token that ends a text; null where no file names one.</summary>
    public int? EosId { get; }

    /// <summary>The token that fills up a batch; null where no file names one.</summary>
    public int? PadId { get; }

    /// <summary>Tokens with a role, by the names of tokenizer_config.json: "bos_token" is "&lt;s&gt;".</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens { get; }

    /// <summary>
    /// Whether <see cref="Encode"/> with special tokens puts <see cref="BosId"/> before a text. The template in
    /// tokenizer.json decides; where it has none, <c>add_bos_token</c> of tokenizer_config.json.
    /// </summary>
    public bool AddsBos => BosId is { } id && prefix.Contains(id);

    /// <summary>Whether <see cref="Encode"/> with special tokens puts <see cref="EosId"/> after a text.</summary>
    public bool AddsEos => EosId is { } id && suffix.Contains(id);

    /// <summary>One more than the highest id; a model's embedding may have more rows.</summary>
    public int VocabularySize => parts.Vocabulary.Size;

    /// <summary>Ids of special tokens, which <see cref="Decode"/> can leave out.</summary>
    public IReadOnlySet<int> SpecialIds => specialIds;

    internal TokenTable Vocabulary => parts.Vocabulary;

    internal Func<DecodingStage, DecodingStage> Decoder => parts.Decoder;

    /// <summary>The token of an id as the vocabulary writes it; null where there is none.</summary>
    public string? TokenOf(int id) => parts.Vocabulary.TokenOf(id);

    /// <summary>
    /// The ids of a text. Added tokens written in it (<c>&lt;|im_end|&gt;</c>) become their ids either way;
    /// <paramref name="addSpecialTokens"/> is about those put around it. A lone surrogate counts as U+FFFD.
    /// </summary>
    /// <exception cref="PureLoraException">The tokenizer's patterns cost too much on this text.</exception>
    public int[] Encode(string text, bool addSpecialTokens)
    {
        var tokens = Tokenize(text, false, out _);
        int before = addSpecialTokens ? prefix.Length : 0, after = addSpecialTokens ? suffix.Length : 0;
        int[] ids = new int[before + tokens.Count + after];
        if (addSpecialTokens) prefix.CopyTo(ids, 0);
        for (int i = 0; i < tokens.Count; i++) ids[before + i] = tokens[i].Id;
        if (addSpecialTokens) suffix.CopyTo(ids, ids.Length - after);
        return ids;
    }

    /// <summary>The ids of a text that goes on from another one: without what the tokenizer puts before a text, such as Llama 2's <c>▁</c>.</summary>
    public int[] EncodeContinuation(string text) => [.. Tokenize(text, true, out _).Select(token => token.Id)];

    /// <summary>As <see cref="Encode"/>, with the place of each token in the text: bytes of one character have all of it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addSpecialTokens">As in <see cref="Encode"/>.</param>
    /// <param name="trimmed">Whether places are without the spaces in a token, where tokenizer.json says so.</param>
    public TokenizedText EncodeWithOffsets(string text, bool addSpecialTokens, bool trimmed = true)
    {
        var tokens = Tokenize(text, false, out var work);
        var offsets = new (int Start, int End)[tokens.Count];
        for (int i = 0; i < offsets.Length; i++)
        {
            var token = tokens[i];
            offsets[i] = work.Original(token.Start, token.End);
            foreach (bool addPrefixSpace in trimmed ? parts.PostProcessor.Trims : [])
            {
                // An added token may have taken white space with it, so its text in the work counts.
                string written = specialIds.Contains(token.Id) ? work.Chars[token.Start..token.End].ToString() : TokenOf(token.Id)!;
                offsets[i] = OffsetTrim.Apply(text, written, offsets[i], i == 0, addPrefixSpace);
            }
        }
        int[] ids = tokens.ConvertAll(token => token.Id).ToArray();
        return addSpecialTokens
            ? new([.. prefix, .. ids, .. suffix], [.. new (int, int)[prefix.Length], .. offsets, .. new (int, int)[suffix.Length]])
            : new(ids, offsets);
    }

    /// <summary>The text of ids; U+FFFD for bytes that are no UTF-8. An id without a token adds nothing.</summary>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens = true)
    {
        var decoder = new StreamingDecoder(this, skipSpecialTokens);
        var text = new StringBuilder();
        foreach (int id in ids) text.Append(decoder.Push(id));
        return text.Append(decoder.Flush()).ToString();
    }

    /// <summary>The same tokenizer for programs that take one of Microsoft.ML.Tokenizers; it puts nothing around a text.</summary>
    public Microsoft.ML.Tokenizers.Tokenizer AsLibraryTokenizer() => new LibraryTokenizer(this);

    List<PieceToken> Tokenize(string text, bool goesOn, out WorkText work)
    {
        work = new WorkText(WellFormed(text), goesOn);
        foreach (var step in steps) step.Apply(work);
        var tokens = new List<PieceToken>(work.Stretches.Count + 8);
        foreach (var stretch in work.Stretches)
        {
            if (stretch.Id >= 0) tokens.Add(new(stretch.Id, stretch.Start, stretch.End));
            else parts.Model.Append(work.Of(stretch), stretch.Start, tokens);
        }
        return tokens;
    }

    static string WellFormed(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return text;
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) result.Append(rune.ToString());
        return result.ToString();
    }
}
