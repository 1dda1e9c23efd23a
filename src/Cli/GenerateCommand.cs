using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>What <c>generate</c> is told.</summary>
sealed record GenerateSettings : SamplingSettings
{
    [Setting("Text to go on from.")]
    public string? Prompt { get; init; } // null, so that an empty prompt can be given

    [Setting("Text around the prompt, with {prompt} where it stands. Without it, that of the training run if the adapter's folder has its purelora.yaml.")]
    public string PromptTemplate { get; init; } = "";

    [Setting("Instead of a prompt: a JSON file with messages, which the chat template writes, for the next answer.", Placeholder = "file")]
    public string Messages { get; init; } = "";

    [Setting("A JSON file with tools that the chat template may list.", Placeholder = "file")]
    public string Tools { get; init; } = "";

    [Setting("Chat template to use: a file, the template itself, or chatml. Without it, that of the adapter's training run, or the model's own.", Placeholder = "file")]
    public string ChatTemplate { get; init; } = "";

    [Setting("Most tokens to write; the model may end before.", AtLeast = 1)]
    public int MaxNewTokens { get; init; } = 128;
}

/// <summary>Writes on from a prompt or a conversation, with or without an adapter.</summary>
sealed class GenerateCommand() : ToolCommand<GenerateSettings>(
    "generate", "Write on from a prompt or a conversation, with a model or a model and its adapter.",
    [
        "purelora generate --model ./base --prompt \"Once upon a time\"",
        "purelora generate --model ./base --adapter ./adapter --prompt \"Hello\" --max-new-tokens 64",
        "purelora generate --model ./base --prompt \"Hello\" --temperature 0.8 --top-p 0.95 --seed 1 --json",
        "purelora generate --model ./base --messages ./messages.json",
    ], Run)
{
    internal static void Run(GenerateSettings settings, Report report, CancellationToken stop)
    {
        settings.ValidateStorage();
        var fromChat = settings.Messages.Length > 0;
        if (fromChat == settings.Prompt is not null)
            throw new UsageException($"command line: --prompt and --messages are {(fromChat ? "both given" : "both missing")}, but generate needs one of them. Give --prompt <text> or --messages <file>.");
        if (!fromChat && settings.Tools.Length + settings.ChatTemplate.Length > 0)
            throw new UsageException($"command line: {(settings.Tools.Length > 0 ? "--tools" : "--chat-template")} is given, but it needs --messages. Give --messages <file>, or leave it out.");
        if (fromChat && settings.PromptTemplate.Length > 0)
            throw new UsageException("command line: --prompt-template and --messages are both given, but messages take a chat template. Give --chat-template instead.");
        var drawing = settings.Drawing(settings.MaxNewTokens);
        drawing.Validate();
        var (messages, tools) = fromChat ? MessageFile.Read(settings.Messages) : default;
        if (settings.Tools.Length > 0)
            tools = MessageFile.ReadTools(settings.Tools);
        if (!fromChat && settings.Adapter.Length > 0)
            TemplateRecord.Of(settings.Model, settings.Adapter);
        using var device = PureLora.Device.Open(settings.Device, settings.Threads);
        using var session = settings.Open(device, report, stop);
        var prompt = fromChat ? new Conversation(session, settings.Template(settings.ChatTemplate, session), PureLora.Messages.ForTemplate(messages!, settings.Messages), tools).Prompt()
            : session.Encode(new PromptTemplate(settings.PromptTemplate.Length > 0 ? settings.PromptTemplate : TrainedTemplate(settings, report)).Fill(settings.Prompt!));
        var printer = fromChat ? new StreamingDecoder(session.Tokenizer) : session.After(prompt);
        var text = new System.Text.StringBuilder();
        var reason = "length";
        var ids = session.Generate([prompt], drawing, (_, id) => Say(printer.Push(id)), stop, _ => reason = "stop")[0];
        Say(printer.Flush());
        report.Piece(Environment.NewLine);
        if (reason == "length")
            report.Note($"note: cut off after {Spelling.Count(ids.Length, "token")}, at the limit of {(ids.Length == settings.MaxNewTokens ? "--max-new-tokens" : $"the model's {session.Model.Config.MaxPositions} positions")}.");
        report.Result(("text", text.ToString()), ("tokens", new JsonArray([.. ids.Select(id => (JsonNode)id)])), ("finish_reason", reason));

        void Say(string piece)
        {
            text.Append(piece);
            report.Piece(piece);
        }
    }

    /// <summary>The template of the run that made the adapter, or the model without one; what it is gets said.</summary>
    static string TrainedTemplate(GenerateSettings settings, Report report)
    {
        var path = Path.Combine(settings.Adapter.Length > 0 ? settings.Adapter : settings.Model, OutputFolder.Marker);
        if (!File.Exists(path))
            return PureLora.PromptTemplate.Plain;
        try
        {
            var template = ConfigFile.Read(path).PromptTemplate;
            if (template != PureLora.PromptTemplate.Plain)
                report.Note($"note: prompt_template {Spelling.Quote(template)} is taken from {path}; --prompt-template stands over it.");
            return template;
        }
        catch (PureLoraException e)
        {
            throw new PureLoraException($"{e.Message} Or give --prompt-template, and the file is not read.", e);
        }
    }
}
