using System.Text;

namespace PureLora;

/// <summary>
/// The ByteLevel pre-tokenizer: a space in front where one is asked for, the split of GPT-2 where it is, and each UTF-8
/// byte as its character (<see cref="ByteLevel"/>), which comes from the character that the byte is of.
/// </summary>
internal sealed class ByteLevelStep(bool addPrefixSpace, bool usePattern) : ITextStep
{
    static readonly PatternSplit Split = new(Pattern.Gpt2, SplitBehavior.Isolated);

    public void Apply(WorkText text)
    {
        if (addPrefixSpace) PrependStep.Apply(text, " ", unlessThere: true, onlyAtStart: false);
        if (usePattern) Split.Apply(text);
        var rewrite = new TextRewrite(text);
        foreach (var stretch in text.Stretches)
        {
            if (stretch.Id >= 0) rewrite.CopyWhole(stretch);
            else
            {
                WriteBytes(text, stretch, rewrite);
                rewrite.Close();
            }
        }
        rewrite.Finish();
    }

    static void WriteBytes(WorkText text, Stretch stretch, TextRewrite rewrite)
    {
        var chars = text.Chars.Span;
        Span<byte> utf8 = stackalloc byte[4];
        int at = stretch.Start;
        while (at < stretch.End)
        {
            if (chars[at] < 128)
            {
                var (start, end) = text.Original(at, at + 1);
                rewrite.Put(ByteLevel.CharOf((byte)chars[at]), start, end);
                at++;
                continue;
            }
            Rune.DecodeFromUtf16(chars[at..stretch.End], out var rune, out int width);
            var origin = text.Original(at, at + width);
            foreach (byte b in utf8[..rune.EncodeToUtf8(utf8)]) rewrite.Put(ByteLevel.CharOf(b), origin.Start, origin.End);
            at += width;
        }
    }
}
