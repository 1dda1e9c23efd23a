using System.Text.Json.Nodes;

namespace PureLora;

/// <summary>What <c>generate</c> is told.</summary>
sealed record GenerateSettings : StorageSettings
{
    [Setting("Folder of the model.", Required = true, Placeholder = "dir")]
    public string Model { get; init; } = "";

    [Setting("Folder of an adapter to put on it.", Placeholder = "dir")]
    public string Adapter { get; init; } = "";

    [Setting("Text to go on from.", Required = true)]
    public string Prompt { get; init; } = null!; // so that an empty prompt can be given

    [Setting("Text around the prompt, with {prompt} where it stands. Without it, that of the training run if the adapter's folder has its purelora.yaml.")]
    public string PromptTemplate { get; init; } = "";

    [Setting("Most tokens to write; the model may end before.", AtLeast = 1)]
    public int MaxNewTokens { get; init; } = 128;

    [Setting("0 takes the likeliest token each time; 1 draws as the model says; more is wilder.", AtLeast = 0)]
    public double Temperature { get; init; }

    [Setting("Draw among this many likeliest tokens; 0 is all of them.", AtLeast = 0)]
    public int TopK { get; init; }

    [Setting("Draw among the likeliest tokens that together reach this probability; 1 is all of them.", Above = 0, AtMost = 1)]
    public double TopP { get; init; } = 1;

    [Setting("Seed of the draws.", AtLeast = 0)]
    public long Seed { get; init; } = 42;

    [Setting("Where to compute.", Choices = new[] { "cpu", "cuda", "opencl", "ilgpu" })]
    public string Device { get; init; } = "cpu";

    [Setting("CPU threads; 0 takes every core.", AtLeast = 0, AtMost = 1024)]
    public int Threads { get; init; }
}

/// <summary>Writes on from a prompt, with or without an adapter.</summary>
sealed class GenerateCommand() : ToolCommand<GenerateSettings>(
    "generate", "Write on from a prompt, with a model or a model and its adapter.",
    [
        "purelora generate --model ./base --prompt \"Once upon a time\"",
        "purelora generate --model ./base --adapter ./adapter --prompt \"Hello\" --max-new-tokens 64",
        "purelora generate --model ./base --prompt \"Hello\" --temperature 0.8 --top-p 0.95 --seed 1 --json",
    ], Run)
{
    internal static void Run(GenerateSettings settings, Report report, CancellationToken stop)
    {
        settings.ValidateStorage();
        using var device = PureLora.Device.Open(settings.Device, settings.Threads);
        using var chat = Session.Open(device, settings.Model, settings.Adapter, settings.Over(Families.Read(settings.Model).Quantization), stop);
        if (settings.Adapter.Length > 0)
            TemplateRecord.Of(settings.Model, settings.Adapter);
        if (settings.Adapter.Length > 0)
            BaseStorage.Note(report, settings.Adapter, chat.Model);
        if (settings.Adapter.Length > 0 && PeftAdapter.OtherBase(settings.Adapter, settings.Model) is { } other)
            report.Note($"note: {settings.Adapter} was trained on {other}, and is used with {settings.Model}.");
        var template = settings.PromptTemplate.Length > 0 ? settings.PromptTemplate : TrainedTemplate(settings, report);
        var printer = new StreamingDecoder(chat.Tokenizer);
        var reason = "length";
        var ids = chat.Generate(
            [new PromptTemplate(template).Fill(settings.Prompt)],
            new GenerationSettings
            {
                MaxNewTokens = settings.MaxNewTokens,
                Temperature = settings.Temperature,
                TopK = settings.TopK,
                TopP = settings.TopP,
                Seed = (ulong)settings.Seed,
            },
            (_, id) => report.Piece(printer.Push(id)), stop, _ => reason = "stop")[0];
        report.Piece(printer.Flush() + Environment.NewLine);
        if (reason == "length")
            report.Note($"note: cut off after {Spelling.Count(ids.Length, "token")}, at the limit of {(ids.Length == settings.MaxNewTokens ? "--max-new-tokens" : $"the model's {chat.Model.Config.MaxPositions} positions")}.");
        report.Result(("text", chat.Tokenizer.Decode(ids)), ("tokens", new JsonArray([.. ids.Select(id => (JsonNode)id)])), ("finish_reason", reason));
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
