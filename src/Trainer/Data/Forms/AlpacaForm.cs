using System.Text.Json;

namespace PureLora;

/// <summary><c>{"instruction": ..., "input": ..., "output": ...}</c>, in the words of Alpaca unless prompt_template has others; the input may be missing or empty.</summary>
sealed class AlpacaForm() : DataForm("alpaca", """{"instruction": ..., "input": ..., "output": ...}""", "instruction", "output")
{
    public override IEnumerable<Draft> Drafts(JsonElement record, string place) =>
        [new TextDraft(Fields.Filled(record, "instruction", place), Fields.Optional(record, "input", place), Fields.Filled(record, "output", place), IsInstruction: true)];
}
