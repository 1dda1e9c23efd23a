using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>What <c>template</c> is told.</summary>
sealed record TemplateSettings
{
    [Setting("Folder of the tokenizer, with a chat template; without a tokenizer's file there are no ids.", Required = true, Placeholder = "dir")]
    public string Tokenizer { get; init; } = "";

    [Setting("A JSON file with a list of messages, or an object with messages and perhaps tools.", Required = true, Placeholder = "file")]
    public string Messages { get; init; } = "";

    [Setting("A JSON file with tools that the template may list.", Placeholder = "file")]
    public string Tools { get; init; } = "";

    [Setting("Chat template to use: a file, the template itself, or chatml. Without it, the folder's own.", Placeholder = "file")]
    public string ChatTemplate { get; init; } = "";

    [Setting("End with the beginning of an answer.")]
    public bool AddGenerationPrompt { get; init; }

    [Setting("End where the last message ends, so that a model goes on with it.")]
    public bool ContinueFinalMessage { get; init; }
}

/// <summary>Shows how a chat template writes a conversation.</summary>
sealed class TemplateCommand : ToolCommand<TemplateSettings>
{
    readonly Option<string[]> set = new("--set") { Description = "A variable for the template, its value in JSON; may be given several times.", HelpName = "key=json", Arity = ArgumentArity.OneOrMore };

    public TemplateCommand() : base(
        "template", "Write a conversation as a model's chat template does; with --json the text and its ids.",
        [
            "purelora template --tokenizer ./base --messages messages.json --add-generation-prompt",
            "purelora template --tokenizer ./base --messages messages.json --tools tools.json --set enable_thinking=false --json",
        ], (_, _, _) => { }) => Options.Insert(4, set);

    protected override void Run(ParseResult parse, Report report, CancellationToken stop)
    {
        var settings = Settings(parse);
        var variables = Variables(parse.GetValue(set) ?? []);
        var (messages, tools) = MessageFile.Read(settings.Messages);
        if (settings.Tools.Length > 0)
            tools = MessageFile.ReadTools(settings.Tools);
        var tokenizer = TextTokenizer.IsIn(settings.Tokenizer) ? TextTokenizer.Load(settings.Tokenizer) : null;
        try
        {
            var template = (settings.ChatTemplate.Length == 0 ? ChatTemplate.Load(settings.Tokenizer)
                : ChatTemplates.Of(settings.ChatTemplate, settings.Tokenizer, tokenizer is null ? new Vocabulary(_ => [], null, null, false) : Vocabulary.Of(tokenizer, Stops(settings.Tokenizer))))
                ?? throw new PureLoraException($"{settings.Tokenizer}: it has no chat template, but template needs one. Give --chat-template, or the folder of a model for chats.");
            var text = template.Render(new ChatInput(JsonSerializer.SerializeToElement(messages))
            {
                Tools = tools,
                AddGenerationPrompt = settings.AddGenerationPrompt,
                ContinueFinalMessage = settings.ContinueFinalMessage,
                Variables = variables,
            }).Text;
            report.Piece(text);
            report.Result(("text", text), ("ids", tokenizer is null ? null
                : new JsonArray([.. tokenizer.Encode(text, addSpecialTokens: false).Select(id => (JsonNode)id)])));
        }
        catch (ChatTemplateException e)
        {
            report.Result(("error", $"{e.Kind}: {e.Raised}"), ("line", e.Line));
            throw;
        }
    }

    /// <summary>The ids that end a text by what else is in the folder, which chatml looks at.</summary>
    static IEnumerable<int> Stops(string folder) =>
        [.. File.Exists(Path.Combine(folder, "config.json")) ? Families.Read(folder).EosIds : [], .. GenerationConfig.Read(folder).EosIds];

    static Dictionary<string, JsonElement> Variables(string[] given)
    {
        var variables = new Dictionary<string, JsonElement>();
        foreach (var word in given)
        {
            var (key, value) = word.Split('=', 2) is [{ Length: > 0 } name, var json] ? (name, json)
                : throw new UsageException($"command line: --set is {Spelling.Quote(word)}, but it needs a name and a value in JSON. Write --set key=json, a text in quotes of its own.");
            try
            {
                using var parsed = JsonDocument.Parse(value);
                variables[key] = parsed.RootElement.Clone();
            }
            catch (JsonException)
            {
                throw new UsageException($"command line: --set {key} is {Spelling.Quote(value)}, but it needs a value in JSON. Write true, 3, or a text as '\"...\"'.");
            }
        }
        return variables;
    }
}
