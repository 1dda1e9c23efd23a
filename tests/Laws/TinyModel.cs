namespace PureLora.Tests;

/// <summary>A Llama of a few thousand random weights as a folder, and data for it: nothing but seeds.</summary>
sealed class TinyModel : IDisposable
{
    readonly ScratchFolder scratch = new();

    /// <summary>Widths that are no multiple of 16, and two query heads to a key head, unless told otherwise.</summary>
    public TinyModel(int vocabulary = 101, int hidden = 36, int inner = 44, int layers = 2, int heads = 4, int keyHeads = 2, int headSize = 10, bool tied = false)
    {
        Vocabulary = vocabulary;
        Directory.CreateDirectory(Beside("seed"));
        // A range far above the usual 0.02: attention and gates are then far from linear, and logits from zero.
        File.WriteAllText(Path.Combine(Beside("seed"), "config.json"), $$"""
            {
              "architectures": ["LlamaForCausalLM"], "vocab_size": {{vocabulary}}, "hidden_size": {{hidden}},
              "intermediate_size": {{inner}}, "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}},
              "num_key_value_heads": {{keyHeads}}, "head_dim": {{headSize}}, "max_position_embeddings": 4096,
              "attention_bias": true, "tie_word_embeddings": {{(tied ? "true" : "false")}}, "initializer_range": 0.2
            }
            """);
        using var device = Device.Open("cpu", 1);
        using var model = Pretrained.Random(device, Beside("seed"), 11);
        foreach (var bias in model.Parameters.Where(p => p.Name.EndsWith(".bias", StringComparison.Ordinal)))
            bias.Data.CopyFrom(Devices.Noise((int)bias.Data.Length, bias.Name.Length));
        ModelFolder.Save(model, Beside("seed"), Folder);
    }

    public int Vocabulary { get; }

    public string Folder => scratch.File("model");

    /// <summary>A folder beside the model.</summary>
    public string Beside(string name) => scratch.File(name);

    public Decoder Open(Device device, bool trainable = false) => Pretrained.Load(device, Folder, trainable);

    /// <summary>An adapter of rank 5 whose B is not zero: it changes what the model says.</summary>
    public static LoraAdapter Adapt(Decoder model, double dropout = 0, string targets = "all-linear", double alpha = 7)
    {
        var adapter = Fresh(model, dropout, targets, alpha);
        foreach (var (layer, i) in adapter.Layers.Select((layer, i) => (layer, i)))
            layer.B.Data.CopyFrom([.. Devices.Noise((int)layer.B.Data.Length, 100 + i).Select(x => 0.2f * x)]);
        return adapter;
    }

    public static LoraAdapter Fresh(Decoder model, double dropout = 0, string targets = "all-linear", double alpha = 7) =>
        LoraAdapter.Attach(model, new LoraConfig { R = 5, LoraAlpha = alpha, LoraDropout = dropout, TargetModules = TargetModules.Text(targets) }, seed: 3);

    /// <summary>Token ids 3 and above that depend on the seed alone.</summary>
    public int[] Ids(int length, int seed) => [.. Devices.Noise(length, seed).Select(x => 3 + (int)((x + 1) / 2 * (Vocabulary - 3)))];

    /// <summary>Prompts and completions, whose examples have <paramref name="lengths"/> tokens, EOS with them.</summary>
    public ExampleSet Examples(params int[] lengths)
    {
        string Text(int length, int seed) => new([.. Ids(length, seed).Select(id => (char)id)]);
        var encoder = new ExampleEncoder(new Vocabulary(text => [.. text.Select(c => (int)c)], null, 2, AddsBos: false), new TrainConfig { MaxSeqLength = 4096 });
        return ExampleSet.Of([.. lengths.Select((length, i) =>
        {
            var made = encoder.Encode(new TextDraft(Text(length / 3, 40 + i), "", Text(length - 1 - length / 3, 70 + i)), "memory");
            return new Example(i, $"memory:{i + 1}", made.Ids, [.. made.Ids.Zip(made.Trained, (id, trained) => trained ? id : Example.Ignored)]);
        })]);
    }

    /// <summary>Logits [tokens, V] of a batch of token ids, without dropout.</summary>
    public static float[] Logits(Decoder model, TokenBatch batch)
    {
        using var tape = new Tape(model.Device, records: false);
        return model.Logits(tape, model.Forward(tape, batch)).Data.ToArray();
    }

    public void Dispose() => scratch.Dispose();
}
