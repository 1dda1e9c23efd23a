namespace PureLora;

/// <summary>A model with its tokenizer, and an adapter where given: text in, text out.</summary>
public sealed class Session : IDisposable
{
    readonly HashSet<int> stops;

    Session(string folder, Decoder model, TextTokenizer tokenizer)
    {
        (Model, Tokenizer) = (model, tokenizer);
        // Instruction models name the end of a turn in one of the three, seldom in all.
        stops = [.. model.Config.EosIds, .. GenerationConfig.Read(folder).EosIds];
        if (tokenizer.EosId is { } eos)
            stops.Add(eos);
    }

    public Decoder Model { get; }

    public TextTokenizer Tokenizer { get; }

    /// <summary>Ids that end a text.</summary>
    public IReadOnlySet<int> Stops => stops;

    /// <summary>Opens the model in <paramref name="folder"/>, quantized if asked, and puts the adapter in its folder on it, if one is named.</summary>
    public static Session Open(Device device, string folder, string adapterFolder = "", QuantizationConfig? quantization = null, CancellationToken stop = default)
    {
        Families.Read(folder);
        var tokenizer = TextTokenizer.Load(folder);
        var model = Pretrained.Load(device, folder, quantization: quantization, stop: stop);
        try
        {
            if (adapterFolder.Length > 0)
                PeftAdapter.Load(model, adapterFolder);
            return new Session(folder, model, tokenizer);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The ids that follow each prompt, which is encoded as a training prompt is: with BOS if the tokenizer adds it.</summary>
    public int[][] Generate(IReadOnlyList<string> prompts, GenerationSettings settings, Action<int, int>? onToken = null, CancellationToken stop = default, Action<int>? onStop = null) =>
        Generate([.. prompts.Select(Encode)], settings, onToken, stop, onStop);

    /// <summary>The ids that follow each prompt, which is given as ids.</summary>
    public int[][] Generate(IReadOnlyList<int[]> prompts, GenerationSettings settings, Action<int, int>? onToken = null, CancellationToken stop = default, Action<int>? onStop = null) =>
        Generation.Run(Model, prompts, settings, stops, onToken, stop, onStop);

    /// <summary>A decoder of what follows a prompt, whose first space is then not one that begins a text.</summary>
    public StreamingDecoder After(IReadOnlyList<int> prompt)
    {
        var decoder = new StreamingDecoder(Tokenizer);
        foreach (var id in prompt)
            decoder.Push(id);
        return decoder;
    }

    /// <summary>The ids of a prompt as training has them: with BOS if the tokenizer adds it.</summary>
    public int[] Encode(string prompt)
    {
        var ids = Tokenizer.Encode(prompt, addSpecialTokens: false);
        return Tokenizer.AddsBos ? [Tokenizer.BosId!.Value, .. ids] : ids;
    }

    public void Dispose() => Model.Dispose();
}
