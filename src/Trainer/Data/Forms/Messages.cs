using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>
/// Messages as chat templates want them: a content of text parts is joined to one text, arguments of tool calls that are JSON in a
/// text become that JSON, and the flags <c>train</c> (true or false) and <c>weight</c> (0 or 1) are taken out.
/// </summary>
static class Messages
{
    internal static readonly string[] Flags = ["train", "weight"];

    /// <summary>The chat of these messages, with <c>tools</c> and <c>chat_template_kwargs</c> of the record.</summary>
    internal static ChatDraft Draft(JsonElement record, IReadOnlyList<JsonElement> messages, int? completion, string place)
    {
        var (list, turns) = (new JsonArray(), new List<Turn>());
        for (var i = 0; i < messages.Count; i++)
        {
            var (message, turn) = Read(messages[i], $"{place}: messages[{i}]");
            turns.Add(turn);
            list.Add(message);
        }
        JsonElement? tools = Fields.Has(record, "tools") ? Fields.Array(record, "tools", place, mayBeEmpty: true) : null;
        return new ChatDraft(JsonSerializer.SerializeToElement(list), turns, tools is { } t && t.GetArrayLength() == 0 ? null : tools, completion, Variables(record, place));
    }

    /// <summary>The messages that a template gets for these, as in training.</summary>
    internal static JsonArray ForTemplate(JsonArray messages, string place) =>
        [.. messages.Select((message, i) => (JsonNode)Read(JsonSerializer.SerializeToElement(message), $"{place}: messages[{i}]").Message)];

    static (JsonObject Message, Turn Turn) Read(JsonElement record, string at)
    {
        var message = Object(record, at);
        var content = Content(message, at);
        var turn = new Turn(Role(message, at), content, Train(message, at));
        Arguments(message);
        return (message, turn);
    }

    static JsonObject Object(JsonElement message, string at)
    {
        if (message.ValueKind != JsonValueKind.Object)
            throw new PureLoraException($"{at} is {Fields.Named(message)}, but a message needs {{\"role\": ..., \"content\": ...}}. Correct it.");
        // A member that is null is one that templates should not find: data sets are often filled up with them.
        return new JsonObject(message.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null || member.Name == "content")
            .Select(member => KeyValuePair.Create(member.Name, JsonNode.Parse(member.Value.GetRawText()))));
    }

    static string Role(JsonObject message, string at) =>
        message["role"] is JsonValue role && role.TryGetValue(out string? name) && name.Length > 0 ? name
            : throw new PureLoraException($"{at} has no \"role\", but a message needs one, such as \"user\". Add it.");

    static string Content(JsonObject message, string at)
    {
        switch (message["content"])
        {
            case null when message.ContainsKey("tool_calls"):
                return "";
            case JsonValue value when value.TryGetValue(out string? text):
                return text;
            case JsonArray parts:
                var joined = string.Concat(parts.Select((part, i) => Part(part, $"{at}: content[{i}]")));
                message["content"] = joined;
                return joined;
            case var other:
                throw new PureLoraException($"{at} has a content that is {(other is null ? "missing" : Fields.Named(JsonSerializer.SerializeToElement(other)))}, but a message needs a string or a list of text parts. Correct it.");
        }
    }

    static string Part(JsonNode? part, string at)
    {
        if (part is JsonObject entry && entry["text"] is JsonValue text && text.TryGetValue(out string? words))
            return words;
        var type = part is JsonObject other && other["type"] is JsonValue name && name.TryGetValue(out string? kind) ? $"of type {Quoted.Of(kind)}" : "no text";
        throw new PureLoraException($"{at} is {type}, but training needs {{\"type\": \"text\", \"text\": ...}}. Remove it, or leave the record out.");
    }

    /// <summary>Its own word about being trained, which templates should not see.</summary>
    static bool? Train(JsonObject message, string at)
    {
        bool? train = null;
        foreach (var flag in Flags)
            if (message.TryGetPropertyValue(flag, out var value))
            {
                message.Remove(flag);
                train = JsonSerializer.SerializeToElement(value) switch
                {
                    { ValueKind: JsonValueKind.True } => true,
                    { ValueKind: JsonValueKind.False } => false,
                    { ValueKind: JsonValueKind.Number } number when number.GetDouble() is 0 or 1 => number.GetDouble() == 1,
                    var other => throw new PureLoraException($"{at} has {flag} {Quoted.Of(other.GetRawText())}, but it needs {(flag == "weight" ? "0 or 1" : "true or false")}. Correct it."),
                };
            }
        return train;
    }

    static void Arguments(JsonObject message)
    {
        if (message["tool_calls"] is not JsonArray calls)
            return;
        foreach (var call in calls)
            if ((call as JsonObject)?["function"] is JsonObject function && function["arguments"] is JsonValue arguments && arguments.TryGetValue(out string? text))
                try
                {
                    if (JsonNode.Parse(text) is JsonObject parsed)
                        function["arguments"] = parsed;
                }
                catch (JsonException)
                {
                    // A text that is no JSON stays a text.
                }
    }

    static IReadOnlyDictionary<string, JsonElement> Variables(JsonElement record, string place)
    {
        if (!Fields.Has(record, "chat_template_kwargs"))
            return new Dictionary<string, JsonElement>();
        var value = Fields.Unpacked(record.GetProperty("chat_template_kwargs"), place);
        return value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().ToDictionary(member => member.Name, member => member.Value)
            : throw new PureLoraException($"{place}: \"chat_template_kwargs\" is {Fields.Named(value)}, but it needs an object. Correct it.");
    }
}
