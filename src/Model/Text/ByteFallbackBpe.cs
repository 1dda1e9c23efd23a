using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace PureLora;

/// <summary>
/// BPE over characters with byte fallback (Llama 2, Mistral): the whole text is one row of characters, and one that
/// is not in the vocabulary becomes the tokens <c>&lt;0xXX&gt;</c> of its UTF-8 bytes. Takes normalized text.
/// </summary>
internal sealed class ByteFallbackBpe : Tokenizer, ITextModel
{
    readonly TokenTable vocabulary;
    readonly DecodingRules decoding;
    readonly MergeLoop loop;
    readonly int[] byteIds = new int[256];

    public ByteFallbackBpe(TokenTable vocabulary, List<Merge> merges, DecodingRules decoding, JsonPlace vocab)
    {
        this.vocabulary = vocabulary;
        this.decoding = decoding;
        loop = new MergeLoop(merges);
        for (int b = 0; b < 256; b++)
        {
            if (!vocabulary.TryGetId($"<0x{b:X2}>", out byteIds[b]))
                throw vocab.Wrong($"without \"<0x{b:X2}>\"", "a token for each of the 256 bytes where byte_fallback is true");
        }
    }

    public void Append(string text, List<int> ids)
    {
        var (row, _) = Row(text);
        foreach (int at in loop.Run(row)) ids.Add(row[at]);
    }

    /// <summary>One id per character, or per byte of one without a token, and where each starts.</summary>
    (int[] Ids, int[] Starts) Row(ReadOnlySpan<char> text)
    {
        var ids = new List<int>(text.Length);
        var starts = new List<int>(text.Length + 1);
        Span<byte> utf8 = stackalloc byte[4];
        int at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (vocabulary.TryGetId(rune.ToString(), out int id))
            {
                ids.Add(id);
                starts.Add(at);
            }
            else
            {
                int count = rune.EncodeToUtf8(utf8);
                for (int b = 0; b < count; b++)
                {
                    ids.Add(byteIds[utf8[b]]);
                    starts.Add(at);
                }
            }
            at += rune.Utf16SequenceLength;
        }
        starts.Add(at);
        return ([.. ids], [.. starts]);
    }

    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        var span = text is null ? textSpan : text.AsSpan();
        var (row, starts) = Row(span);
        var survivors = loop.Run(row);
        int count = Math.Min(survivors.Count, settings.MaxTokenCount);
        var tokens = new List<EncodedToken>(count);
        int consumed = 0;
        for (int i = 0; i < count; i++)
        {
            int start = starts[survivors[i]];
            // The bytes of one character share its range.
            int next = i + 1;
            while (next < survivors.Count && starts[survivors[next]] == start) next++;
            consumed = next < survivors.Count ? starts[survivors[next]] : span.Length;
            tokens.Add(new EncodedToken(row[survivors[i]], vocabulary.TokenOf(row[survivors[i]])!, start..consumed));
        }
        return new EncodeResults<EncodedToken> { Tokens = tokens, NormalizedText = null, CharsConsumed = consumed };
    }

    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        var decoder = new StreamingDecoder(vocabulary, decoding, skip: null);
        var text = new StringBuilder();
        int count = 0;
        foreach (int id in ids)
        {
            text.Append(decoder.Push(id));
            count++;
        }
        text.Append(decoder.Flush());
        bool fits = text.Length <= destination.Length;
        if (fits) text.CopyTo(0, destination, text.Length);
        (idsConsumed, charsWritten) = fits ? (count, text.Length) : (0, 0);
        return fits ? OperationStatus.Done : OperationStatus.DestinationTooSmall;
    }
}
