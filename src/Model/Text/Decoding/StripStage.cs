namespace PureLora;

/// <summary>Strip: up to so many of a character go at the start and at the end, of each token or of the fused text.</summary>
internal sealed class StripStage(DecodingStage next, char content, int start, int stop, bool fused) : DecodingStage(next)
{
    bool begun;
    int toCut, held;

    public override void Push(string text)
    {
        if (!fused || !begun) toCut = start;
        begun = true;
        int cut = 0;
        while (cut < text.Length && cut < toCut && text[cut] == content) cut++;
        toCut = cut < text.Length ? 0 : toCut - cut;
        text = text[cut..];
        if (stop > 0) text = HoldEnd(text);
        if (text.Length > 0) Next.Push(text);
        if (!fused) held = 0;
    }

    /// <summary>What is held is only ever the character itself, so its number is enough.</summary>
    string HoldEnd(string text)
    {
        text = new string(content, held) + text;
        held = 0;
        while (held < stop && held < text.Length && text[^(held + 1)] == content) held++;
        return text[..^held];
    }

    public override void End()
    {
        (begun, held) = (false, 0);
        base.End();
    }
}
