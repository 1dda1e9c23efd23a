using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>A conversation in a JSON file: a list of messages, or an object with <c>messages</c> and perhaps <c>tools</c>.</summary>
static class MessageFile
{
    const long MostBytes = 64 << 20;

    public static (JsonArray Messages, JsonElement? Tools) Read(string path)
    {
        var root = Parse(path);
        var (messages, tools) = root is JsonObject whole ? (whole["messages"], whole["tools"]) : (root, null);
        if (messages is not JsonArray list || list.Any(message => message is not JsonObject))
            throw new PureLoraException($"{path}: it is {Kind(root)}, but a conversation needs a list of messages, or an object with messages. Write [{{\"role\": \"user\", \"content\": \"...\"}}].");
        list.Parent?.AsObject().Remove("messages");
        return (list, tools is null ? null : JsonSerializer.SerializeToElement(tools));
    }

    /// <summary>Tools as the model is told of them: a list of objects.</summary>
    public static JsonElement ReadTools(string path) =>
        Parse(path) is JsonArray tools ? JsonSerializer.SerializeToElement(tools)
        : throw new PureLoraException($"{path}: it is no list, but tools need a JSON list of objects. Put [ ] around them.");

    static JsonNode? Parse(string path)
    {
        try
        {
            if (new FileInfo(path).Length is > MostBytes and var length)
                throw new PureLoraException($"{path}: the file is {length} bytes, but a conversation needs at most {MostBytes}. Check that it is the right file.");
            return JsonNode.Parse(File.ReadAllBytes(path), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new PureLoraException($"{path}: {(e.LineNumber is { } line ? $"line {line + 1} is not JSON" : "a key is given twice")}, but a conversation needs JSON. Write [{{\"role\": \"user\", \"content\": \"...\"}}].", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PureLoraException($"{path}: the file cannot be read ({e.Message.TrimEnd('.')}). Check the path.", e);
        }
    }

    static string Kind(JsonNode? node) => node switch { JsonObject => "an object without messages", JsonArray => "a list with something else in it", _ => "no list" };
}
