using System.Text;

namespace PureLora;

/// <summary>The last stage: what is certain until it is taken.</summary>
internal sealed class TextStage() : DecodingStage(null)
{
    readonly StringBuilder text = new();

    public override void Push(string piece) => text.Append(piece);

    public string Take()
    {
        string taken = text.ToString();
        text.Clear();
        return taken;
    }
}

/// <summary>A file without a decoder: tokens with spaces between.</summary>
internal sealed class SpacesStage(DecodingStage next) : DecodingStage(next)
{
    bool begun;

    public override void Push(string text)
    {
        Next.Push(begun ? " " + text : text);
        begun = true;
    }
}

/// <summary>ByteLevel: tokens as bytes, bytes as UTF-8, U+FFFD for what is none.</summary>
internal sealed class BytesStage(DecodingStage next) : DecodingStage(next)
{
    readonly System.Text.Decoder utf8 = Encoding.UTF8.GetDecoder();

    public override void Push(string text) => Decode(ByteLevel.Decode(text), last: false);

    public override void End()
    {
        Decode([], last: true);
        base.End();
    }

    void Decode(byte[] bytes, bool last)
    {
        char[] chars = new char[utf8.GetCharCount(bytes, last)];
        utf8.GetChars(bytes, chars, last);
        if (chars.Length > 0) Next.Push(new string(chars));
    }
}

/// <summary>ByteFallback: a run of tokens <c>&lt;0xXX&gt;</c> is one text if all of it is UTF-8, else one U+FFFD per byte.</summary>
internal sealed class ByteFallbackStage(DecodingStage next) : DecodingStage(next)
{
    static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    readonly List<byte> held = [];

    public override void Push(string text)
    {
        if (IsByte(text, out byte value))
        {
            held.Add(value);
            return;
        }
        Release();
        Next.Push(text);
    }

    public override void End()
    {
        Release();
        base.End();
    }

    static bool IsByte(string token, out byte value)
    {
        value = 0;
        return token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out value);
    }

    void Release()
    {
        if (held.Count == 0) return;
        byte[] run = [.. held];
        held.Clear();
        string? text = null;
        try
        {
            text = Strict.GetString(run);
        }
        catch (DecoderFallbackException)
        {
        }
        if (text is not null) Next.Push(text);
        else
        {
            foreach (byte _ in run) Next.Push("\uFFFD");
        }
    }
}

/// <summary>Metaspace: its character is a space, and in the first token nothing where one was put before the text.</summary>
internal sealed class MetaspaceStage(DecodingStage next, string replacement, bool drops, bool fused) : DecodingStage(next)
{
    bool begun;

    public override void Push(string text)
    {
        Next.Push(text.Replace(replacement, drops && (fused || !begun) ? "" : " ", StringComparison.Ordinal));
        begun = true;
    }
}

/// <summary>BPEDecoder: the end-of-word suffix is a space, but at the end of the text nothing.</summary>
internal sealed class WordEndStage(DecodingStage next, string suffix) : DecodingStage(next)
{
    string? held;

    public override void Push(string text)
    {
        if (held is not null) Next.Push(held.Replace(suffix, " ", StringComparison.Ordinal));
        held = text;
    }

    public override void End()
    {
        if (held is not null) Next.Push(held.Replace(suffix, "", StringComparison.Ordinal));
        held = null;
        base.End();
    }
}
