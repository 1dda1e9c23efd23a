using System.Text.Json;

namespace PureLora;

/// <summary><c>{"prompt": ..., "completion": ...}</c>: texts, or lists of messages that together make one chat.</summary>
sealed class PromptCompletionForm() : DataForm("prompt_completion", """{"prompt": ..., "completion": ...}""", "prompt", "completion")
{
    public override IEnumerable<Draft> Drafts(JsonElement record, string place)
    {
        var (prompt, completion) = (Fields.Unpacked(record.GetProperty("prompt"), place), Fields.Unpacked(record.GetProperty("completion"), place));
        if (prompt.ValueKind == JsonValueKind.Array && completion.ValueKind == JsonValueKind.Array)
            return [Messages.Draft(record, [.. prompt.EnumerateArray(), .. completion.EnumerateArray()], prompt.GetArrayLength(), place)];
        return [new TextDraft(Fields.Text(record, "prompt", place), "", Fields.Filled(record, "completion", place))];
    }
}
