using System.Text.Json;
namespace PureLora;
/// <summary>x</summary>
public sealed record TokenizedText(int[] Ids, (int Start, int End)[] Offsets);
/// <summary>x</summary>
public static class StubExtensions
{
    public static TokenizedText EncodeWithOffsets(this TextTokenizer t, string text, bool addSpecialTokens) => throw new NotImplementedException();
}
/// <summary>x</summary>
public sealed class ChatTemplate
{
    public static ChatTemplate? Load(string folder, string? name = null) => null;
    public static ChatTemplate Parse(string source, string where) => throw new NotImplementedException();
    public string Source { get; } = "";
    public string Hash { get; } = "";
    public bool MarksAssistant { get; }
    public RenderedChat Render(ChatInput input) => throw new NotImplementedException();
}
/// <summary>x</summary>
public sealed record ChatInput(JsonElement Messages)
{
    public JsonElement? Tools { get; init; }
    public bool AddGenerationPrompt { get; init; }
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();
}
/// <summary>x</summary>
public sealed record RenderedChat(string Text, IReadOnlyList<(int Start, int End)> AssistantSpans);
