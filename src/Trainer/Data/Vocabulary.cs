using System.Buffers;

namespace PureLora;

/// <summary>
/// What the data needs of a tokenizer: <paramref name="Encode"/> gives the ids of a text without special tokens;
/// <paramref name="AddsBos"/> says that every sequence starts with <paramref name="BosId"/>.
/// </summary>
public sealed record Vocabulary(Func<string, int[]> Encode, int? BosId, int? EosId, bool AddsBos, int? PadId = null)
{
    /// <summary>The ids of a text that goes on from a prompt.</summary>
    public Func<string, int[]> EncodeContinuation { get; init; } = Encode;

    /// <summary>The ids of a text with the place of each in it, spaces and all, which masking a chat needs.</summary>
    public Func<string, TokenizedText>? EncodeWithOffsets { get; init; }

    /// <summary>Ids of tokens that mean something other than text.</summary>
    public IReadOnlySet<int> SpecialIds { get; init; } = new HashSet<int>();

    /// <summary>Ids at which generation ends: EOS, and those that the model's settings name.</summary>
    public IReadOnlySet<int> Stops { get; init; } = EosId is { } eos ? new HashSet<int> { eos } : [];

    /// <summary>How special tokens are written, to find them in texts.</summary>
    public SearchValues<string> SpecialTexts { get; init; } = SearchValues.Create([], StringComparison.Ordinal);

    /// <summary>The text of one token, special ones too.</summary>
    public Func<int, string> Decode { get; init; } = id => $"<{id}>";

    /// <summary>The id that fills short rows. No token attends to it and no loss sees it, so any valid id does.</summary>
    public int Padding => PadId ?? EosId ?? 0;

    /// <summary>Of a model's tokenizer, with the ids at which <paramref name="stops"/> says that a text ends.</summary>
    public static Vocabulary Of(TextTokenizer tokenizer, IEnumerable<int> stops)
    {
        HashSet<int> all = [.. stops];
        if (tokenizer.EosId is { } eos)
            all.Add(eos);
        var written = tokenizer.SpecialIds.Select(id => tokenizer.Decode([id], skipSpecialTokens: false)).Where(text => text.Length > 1);
        return new(text => tokenizer.Encode(text, addSpecialTokens: false), tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos, tokenizer.PadId)
        {
            EncodeContinuation = tokenizer.EncodeContinuation,
            EncodeWithOffsets = text => tokenizer.EncodeWithOffsets(text, addSpecialTokens: false, trimmed: false),
            SpecialIds = tokenizer.SpecialIds,
            Stops = all,
            SpecialTexts = SearchValues.Create([.. written], StringComparison.Ordinal),
            Decode = id => tokenizer.Decode([id], skipSpecialTokens: false),
        };
    }
}
