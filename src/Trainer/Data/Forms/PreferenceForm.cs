using System.Text.Json;

namespace PureLora;

/// <summary>
/// <c>{"prompt": ..., "chosen": ..., "rejected": ...}</c>: a better and a worse answer, as texts or as messages; the prompt may be
/// an instruction with its input, or be in the messages. It is checked; training on it is not there yet.
/// </summary>
sealed class PreferenceForm() : DataForm("preference", """{"prompt": ..., "chosen": ..., "rejected": ...}""", "chosen", "rejected")
{
    public override IEnumerable<Draft> Drafts(JsonElement record, string place)
    {
        var chosen = Answer(record, "chosen", place);
        var rejected = Answer(record, "rejected", place);
        if (chosen.ValueKind != rejected.ValueKind)
            throw new PureLoraException($"{place}: \"chosen\" is {Fields.Named(chosen)}, but \"rejected\" is {Fields.Named(rejected)} and both need the same. Correct the record.");
        if (Fields.Has(record, "prompt"))
        {
            if (Fields.Unpacked(record.GetProperty("prompt"), place) is { ValueKind: JsonValueKind.Array } prompt)
                Messages.Draft(record, [.. prompt.EnumerateArray()], null, place);
            else
                Fields.Text(record, "prompt", place);
        }
        else if (Fields.Has(record, "instruction"))
        {
            Fields.Filled(record, "instruction", place);
            Fields.Optional(record, "input", place);
        }
        else if (chosen.ValueKind != JsonValueKind.Array)
            throw new PureLoraException($"{place}: \"prompt\" is missing, but a text in \"chosen\" and in \"rejected\" needs one. Add it.");
        return [new PreferenceDraft()];
    }

    static JsonElement Answer(JsonElement record, string key, string place)
    {
        var value = Fields.Unpacked(record.GetProperty(key), place);
        if (value.ValueKind == JsonValueKind.Array)
            Messages.Draft(record, [.. Fields.Array(record, key, place).EnumerateArray()], null, place);
        else
            Fields.Filled(record, key, place);
        return value;
    }
}
