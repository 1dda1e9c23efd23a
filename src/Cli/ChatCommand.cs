using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>What <c>chat</c> is told.</summary>
sealed record ChatSettings : SamplingSettings
{
    [Setting("What the model is told before the first message.")]
    public string System { get; init; } = "";

    [Setting("A JSON file with messages that were said before.", Placeholder = "file")]
    public string Messages { get; init; } = "";

    [Setting("Chat template to use: a file, the template itself, or chatml. Without it, that of the adapter's training run, or the model's own.", Placeholder = "file")]
    public string ChatTemplate { get; init; } = "";

    [Setting("Most tokens of an answer; the model may end before.", AtLeast = 1)]
    public int MaxNewTokens { get; init; } = 512;
}

/// <summary>Talks with a model, line by line: each line of standard input is a message, each answer is written as it comes.</summary>
sealed class ChatCommand() : ToolCommand<ChatSettings>(
    "chat", "Talk with a model, or a model and its adapter, in its chat template.",
    [
        "purelora chat --model ./base",
        "purelora chat --model ./base --adapter ./adapter --system \"Answer in one sentence.\"",
        "purelora chat --model ./base --temperature 0.7 --top-p 0.9 --json",
    ], (settings, report, stop) => Run(settings, report, Console.In, Console.IsInputRedirected, stop))
{
    const string Words = "/clear forgets what was said, /undo takes back the last message and its answer, /exit ends (as the end of input does)";

    /// <param name="settings">The model, and how to draw.</param>
    /// <param name="report">Where answers go.</param>
    /// <param name="input">Where messages come from.</param>
    /// <param name="scripted">The input is a file or a pipe: nobody is there to be asked, and an error ends the chat.</param>
    /// <param name="stop">Ends an answer between two tokens.</param>
    internal static void Run(ChatSettings settings, Report report, TextReader input, bool scripted, CancellationToken stop)
    {
        settings.ValidateStorage();
        var drawing = settings.Drawing(settings.MaxNewTokens);
        drawing.Validate();
        var before = Before(settings);
        using var device = PureLora.Device.Open(settings.Device, settings.Threads);
        using var session = settings.Open(device, report, stop);
        var template = settings.Template(settings.ChatTemplate, session);
        var chat = new Conversation(session, template, Copy(before));
        if (!scripted)
            report.Note($"{settings.Model}: {Words}.");
        while (Next(input, report, scripted, stop) is { } line)
        {
            if (line is "/exit" or "/bye" or "/quit")
                break;
            if (line == "/clear")
                chat = new Conversation(session, template, Copy(before));
            else if (line == "/undo")
                Undo(chat, before.Count);
            else if (line.StartsWith('/'))
                report.Note($"{line} is no word that chat knows; {Words}.");
            else if (line.Length > 0)
                Answer(chat, line, drawing, report, scripted, stop);
        }
        report.Result(("messages", chat.Messages.DeepClone()));
    }

    static void Answer(Conversation chat, string line, GenerationSettings drawing, Report report, bool scripted, CancellationToken stop)
    {
        chat.Say("user", line);
        try
        {
            var answer = chat.Answer(drawing, report.Piece, stop);
            report.Piece(Environment.NewLine);
            if (!answer.Ended)
                report.Note($"note: cut off after {Spelling.Count(answer.Ids.Length, "token")}.");
        }
        catch (PureLoraException e)
        {
            chat.Unsay();
            if (scripted)
            {
                report.Result(("messages", chat.Messages.DeepClone()));
                throw;
            }
            report.Note($"error: {e.Message} Or write /clear to begin anew.");
        }
    }

    static string? Next(TextReader input, Report report, bool scripted, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (!scripted)
            report.Piece("> ");
        return input.ReadLine()?.Trim();
    }

    /// <summary>The messages before the first: those of the file, or the system's.</summary>
    static JsonArray Before(ChatSettings settings)
    {
        if (settings.Messages.Length > 0 && settings.System.Length > 0)
            throw new UsageException("command line: --system and --messages are both given, but the file has its own system message. Leave one of them out.");
        if (settings.Messages.Length > 0)
            return PureLora.Messages.ForTemplate(MessageFile.Read(settings.Messages).Messages, settings.Messages);
        return settings.System.Length == 0 ? [] : [new JsonObject { ["role"] = "system", ["content"] = settings.System }];
    }

    static JsonArray Copy(JsonArray messages) => messages.DeepClone().AsArray();

    static void Undo(Conversation chat, int kept)
    {
        while (chat.Messages.Count > kept)
        {
            var role = (string?)chat.Messages[^1]!["role"];
            chat.Unsay();
            if (role == "user")
                break;
        }
    }
}
