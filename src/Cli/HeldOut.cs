using System.Text.Json;

namespace PureLora;

/// <summary>A question that no training data holds: its answer in the new form, and in the base model's plain form.</summary>
sealed record HeldOut(string Prompt, string Completion, string Plain)
{
    /// <summary>Reads a file of lines {"prompt", "completion", "plain"}.</summary>
    public static IReadOnlyList<HeldOut> Read(string path) => [.. File.ReadLines(path).Select(line =>
    {
        using var json = JsonDocument.Parse(line);
        string Text(string key) => json.RootElement.GetProperty(key).GetString()!;
        return new HeldOut(Text("prompt"), Text("completion"), Text("plain"));
    })];

    /// <summary>The "answer" inside a JSON object; null when the text is something else.</summary>
    public static string? AnswerIn(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("answer", out var answer) ? answer.ToString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
