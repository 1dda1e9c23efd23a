namespace PureLora.Tests;

/// <summary>
/// A model with a tokenizer and a data set, made in a scratch folder: <see cref="Base"/> has random weights,
/// <see cref="Bare"/> only its settings and its tokenizer.
/// </summary>
public sealed class TinyFolder : IDisposable
{
    readonly ScratchFolder scratch = new();

    public TinyFolder()
    {
        string[] colours = ["red", "green", "blue", "white", "black", "brown"];
        var lines = colours.SelectMany((c, i) => new[] { "cat", "dog", "bird" }.Select((a, j) => (Prompt: $"The {a} {i} is", Completion: $" {c}."))).ToArray();
        BpeTraining.Write(Bare, lines.Select(l => l.Prompt + l.Completion), 290, "</s>", "<s>", "<pad>");
        File.WriteAllText(Path.Combine(Bare, "config.json"), Settings);
        using var device = Device.Open("cpu", 1);
        using (var model = Pretrained.Random(device, Bare, seed: 1))
            ModelFolder.Save(model, Bare, Base);
        File.WriteAllLines(Train, lines.Select(l => $$"""{"prompt": "{{l.Prompt}}", "completion": "{{l.Completion}}"}"""));
        File.WriteAllLines(Eval, File.ReadLines(Train).Take(4));
    }

    // The wide initial weights keep the two best logits further apart than rounding can move them.
    const string Settings = """
        {
          "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 40, "intermediate_size": 72,
          "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 10, "vocab_size": 293,
          "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
          "tie_word_embeddings": false, "initializer_range": 0.2, "bos_token_id": 1, "eos_token_id": 0, "torch_dtype": "float32"
        }
        """;

    public string Bare => scratch.File("bare");

    public string Base => scratch.File("base");

    public string Train => scratch.File("train.jsonl");

    public string Eval => scratch.File("eval.jsonl");

    /// <summary>A short training run into <paramref name="output"/>; each of <paramref name="changes"/> is <c>key=value</c>, without a value it is left out.</summary>
    internal string[] TrainArguments(string output, params string[] changes)
    {
        var flags = new SortedDictionary<string, string>
        {
            ["model"] = Base,
            ["train-file"] = Train,
            ["eval-file"] = Eval,
            ["output-dir"] = output,
            ["max-steps"] = "3",
            ["per-device-train-batch-size"] = "2",
            ["learning-rate"] = "0.05",
            ["logging-steps"] = "1",
            ["threads"] = "1",
            ["json"] = "true",
        };
        foreach (var change in changes)
            flags[change.Split('=', 2)[0]] = change.Split('=', 2)[1];
        return ["train", .. flags.Where(f => f.Value != "").Select(f => $"--{f.Key}={f.Value}")];
    }

    public void Dispose() => scratch.Dispose();
}
