namespace PureLora;

/// <summary>What a tokenizer file says, ready to work: every kind it names is here and exact, or was refused by name.</summary>
internal sealed record TokenizerParts(
    TokenTable Vocabulary, BpeModel Model, List<ITextStep> Normalizers, List<ITextStep> PreTokenizers, List<AddedToken> Added,
    Func<DecodingStage, DecodingStage> Decoder, PostProcessor PostProcessor)
{
    /// <summary>The tokens that a model file itself says begin and end a text; a configuration may name others.</summary>
    public IReadOnlyDictionary<string, string> Roles { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether a begin of text is added where no file says so.</summary>
    public bool AddsBos { get; init; }
}
