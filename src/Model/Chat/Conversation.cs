using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>
/// A chat with a model: messages in order, and the template that writes them as one text, of which the model writes the
/// next answer. Every answer reads the whole text again.
/// </summary>
/// <param name="session">The model.</param>
/// <param name="template">The model's template, or the one that its adapter was trained with.</param>
/// <param name="messages">What was said before: a list of objects with <c>role</c> and <c>content</c>.</param>
/// <param name="tools">Tools that the template may list, or null.</param>
public sealed class Conversation(Session session, ChatTemplate template, JsonArray messages, JsonElement? tools = null)
{
    /// <summary>All that was said, answers with it.</summary>
    public JsonArray Messages => messages;

    public void Say(string role, string content) => messages.Add(new JsonObject { ["role"] = role, ["content"] = content });

    /// <summary>Takes back the last message.</summary>
    public void Unsay() => messages.RemoveAt(messages.Count - 1);

    /// <summary>
    /// The ids that the model is asked to go on from: the template's text, which writes its own first token, with the
    /// beginning of an answer at its end.
    /// </summary>
    public int[] Prompt()
    {
        var input = new ChatInput(JsonSerializer.SerializeToElement(messages)) { Tools = tools, AddGenerationPrompt = true };
        return session.Tokenizer.Encode(template.Render(input).Text, addSpecialTokens: false);
    }

    /// <summary>The model's answer, which becomes the last message. <paramref name="onText"/> gets it piece by piece.</summary>
    public ChatAnswer Answer(GenerationSettings settings, Action<string>? onText = null, CancellationToken stop = default)
    {
        var printer = new StreamingDecoder(session.Tokenizer);
        var ended = false;
        var ids = session.Generate([Prompt()], settings, (_, id) => onText?.Invoke(printer.Push(id)), stop, _ => ended = true)[0];
        onText?.Invoke(printer.Flush());
        var text = session.Tokenizer.Decode(ids);
        Say("assistant", text);
        return new ChatAnswer(text, ids, ended);
    }
}

/// <summary>What a model answered.</summary>
/// <param name="Text">Without special tokens.</param>
/// <param name="Ids">Without the one that ended it.</param>
/// <param name="Ended">Whether the model ended it, and no limit cut it off.</param>
public sealed record ChatAnswer(string Text, int[] Ids, bool Ended);
