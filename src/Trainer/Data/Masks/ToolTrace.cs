using System.Text.Json;

namespace PureLora;

/// <summary>A template that does not know tools leaves them out without a word, and a model would learn to answer nothing where a call was.</summary>
static class ToolTrace
{
    /// <exception cref="PureLoraException">A tool that is called, or all that are offered, are not in the text.</exception>
    public static void Check(ChatDraft chat, string text, string place)
    {
        for (var i = 0; i < chat.Turns.Count; i++)
            if (chat.Messages[i].TryGetProperty("tool_calls", out var calls) && Names(calls).FirstOrDefault(name => !text.Contains(name, StringComparison.Ordinal)) is { } lost)
                throw new PureLoraException($"{place}: messages[{i}] calls the tool {Quoted.Of(lost)}, but the chat template does not write it and the model would learn an answer without its call. {Advice}");
        if (chat.Tools is { } tools && Names(tools).ToArray() is { Length: > 0 } offered && !offered.Any(name => text.Contains(name, StringComparison.Ordinal)))
            throw new PureLoraException($"{place}: the tool {Quoted.Of(offered[0])} is offered, but the chat template does not write it and the model would not see it. {Advice}");
    }

    const string Advice = "Set chat_template to a template with tools, or take tools and tool_calls out of the data.";

    static IEnumerable<string> Names(JsonElement list) =>
        list.ValueKind != JsonValueKind.Array ? [] : list.EnumerateArray().Select(Name).OfType<string>();

    static string? Name(JsonElement tool)
    {
        var inner = tool.ValueKind == JsonValueKind.Object && tool.TryGetProperty("function", out var function) ? function : tool;
        return inner.ValueKind == JsonValueKind.Object && inner.TryGetProperty("name", out var name) ? ConfigJson.Text(name) : null;
    }
}
