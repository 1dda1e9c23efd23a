using System.Text;

namespace PureLora;

/// <summary>
/// Text from ids, one at a time: what <see cref="Push"/> and the last <see cref="Flush"/> return, joined, is what
/// <see cref="TextTokenizer.Decode"/> gives for all ids. Bytes that are not yet a whole character are held back.
/// </summary>
public sealed class StreamingDecoder
{
    static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    readonly TokenTable vocabulary;
    readonly DecodingRules rules;
    readonly IReadOnlySet<int>? skip;
    readonly System.Text.Decoder utf8 = Encoding.UTF8.GetDecoder();
    readonly List<byte> heldBytes = [];
    int toStrip;

    /// <summary>A decoder at the start of a text.</summary>
    public StreamingDecoder(TextTokenizer tokenizer, bool skipSpecialTokens = true)
        : this(tokenizer.Vocabulary, tokenizer.Decoding, skipSpecialTokens ? tokenizer.SpecialIds : null) { }

    internal StreamingDecoder(TokenTable vocabulary, DecodingRules rules, IReadOnlySet<int>? skip)
    {
        this.vocabulary = vocabulary;
        this.rules = rules;
        this.skip = skip;
        toStrip = rules.StripCount;
    }

    /// <summary>The text that is certain after this id; often empty. An id without a token adds nothing.</summary>
    public string Push(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        if (skip is not null && skip.Contains(id) || vocabulary.TokenOf(id) is not { } token) return "";
        if (rules.ByteLevel) return Utf8(ByteLevel.Decode(token), last: false);
        string text = rules.Replace(token);
        if (!DecodingRules.IsByte(text, out byte value)) return Strip(HeldBytes() + text);
        heldBytes.Add(value);
        return "";
    }

    /// <summary>What was held back, U+FFFD for what never became a character. The next push starts a new text.</summary>
    public string Flush()
    {
        string rest = rules.ByteLevel ? Utf8([], last: true) : Strip(HeldBytes());
        toStrip = rules.StripCount;
        return rest;
    }

    string Utf8(byte[] bytes, bool last)
    {
        char[] chars = new char[utf8.GetCharCount(bytes, last)];
        utf8.GetChars(bytes, chars, last);
        return new string(chars);
    }

    /// <summary>A run of byte tokens is one text if all of it is UTF-8, else one U+FFFD per byte, as Hugging Face has it.</summary>
    string HeldBytes()
    {
        if (heldBytes.Count == 0) return "";
        byte[] run = [.. heldBytes];
        heldBytes.Clear();
        try
        {
            return Strict.GetString(run);
        }
        catch (DecoderFallbackException)
        {
            return new string('\uFFFD', run.Length);
        }
    }

    string Strip(string text)
    {
        if (toStrip == 0 || text.Length == 0) return text;
        int cut = 0;
        while (cut < text.Length && cut < toStrip && text[cut] == rules.Strip[0]) cut++;
        toStrip = cut < text.Length ? 0 : toStrip - cut;
        return text[cut..];
    }
}
