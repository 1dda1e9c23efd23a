using System.Text.Json;

namespace PureLora;

/// <summary>
/// What a template is rendered with, as <c>apply_chat_template</c> of Transformers passes it: the messages, the tools
/// offered, and variables of the caller's own. The special tokens come from the tokenizer's folder.
/// </summary>
/// <param name="Messages">A list of objects, each with a role and what else the template asks for.</param>
public sealed record ChatInput(JsonElement Messages)
{
    /// <summary>A list of tools as JSON schemas; null where none are offered (the template sees <c>none</c>).</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>Whether the text ends where an answer begins; null leaves the variable undefined, which Transformers never does.</summary>
    public bool? AddGenerationPrompt { get; init; } = false;

    /// <summary>
    /// Whether the text ends where the last message's text ends, so that the model goes on with it
    /// (<c>continue_final_message</c>).
    /// </summary>
    public bool ContinueFinalMessage { get; init; }

    /// <summary>Extra variables, such as <c>enable_thinking</c>; they take the place of special tokens of the same name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();
}

/// <summary>A rendered conversation.</summary>
/// <param name="Text">The whole text, special tokens written out; it is encoded without adding special tokens again.</param>
/// <param name="AssistantSpans">
/// What stood inside <c>{% generation %}</c>, in UTF-16 units of <paramref name="Text"/>, in the order it was rendered.
/// </param>
public sealed record RenderedChat(string Text, IReadOnlyList<(int Start, int End)> AssistantSpans)
{
    /// <summary>
    /// The template has <c>{% generation %}</c> inside a macro or another block whose text is moved, where Transformers counts
    /// wrongly: <see cref="AssistantSpans"/> are its spans, and they do not cover what the assistant said.
    /// </summary>
    public bool SpansMisplaced { get; init; }
}
