using System.Text.Json;

namespace PureLora;

/// <summary><c>{"messages": [{"role": ..., "content": ...}], "tools": [...]}</c>, as OpenAI writes chats.</summary>
sealed class MessagesForm() : DataForm("messages", """{"messages": [{"role": ..., "content": ...}]}""", "messages")
{
    public override IEnumerable<Draft> Drafts(JsonElement record, string place) =>
        [Messages.Draft(record, [.. Fields.Array(record, "messages", place).EnumerateArray()], null, place)];
}
