namespace PureLora;

/// <summary>
/// A part of a tokenizer's decoder, made for one text: tokens go in one by one, text goes to the next part as soon as it
/// is certain. Up to the part that fuses, a push is a whole token; behind it, a piece of the one fused text.
/// </summary>
internal abstract class DecodingStage(DecodingStage? next)
{
    protected DecodingStage Next => next!;

    public abstract void Push(string text);

    /// <summary>The text is over: what was held back goes on.</summary>
    public virtual void End() => next?.End();
}
