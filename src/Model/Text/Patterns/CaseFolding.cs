using System.Text;

namespace PureLora;

/// <summary>Which characters differ by case alone: simple folding, to one character, as under <c>(?i)</c>.</summary>
internal static class CaseFolding
{
    /// <summary>The other cases of a character, without itself; none for most.</summary>
    public static IEnumerable<int> Others(int point)
    {
        if (!Rune.IsValid(point)) yield break;
        var rune = new Rune(point);
        int upper = Rune.ToUpperInvariant(rune).Value, lower = Rune.ToLowerInvariant(rune).Value;
        if (upper != point) yield return upper;
        if (lower != point) yield return lower;
        // The long s and the kelvin sign fold to ASCII letters.
        if (point is 's' or 'S') yield return 0x17F;
        if (point is 'k' or 'K') yield return 0x212A;
        if (point == 0x17F) yield return 's';
        if (point == 0x212A) yield return 'K';
    }
}
