namespace PureLora;

/// <summary>What <c>forward</c> is told.</summary>
sealed record ForwardSettings : StorageSettings
{
    [Setting("Folder of the model.", Required = true, Placeholder = "dir")]
    public string Model { get; init; } = "";

    [Setting("Folder of an adapter to put on it.", Placeholder = "dir")]
    public string Adapter { get; init; } = "";

    [Setting("Tensors to read: input_ids, and where given labels, attention_mask and position_ids.",
        Required = true, Placeholder = "file.safetensors")]
    public string Input { get; init; } = "";

    [Setting("Tensors to write: logits and loss.", Required = true, Placeholder = "file.safetensors")]
    public string Out { get; init; } = "";

    [Setting("Write gradients too: one per adapter tensor, or per weight without an adapter. Needs labels.")]
    public bool Gradients { get; init; }

    [DeviceSetting]
    public string Device { get; init; } = "cpu";

    [Setting("CPU threads; 0 takes every core.", AtLeast = 0, AtMost = 1024)]
    public int Threads { get; init; }
}

/// <summary>One pass over given tokens, for people who compare with another implementation.</summary>
sealed class ForwardCommand() : ToolCommand<ForwardSettings>(
    "forward", "Compute logits, loss and gradients for given tokens, to compare with another program.",
    [
        "purelora forward --model ./base --input tokens.safetensors --out logits.safetensors",
        "purelora forward --model ./base --adapter ./adapter --input tokens.safetensors --out all.safetensors --gradients",
    ], Run)
{
    internal static void Run(ForwardSettings settings, Report report, CancellationToken stop)
    {
        settings.ValidateStorage();
        RefuseOverwriting(settings);
        using var device = PureLora.Device.Open(settings.Device, settings.Threads);
        var plain = settings.Adapter.Length == 0;
        if (settings.Gradients && plain && settings.Quantizes)
            throw new UsageException("command line: --gradients is true without --adapter, but a quantized base is frozen. Give an adapter, or leave one of the two out.");
        using var model = Pretrained.Load(device, settings.Model, trainable: settings.Gradients && plain, settings.Over(Families.Read(settings.Model).Quantization), stop);
        var adapter = plain ? null : PeftAdapter.Load(model, settings.Adapter);
        using var file = SafetensorsFile.Open(settings.Input);
        var inputs = ForwardInputs.Read(file);
        Parameter[] parameters = settings.Gradients ? [.. adapter?.Parameters ?? model.Parameters] : [];
        var pass = ForwardPass.Run(model, inputs, parameters);
        var tensors = new List<TensorSource> { TensorSource.FromFloats("logits", [inputs.Sequences, inputs.Length, model.Config.VocabularySize], pass.Logits) };
        if (pass.Loss is { } loss)
            tensors.Add(TensorSource.FromFloats("loss", [], new[] { (float)loss }));
        foreach (var parameter in parameters)
            tensors.Add(TensorSource.FromFloats(parameter.Name, plain ? model.ShapeOf(parameter) : [parameter.Rows, parameter.Columns], plain ? model.InFileOrder(parameter, pass.Gradients[parameter.Name]) : plain ? model.InFileOrder(parameter, pass.Gradients[parameter.Name]) : pass.Gradients[parameter.Name]));
        SafetensorsWriter.Write(settings.Out, tensors);
        report.Line(pass.Loss is null ? "loss       none, since the input has no labels" : $"loss       {pass.Loss:F6}");
        report.Line($"saved      {settings.Out}: {Spelling.Count(tensors.Count, "tensor")}");
        report.Result(("loss", pass.Loss), ("tensors", tensors.Count), ("output", settings.Out));
    }

    /// <summary>The answer must not take the place of what it was computed from.</summary>
    static void RefuseOverwriting(ForwardSettings settings)
    {
        var target = Path.GetFullPath(settings.Out);
        if (target == Path.GetFullPath(settings.Input))
            throw new UsageException($"{settings.Out}: --out is the file of --input, but the answer needs a file of its own. Choose another name.");
        foreach (var folder in (string[])[settings.Model, settings.Adapter])
            if (folder.Length > 0 && Path.GetDirectoryName(target) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))
                throw new UsageException($"{settings.Out}: --out is inside {folder}, but the answer needs a place outside the model and the adapter. Choose another folder.");
    }
}
