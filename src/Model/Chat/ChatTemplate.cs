using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PureLora.Jinja;

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
    readonly Template template;

    ChatTemplate(string source, string where, IReadOnlyDictionary<string, JsonElement> specialTokens, ChatTemplate? forTools)
    {
        this.where = where;
        this.specialTokens = specialTokens;
        this.forTools = forTools;
        Source = source;
        try
        {
            template = new Template(source);
        }
        catch (PythonError e)
        {
            throw new ChatTemplateException(where, Math.Max(1, e.Line), e.Kind, e.Message, "Correct the template.");
        }
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(forTools is null ? source : $"{source}\0{forTools.Source}")));
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

    /// <summary>A template from its text; <paramref name="where"/> names it in errors. It knows the special tokens of <paramref name="folder"/>'s tokenizer, or none.</summary>
    /// <exception cref="ChatTemplateException">A line is wrong.</exception>
    public static ChatTemplate Parse(string source, string where, string? folder = null) =>
        new(source, where, folder is null ? new Dictionary<string, JsonElement>() : SpecialTokenNames.Read(folder), null);

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>
    /// SHA-256 of <see cref="Source"/> in UTF-8, 64 hexadecimal digits; where another template renders conversations with tools, of both
    /// with a zero between them.
    /// </summary>
    public string Hash { get; }

    /// <summary>Whether the template says itself what the assistant's words are, with <c>{% generation %}</c>.</summary>
    public bool MarksAssistant => template.MarksGeneration;

    /// <summary>The text of a conversation.</summary>
    /// <exception cref="ChatTemplateException">What the template raised, or the limit that it ran into, with its line.</exception>
    public RenderedChat Render(ChatInput input) => Render(input, DateTime.Now);

    /// <param name="input">The conversation.</param>
    /// <param name="now">What <c>strftime_now</c> takes for the present.</param>
    /// <param name="limits">What the template may use; null for as much as the conversation's size allows.</param>
    internal RenderedChat Render(ChatInput input, DateTime now, Limits? limits = null)
    {
        if (forTools is not null && input.Tools is { ValueKind: not JsonValueKind.Null }) return forTools.Render(input, now, limits);
        var run = new Run(limits ?? Limits.For(Size(input)), Variables(input), now);
        try
        {
            template.Render(run);
        }
        catch (PythonError e)
        {
            throw new ChatTemplateException(where, run.Line, e.Kind, e.Message, "Check the conversation, or the template.");
        }
        string text = run.Output.ToString();
        return Rendered(input.ContinueFinalMessage ? FinalMessage.CutAfter(text, input.Messages, where) : text, run);
    }

    static long Size(ChatInput input) => input.Variables.Values.Append(input.Messages).Append(input.Tools ?? default)
        .Sum(json => json.ValueKind == JsonValueKind.Undefined ? 0L : System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(json).Length);

    /// <summary>Special tokens, then the conversation, then the caller's own, the later ones taking the place of the earlier.</summary>
    Dictionary<string, Value> Variables(ChatInput input)
    {
        var variables = new Dictionary<string, Value>();
        try
        {
            foreach (var (name, token) in specialTokens) variables[name] = JsonValues.Of(token);
            variables["messages"] = JsonValues.Of(input.Messages);
            variables["tools"] = input.Tools is { } tools ? JsonValues.Of(tools) : Value.None;
            variables["documents"] = Value.None;
            if (input.AddGenerationPrompt is { } prompts) variables["add_generation_prompt"] = Value.Of(prompts);
            foreach (var (name, value) in input.Variables) variables[name] = JsonValues.Of(value);
        }
        catch (Exception e) when (e is PythonError or InvalidOperationException)
        {
            throw new PureLoraException($"{where}: the conversation holds what a template cannot be given ({e.Message}), but it needs texts in valid Unicode and numbers that fit. Correct the conversation.", e);
        }
        return variables;
    }

    static RenderedChat Rendered(string text, Run run)
    {
        var spans = run.Generated.ConvertAll(g => (Math.Min(g.Start, text.Length), Math.Min(g.Start + g.Text.Length, text.Length)));
        return new RenderedChat(text, spans)
        {
            SpansMisplaced = run.Generated.Any(g => g.Start > text.Length || string.CompareOrdinal(text, g.Start, g.Text, 0, Math.Min(g.Text.Length, text.Length - g.Start)) != 0),
        };
    }
}
