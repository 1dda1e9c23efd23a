using System.Globalization;
using System.Text;

namespace PureLora;

/// <summary>
/// A text with one char per code point, for .NET's regular expressions, which see surrogates and not what they mean:
/// a character above U+FFFF is replaced by a rare one of the same general category. Positions lead back.
/// </summary>
internal sealed class FlatText
{
    readonly int[]? starts;

    public string Chars { get; }

    public FlatText(string text)
    {
        Chars = text;
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return;
        var flat = new StringBuilder(text.Length);
        var positions = new List<int>(text.Length + 1);
        int at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            positions.Add(at);
            at += rune.Utf16SequenceLength;
            flat.Append(rune.IsBmp ? (char)rune.Value : StandIn(CharUnicodeInfo.GetUnicodeCategory(rune.Value)));
        }
        positions.Add(at);
        Chars = flat.ToString();
        starts = positions.ToArray();
    }

    /// <summary>Where a stretch of <see cref="Chars"/> lies in the original text.</summary>
    public (int Start, int Length) Original((int Start, int Length) piece) => starts is null
        ? piece
        : (starts[piece.Start], starts[piece.Start + piece.Length] - starts[piece.Start]);

    // A test holds each of these to its category.
    internal static char StandIn(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\uA640',
        UnicodeCategory.LowercaseLetter => '\uA641',
        UnicodeCategory.TitlecaseLetter => '\u1F88',
        UnicodeCategory.ModifierLetter => '\uA67F',
        UnicodeCategory.OtherLetter => '\uA500',
        UnicodeCategory.NonSpacingMark => '\uA67C',
        UnicodeCategory.SpacingCombiningMark => '\uA823',
        UnicodeCategory.EnclosingMark => '\uA670',
        UnicodeCategory.DecimalDigitNumber => '\uA620',
        UnicodeCategory.LetterNumber => '\uA6E6',
        UnicodeCategory.OtherNumber => '\uA830',
        UnicodeCategory.ConnectorPunctuation => '\uFE33',
        UnicodeCategory.DashPunctuation => '\u2E17',
        UnicodeCategory.OpenPunctuation => '\u2E22',
        UnicodeCategory.ClosePunctuation => '\u2E23',
        UnicodeCategory.InitialQuotePunctuation => '\u2E02',
        UnicodeCategory.FinalQuotePunctuation => '\u2E03',
        UnicodeCategory.OtherPunctuation => '\uA60D',
        UnicodeCategory.MathSymbol => '\u2A00',
        UnicodeCategory.CurrencySymbol => '\uA838',
        UnicodeCategory.ModifierSymbol => '\uA700',
        UnicodeCategory.OtherSymbol => '\uA828',
        UnicodeCategory.Format => '\u206A',
        UnicodeCategory.PrivateUse => '\uE000',
        UnicodeCategory.OtherNotAssigned => '\uFDD0',
        _ => throw new ArgumentOutOfRangeException(nameof(category), category, "no character above U+FFFF has it"),
    };
}
