using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary><c>{"conversations": [{"from": "human", "value": ...}, {"from": "gpt", ...}], "system": ...}</c>, as ShareGPT writes chats.</summary>
sealed class ConversationsForm() : DataForm("conversations", """{"conversations": [{"from": ..., "value": ...}]}""", "conversations")
{
    static readonly Dictionary<string, string> roles = new(StringComparer.OrdinalIgnoreCase)
    {
        ["human"] = "user",
        ["user"] = "user",
        ["gpt"] = "assistant",
        ["chatgpt"] = "assistant",
        ["assistant"] = "assistant",
        ["model"] = "assistant",
        ["bot"] = "assistant",
        ["bard"] = "assistant",
        ["bing"] = "assistant",
        ["function_call"] = "assistant",
        ["system"] = "system",
        ["tool"] = "tool",
        ["function"] = "tool",
        ["function_response"] = "tool",
        ["observation"] = "tool",
    };

    public override IEnumerable<Draft> Drafts(JsonElement record, string place)
    {
        var messages = new List<JsonElement>();
        if (Fields.Optional(record, "system", place) is { Length: > 0 } system)
            messages.Add(Element(new JsonObject { ["role"] = "system", ["content"] = system }));
        var i = 0;
        foreach (var entry in Fields.Array(record, "conversations", place).EnumerateArray())
        {
            var at = $"{place}: conversations[{i++}]";
            if (entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty("role", out _))
            {
                messages.Add(entry);
                continue;
            }
            if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty("from", out _) || !entry.TryGetProperty("value", out _))
                throw new PureLoraException($"{at} is {Fields.Named(entry)}{(entry.ValueKind == JsonValueKind.Object ? " with other keys" : "")}, but it needs {{\"from\": ..., \"value\": ...}}. Correct it.");
            var from = Fields.Text(entry, "from", at);
            if (!roles.TryGetValue(from, out var role))
                throw new PureLoraException($"{at} is from {Quoted.Of(from)}, but a chat needs {Spelling.AnyOf([.. roles.Keys])}. Correct it.");
            var message = new JsonObject { ["role"] = role, ["content"] = Fields.Text(entry, "value", at) };
            foreach (var flag in Messages.Flags)
                if (entry.TryGetProperty(flag, out var value))
                    message[flag] = JsonNode.Parse(value.GetRawText());
            messages.Add(Element(message));
        }
        return [Messages.Draft(record, messages, null, place)];
    }

    static JsonElement Element(JsonObject message) => JsonSerializer.SerializeToElement(message);
}
