using System.Text.Encodings.Web;
using System.Text.Json;

namespace PureLora;

/// <summary>A string from the user's data inside a message: in quotes, on one line, at most 40 characters of it.</summary>
static class Quoted
{
    const int Longest = 40;

    internal static string Of(string text)
    {
        var length = text.Length <= Longest ? text.Length : char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest;
        var shown = JsonEncodedText.Encode(text.AsSpan(0, length), JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        return $"\"{shown}{(text.Length > Longest ? "..." : "")}\"";
    }
}
