using System.Text.Json;

namespace PureLora;

/// <summary><c>{"instruction": ..., "instances": [{"input": ..., "output": ...}]}</c>: one example for each instance.</summary>
sealed class SelfInstructForm() : DataForm("self_instruct", """{"instruction": ..., "instances": [{"input": ..., "output": ...}]}""", "instruction", "instances")
{
    public override IEnumerable<Draft> Drafts(JsonElement record, string place)
    {
        var instruction = Fields.Filled(record, "instruction", place);
        var drafts = new List<Draft>();
        foreach (var instance in Fields.Array(record, "instances", place).EnumerateArray())
        {
            var at = $"{place}: instances[{drafts.Count}]";
            if (instance.ValueKind != JsonValueKind.Object || !instance.TryGetProperty("output", out _))
                throw new PureLoraException($"{at} is {Fields.Named(instance)}{(instance.ValueKind == JsonValueKind.Object ? " without \"output\"" : "")}, but it needs {{\"input\": ..., \"output\": ...}}. Correct it.");
            drafts.Add(new TextDraft(instruction, Fields.Optional(instance, "input", at), Fields.Filled(instance, "output", at), IsInstruction: true));
        }
        return drafts;
    }
}
