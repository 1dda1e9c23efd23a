namespace PureLora;

/// <summary>What every command that writes text is told: the model, how tokens are drawn, where to compute.</summary>
record SamplingSettings : StorageSettings
{
    [Setting("Folder of the model.", Required = true, Placeholder = "dir")]
    public string Model { get; init; } = "";

    [Setting("Folder of an adapter to put on it.", Placeholder = "dir")]
    public string Adapter { get; init; } = "";

    [Setting("0 takes the likeliest token each time; 1 draws as the model says; more is wilder.", AtLeast = 0, WhenOpen = Recommended)]
    public double? Temperature { get; init; }

    [Setting("Draw among this many likeliest tokens; 0 is all of them.", AtLeast = 0, WhenOpen = Recommended)]
    public int? TopK { get; init; }

    [Setting("Draw among the likeliest tokens that together reach this probability; 1 is all of them.", Above = 0, AtMost = 1, WhenOpen = Recommended)]
    public double? TopP { get; init; }

    [Setting("Seed of the draws.", AtLeast = 0)]
    public long Seed { get; init; } = 42;

    [DeviceSetting]
    public string Device { get; init; } = "cpu";

    [Setting("CPU threads; 0 takes every core.", AtLeast = 0, AtMost = 1024)]
    public int Threads { get; init; }

    const string Recommended = "that of generation_config.json if it says do_sample, else greedy";

    /// <summary>The model, its tokenizer and its adapter; what does not fit together is noted.</summary>
    public Session Open(PureLora.Device device, Report report, CancellationToken stop)
    {
        var session = Session.Open(device, Model, Adapter, Over(Families.Read(Model).Quantization), stop);
        if (Adapter.Length > 0)
            BaseStorage.Note(report, Adapter, session.Model);
        if (Adapter.Length > 0 && PeftAdapter.OtherBase(Adapter, Model) is { } other)
            report.Note($"note: {Adapter} was trained on {other}, and is used with {Model}.");
        return session;
    }

    /// <summary>The template that writes chats: as told, else that of the adapter's training run, else the model's own.</summary>
    public ChatTemplate Template(string setting, Session session) =>
        setting.Length > 0 ? ChatTemplates.Of(setting, Model, Vocabulary.Of(session.Tokenizer, session.Stops))
        : (Adapter.Length > 0 ? TemplateRecord.Of(Model, Adapter) : ChatTemplate.Load(Model))
            ?? throw new UsageException($"{Model}: it has no chat template, but messages need one. Give --chat-template <file>, or --chat-template chatml for a base model that was trained with it.");

    /// <summary>How to draw: as told, else as the model's folder recommends.</summary>
    public GenerationSettings Drawing(int maxNewTokens)
    {
        var recommended = GenerationConfig.Read(Model);
        return new GenerationSettings
        {
            MaxNewTokens = maxNewTokens,
            Temperature = Temperature ?? recommended.Temperature,
            TopK = TopK ?? recommended.TopK,
            TopP = TopP ?? recommended.TopP,
            Seed = (ulong)Seed,
        };
    }
}
