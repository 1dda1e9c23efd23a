using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PureLora;

/// <summary>
/// A model's chat template: messages in, text out, exact to Python's Jinja as Transformers sets it up. It sees the values it
/// is given and nothing else, and its steps, depth, output and time are bounded, since it is somebody else's program.
/// </summary>
public sealed class ChatTemplate
{
    readonly string where;
    readonly IReadOnlyDictionary<string, JsonElement> specialTokens;
    readonly ChatTemplate? forTools;

    ChatTemplate(string source, string where, IReadOnlyDictionary<string, JsonElement> specialTokens, ChatTemplate? forTools)
    {
        this.where = where;
        this.specialTokens = specialTokens;
        this.forTools = forTools;
        Source = source;
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(source)));
    }

    /// <summary>
    /// The template of a tokenizer's folder, or null where there is none. Without a <paramref name="name"/> it is <c>default</c>, and
    /// <c>tool_use</c> renders conversations with tools where the folder has one.
    /// </summary>
    /// <exception cref="PureLoraException">A file is broken, the template has a wrong line, or there is none of that name.</exception>
    public static ChatTemplate? Load(string folder, string? name = null)
    {
        var sources = ChatTemplateFiles.Read(folder);
        if (sources.Count == 0 && name is null) return null;
        if (!sources.TryGetValue(name ?? "default", out var chosen))
            throw new PureLoraException($"{folder}: the chat template {Quote.Name(name ?? "default")} is missing, but there is "
                + $"{(sources.Count == 0 ? "none at all" : string.Join(", ", sources.Keys.Order(StringComparer.Ordinal).Select(Quote.Name)))}. Name one of those.");
        var tokens = SpecialTokenNames.Read(folder);
        var tools = name is null && sources.TryGetValue("tool_use", out var use) ? new ChatTemplate(use.Source, use.Where, tokens, null) : null;
        return new ChatTemplate(chosen.Source, chosen.Where, tokens, tools);
    }

    /// <summary>A template from its text; <paramref name="where"/> names it in errors. It knows no special tokens.</summary>
    /// <exception cref="ChatTemplateException">A line is wrong.</exception>
    public static ChatTemplate Parse(string source, string where) => new(source, where, new Dictionary<string, JsonElement>(), null);

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>SHA-256 of <see cref="Source"/> in UTF-8, 64 hexadecimal digits.</summary>
    public string Hash { get; }

    /// <summary>Whether the template says itself what the assistant's words are, with <c>{% generation %}</c>.</summary>
    public bool MarksAssistant => throw new NotImplementedException();

    /// <summary>The text of a conversation.</summary>
    /// <exception cref="ChatTemplateException">What the template raised, or the limit that it ran into, with its line.</exception>
    public RenderedChat Render(ChatInput input) => forTools is not null && input.Tools is not null ? forTools.Render(input) : throw new NotImplementedException(where + specialTokens);
}
