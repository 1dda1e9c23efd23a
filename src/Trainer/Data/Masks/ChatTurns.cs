using System.Text.Json;

namespace PureLora;

/// <summary>
/// Where each turn stands in the rendered chat. A template with <c>{% generation %}</c> says it of the assistant's turns; else a turn is
/// what rendering adds to the chat before it, generation prompt and all, which holds only if each shorter chat is a prefix of the whole.
/// </summary>
sealed class ChatTurns
{
    readonly ChatTemplate template;
    readonly ChatDraft chat;
    readonly DateTime now;

    /// <param name="template">Renders it.</param>
    /// <param name="chat">The messages.</param>
    /// <param name="now">What the template takes for the present.</param>
    /// <param name="place">What errors call it.</param>
    public ChatTurns(ChatTemplate template, ChatDraft chat, DateTime now, string place)
    {
        (this.template, this.chat, this.now) = (template, chat, now);
        try
        {
            Whole = Render(chat.Turns.Count, false);
        }
        catch (PureLoraException e)
        {
            throw new PureLoraException($"{place}: the chat template refuses this chat: {e.Message}", e);
        }
    }

    /// <summary>The whole chat, without a prompt for more.</summary>
    public RenderedChat Whole { get; }

    /// <summary>The marked span of each assistant message, by its number; null where the template has no marks, or not one for each.</summary>
    public Dictionary<int, (int Start, int End)?>? AssistantSpans()
    {
        if (!template.MarksAssistant || Whole.SpansMisplaced)
            return null;
        int[] answers = [.. Enumerable.Range(0, chat.Turns.Count).Where(i => chat.Turns[i].Role == "assistant")];
        return answers.Length != Whole.AssistantSpans.Count ? null
            : answers.Zip(Whole.AssistantSpans).ToDictionary(pair => pair.First, pair => ((int, int)?)pair.Second);
    }

    /// <summary>What message <paramref name="i"/> adds to the text; null, and why, where the template is not prefix-preserving.</summary>
    public (int Start, int End)? Span(int i, out string? why)
    {
        why = null;
        var isAnswer = chat.Turns[i].Role == "assistant";
        string before, after;
        try
        {
            before = i == 0 && !isAnswer ? "" : Render(i, isAnswer).Text;
            after = i + 1 == chat.Turns.Count ? Whole.Text : Render(i + 1, false).Text;
        }
        catch (PureLoraException e)
        {
            why = $"the template refuses the first {i} messages alone ({e.Message.TrimEnd('.')})";
            return null;
        }
        foreach (var (shorter, what) in new[] { (before, isAnswer ? $"the {Spelling.Count(i, "message")} before it, with the generation prompt," : $"the {Spelling.Count(i, "message")} before it"), (after, $"the first {Spelling.Count(i + 1, "message")}") })
            if (!Whole.Text.StartsWith(shorter, StringComparison.Ordinal))
            {
                var at = shorter.AsSpan().CommonPrefixLength(Whole.Text);
                why = $"messages[{i}]: {what} render to a text that leaves the whole chat's at character {at + 1} ({Quoted.Of(shorter[at..])} for {Quoted.Of(Whole.Text[at..])})";
                return null;
            }
        return after.Length > before.Length ? (before.Length, after.Length) : (after.Length, after.Length);
    }

    RenderedChat Render(int count, bool generationPrompt) => template.Render(new ChatInput(First(count))
    {
        Tools = chat.Tools,
        AddGenerationPrompt = generationPrompt,
        Variables = chat.Variables,
    }, now);

    JsonElement First(int count) => count == chat.Turns.Count ? chat.Messages : JsonSerializer.SerializeToElement(chat.Messages.EnumerateArray().Take(count));
}
