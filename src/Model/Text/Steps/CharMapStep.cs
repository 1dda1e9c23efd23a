using System.Text;

namespace PureLora;

/// <summary>Each character becomes another, several or none; what it becomes comes from it. Null from the map leaves it.</summary>
internal sealed class CharMapStep(Func<Rune, string?> map) : ITextStep
{
    static readonly CharSet Marks = CharProperties.Marks().Finish();

    public static CharMapStep Lowercase() => new(rune =>
        // The one letter whose lower case is two.
        rune.Value == 0x130 ? "i\u0307" : Rune.ToLowerInvariant(rune) is var lower && lower != rune ? lower.ToString() : null);

    public static CharMapStep StripAccents() => new(rune => Marks.Contains(rune.Value) ? "" : null);

    /// <summary>The Nmt normalizer: control characters go, other white space becomes a space.</summary>
    public static CharMapStep Nmt() => new(rune => rune.Value switch
    {
        (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F => "",
        9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => " ",
        _ => null,
    });

    public void Apply(WorkText text)
    {
        var rewrite = new TextRewrite(text);
        var chars = text.Chars.Span;
        foreach (var stretch in text.Stretches)
        {
            if (stretch.Id >= 0)
            {
                rewrite.CopyWhole(stretch);
                continue;
            }
            for (int at = stretch.Start; at < stretch.End;)
            {
                Rune.DecodeFromUtf16(chars[at..stretch.End], out var rune, out int width);
                if (map(rune) is { } mapped)
                {
                    var origin = text.Original(at, at + width);
                    foreach (var part in mapped.EnumerateRunes()) rewrite.Put(part, origin);
                }
                else rewrite.Copy(at, width);
                at += width;
            }
            rewrite.Close();
        }
        rewrite.Finish();
    }
}
