using System.Text.Json;
using PureLora.Jinja;

namespace PureLora;

/// <summary>Where the last message's own text ends in a rendered conversation, as <c>continue_final_message</c> of Transformers finds it.</summary>
internal static class FinalMessage
{
    /// <exception cref="PureLoraException">The last message has no text, or the template did not write it as it is.</exception>
    public static string CutAfter(string rendered, JsonElement messages, string where)
    {
        string last = Text(messages) ?? throw new PureLoraException(
            $"{where}: the last message has no text, but continuing it needs one. Give it a content, or leave continue_final_message out.");
        string bare = Splitting.Strip(last, null, left: true, right: true), open = Splitting.Strip(last, null, left: true, right: false);
        int at = rendered.LastIndexOf(bare, StringComparison.Ordinal);
        if (at < 0)
            throw new PureLoraException($"{where}: the text of the last message is not in the rendered conversation, but continuing it needs it there as it is. Use another template, or leave continue_final_message out.");
        // The template may have taken white space off its ends.
        bool whole = open == last && string.CompareOrdinal(rendered, at, open, 0, open.Length) == 0;
        return rendered[..(at + (whole ? open.Length : bare.Length))];
    }

    static string? Text(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0) return null;
        var last = messages[messages.GetArrayLength() - 1];
        if (last.ValueKind != JsonValueKind.Object || !last.TryGetProperty("content", out var content)) return null;
        if (content.ValueKind != JsonValueKind.Array) return content.ValueKind == JsonValueKind.String ? content.GetString() : null;
        return content.EnumerateArray().Where(part => part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String)
            .Select(part => part.GetProperty("text").GetString()).LastOrDefault();
    }
}
