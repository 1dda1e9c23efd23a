using System.Text.Json;
namespace PureLora;
/// <summary>x</summary>
public sealed record TokenizedText(int[] Ids, (int Start, int End)[] Offsets);
/// <summary>x</summary>
public static class StubExtensions
{
    public static TokenizedText EncodeWithOffsets(this TextTokenizer t, string text, bool addSpecialTokens)
    {
        var ids = t.Encode(text, addSpecialTokens);
        var offsets = new (int, int)[ids.Length];
        var at = 0;
        for (var i = 0; i < ids.Length; i++)
        {
            var piece = t.Decode([ids[i]], skipSpecialTokens: false);
            offsets[i] = (Math.Min(at, text.Length), Math.Min(text.Length, at + piece.Length));
            at += piece.Length;
        }
        return new(ids, offsets);
    }
}
