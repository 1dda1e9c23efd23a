using System.Text.Json;

namespace PureLora;

/// <summary>An example as its record's form gives it, before any tokenizer: one of the kinds below.</summary>
public abstract record Draft;

/// <summary>A text, of which what comes before <paramref name="Completion"/> is not trained.</summary>
/// <param name="Prompt">Null for a text without a prompt.</param>
/// <param name="Input">What an instruction works on; empty for none.</param>
/// <param name="Completion">The text to train.</param>
/// <param name="IsInstruction">Whether the prompt gets the words of Alpaca around it where no template is set.</param>
public sealed record TextDraft(string? Prompt, string Input, string Completion, bool IsInstruction = false) : Draft;

/// <summary>A conversation, which a chat template makes one text of.</summary>
/// <param name="Messages">As templates want them: contents are texts, arguments of tool calls objects.</param>
/// <param name="Turns">Who speaks in each message, what, and whether that is trained by its own flag.</param>
/// <param name="Tools">The tools that may be called; null for none.</param>
/// <param name="Completion">The message at which the answer begins, where the record says so.</param>
/// <param name="Variables">More for the template, from <c>chat_template_kwargs</c>.</param>
public sealed record ChatDraft(
    JsonElement Messages, IReadOnlyList<Turn> Turns, JsonElement? Tools, int? Completion, IReadOnlyDictionary<string, JsonElement> Variables) : Draft;

/// <summary>One message. <paramref name="Train"/> is its <c>train</c> or <c>weight</c>; null where it has none.</summary>
public sealed record Turn(string Role, string Content, bool? Train);

/// <summary>Ids that were made elsewhere; a label is the id itself or <see cref="Example.Ignored"/>.</summary>
public sealed record IdsDraft(int[] Ids, bool[] Trained) : Draft;

/// <summary>A better and a worse answer, checked and not trained on yet.</summary>
public sealed record PreferenceDraft : Draft;
