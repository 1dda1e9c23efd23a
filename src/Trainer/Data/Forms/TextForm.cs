using System.Text.Json;

namespace PureLora;

/// <summary><c>{"text": ...}</c>: one text, all of it trained.</summary>
sealed class TextForm() : DataForm("text", """{"text": ...}""", "text")
{
    public override IEnumerable<Draft> Drafts(JsonElement record, string place) => [new TextDraft(null, "", Fields.Filled(record, "text", place))];
}
