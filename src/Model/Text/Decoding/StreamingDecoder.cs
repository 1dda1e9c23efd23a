namespace PureLora;

/// <summary>
/// Text from ids, one at a time: what <see cref="Push"/> and the last <see cref="Flush"/> return, joined, is what
/// <see cref="TextTokenizer.Decode"/> gives for all ids. Bytes that are not yet a whole character are held back.
/// </summary>
public sealed class StreamingDecoder
{
    readonly TokenTable vocabulary;
    readonly Func<DecodingStage, DecodingStage> make;
    readonly IReadOnlySet<int>? skip;
    readonly TextStage text = new();
    DecodingStage first;

    /// <summary>A decoder at the start of a text.</summary>
    public StreamingDecoder(TextTokenizer tokenizer, bool skipSpecialTokens = true)
        : this(tokenizer.Vocabulary, tokenizer.Decoder, skipSpecialTokens ? tokenizer.SpecialIds : null) { }

    internal StreamingDecoder(TokenTable vocabulary, Func<DecodingStage, DecodingStage> make, IReadOnlySet<int>? skip)
    {
        (this.vocabulary, this.make, this.skip) = (vocabulary, make, skip);
        first = make(text);
    }

    /// <summary>The text that is certain after this id; often empty. An id without a token adds nothing.</summary>
    public string Push(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        if (skip is not null && skip.Contains(id) || vocabulary.TokenOf(id) is not { } token) return "";
        first.Push(token);
        return text.Take();
    }

    /// <summary>What was held back, U+FFFD for what never became a character. The next push starts a new text.</summary>
    public string Flush()
    {
        first.End();
        first = make(text);
        return text.Take();
    }
}
