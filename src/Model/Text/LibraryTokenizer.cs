using System.Buffers;
using Microsoft.ML.Tokenizers;

namespace PureLora;

/// <summary>A <see cref="TextTokenizer"/> as Microsoft.ML.Tokenizers has tokenizers: tokens with their ranges, up to a number of them.</summary>
internal sealed class LibraryTokenizer(TextTokenizer tokenizer) : Tokenizer
{
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        string whole = text ?? textSpan.ToString();
        var (ids, offsets) = tokenizer.EncodeWithOffsets(whole, addSpecialTokens: false);
        int count = Math.Min(ids.Length, settings.MaxTokenCount);
        var tokens = new List<EncodedToken>(count);
        for (int i = 0; i < count; i++) tokens.Add(new EncodedToken(ids[i], tokenizer.TokenOf(ids[i])!, offsets[i].Start..offsets[i].End));
        return new EncodeResults<EncodedToken> { Tokens = tokens, NormalizedText = null, CharsConsumed = count < ids.Length ? offsets[count].Start : whole.Length };
    }

    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        var all = ids as IReadOnlyCollection<int> ?? ids.ToList();
        string text = tokenizer.Decode(all, skipSpecialTokens: false);
        bool fits = text.AsSpan().TryCopyTo(destination);
        (idsConsumed, charsWritten) = fits ? (all.Count, text.Length) : (0, 0);
        return fits ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }
}
