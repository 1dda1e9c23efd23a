using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>
/// A model of a few layers with random weights for each family that is built from its definition, and what it computes,
/// in plain doubles.
/// </summary>
static partial class TinyFamily
{
    /// <param name="Config">Its config.json, without what <see cref="Usual"/> gives all.</param>
    /// <param name="Logits">Logits [T, V] of T ids.</param>
    public sealed record Case(string Config, Func<Plain, int[], double[][]> Logits);

    public static IReadOnlyDictionary<string, Case> All { get; } = new Dictionary<string, Case>
    {
        ["gemma2"] = Gemma2,
        ["gemma3"] = Gemma3,
        ["olmo2"] = Olmo2,
        ["granite"] = Granite,
        ["smollm3"] = SmolLm3,
        ["phi3"] = Phi3,
        ["neox"] = NeoX(parallel: true),
        ["neox-sequential"] = NeoX(parallel: false),
        ["phi"] = Phi,
        ["gpt2"] = Gpt2,
        ["gpt-neo"] = GptNeo,
        ["mixtral"] = Mixtral,
        ["qwen3-moe"] = Qwen3Moe,
    };

    public static TheoryData<string> Names => [.. All.Keys];

    public const int Vocabulary = 40, Width = 24, Inner = 28;

    const string Usual = """
        "vocab_size": 40, "hidden_size": 24, "intermediate_size": 28, "max_position_embeddings": 64, "initializer_range": 0.25
        """;

    /// <summary>Writes config.json and weights into <paramref name="folder"/>, norms and biases with noise of their own.</summary>
    public static void Write(string name, string folder)
    {
        Directory.CreateDirectory(folder);
        var seed = Path.Combine(folder, "seed");
        Directory.CreateDirectory(seed);
        File.WriteAllText(Path.Combine(seed, "config.json"), JsonNode.Parse($"{{{Usual}, {All[name].Config}}}")!.ToJsonString());
        using var device = Device.Open("cpu", 1);
        using var model = Pretrained.Random(device, seed, 5);
        foreach (var vector in model.Parameters.Where(p => model.ShapeOf(p).Length == 1))
            vector.Data.CopyFrom([.. vector.Data.ToArray().Zip(Devices.Noise((int)vector.Data.Length, vector.Name.Length), (v, noise) => v + 0.3f * noise)]);
        ModelFolder.Save(model, seed, Path.Combine(folder, "model"));
        Directory.Delete(seed, recursive: true);
    }

    public static int[] Ids(int length, int seed) => [.. Devices.Noise(length, seed).Select(x => (int)((x + 1) / 2 * Vocabulary))];

    static string Layer(int i) => $"model.layers.{i}";

    /// <summary>down(f(gate(x))·up(x)).</summary>
    static double[][] Mlp(Plain w, double[][] x, string name, Func<double, double> f, string gate = "gate_proj", string up = "up_proj", string down = "down_proj") =>
        w.Linear(Plain.Times(Plain.Each(w.Linear(x, $"{name}.{gate}"), f), w.Linear(x, $"{name}.{up}")), $"{name}.{down}");

    static double[][] Head(Plain w, double[][] x, string embedding) => Plain.Map(x, row => [.. w.Matrix($"{embedding}.weight").Select(e => e.Zip(row, (a, b) => a * b).Sum())]);

    static Case Gemma2 => new("""
        "architectures": ["Gemma2ForCausalLM"], "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6,
        "sliding_window": 4, "query_pre_attn_scalar": 10, "attn_logit_softcapping": 3.0, "final_logit_softcapping": 4.0, "hidden_act": "relu"
        """, (w, ids) =>
    {
        var x = Plain.Each(w.Rows("model.embed_tokens", ids), v => v * Math.Sqrt(Width));
        for (var i = 0; i < 3; i++)
        {
            var h = w.Rms(x, $"{Layer(i)}.input_layernorm", 1e-6, 1);
            var q = Plain.Heads(w.Linear(h, $"{Layer(i)}.self_attn.q_proj"), 6, head => Plain.Turn(head, 10000));
            var k = Plain.Heads(w.Linear(h, $"{Layer(i)}.self_attn.k_proj"), 6, head => Plain.Turn(head, 10000));
            var v = w.Linear(h, $"{Layer(i)}.self_attn.v_proj");
            var a = w.Linear(Plain.Attend(q, k, v, 6, Math.Pow(10, -0.5), i % 2 == 0 ? 4 : int.MaxValue, 3), $"{Layer(i)}.self_attn.o_proj");
            x = Plain.Add(x, w.Rms(a, $"{Layer(i)}.post_attention_layernorm", 1e-6, 1));
            var m = Mlp(w, w.Rms(x, $"{Layer(i)}.pre_feedforward_layernorm", 1e-6, 1), $"{Layer(i)}.mlp", Plain.GeluTanh);
            x = Plain.Add(x, w.Rms(m, $"{Layer(i)}.post_feedforward_layernorm", 1e-6, 1));
        }
        return Plain.Each(Head(w, w.Rms(x, "model.norm", 1e-6, 1), "model.embed_tokens"), l => 4 * Math.Tanh(l / 4));
    });

    static Case Gemma3 => new("""
        "architectures": ["Gemma3ForCausalLM"], "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 8,
        "sliding_window": 3, "query_pre_attn_scalar": 12, "sliding_window_pattern": 3, "rope_local_base_freq": 100.0, "rope_theta": 5000.0,
        "rope_scaling": {"rope_type": "linear", "factor": 8.0}
        """, (w, ids) =>
    {
        var x = Plain.Each(w.Rows("model.embed_tokens", ids), v => v * Math.Sqrt(Width));
        for (var i = 0; i < 4; i++)
        {
            var global = i == 2;
            var h = w.Rms(x, $"{Layer(i)}.input_layernorm", 1e-6, 1);
            double[][] Place(string part, string norm) => Plain.Heads(w.Linear(h, $"{Layer(i)}.self_attn.{part}"), 8, head =>
            {
                head = w.Rms(head, $"{Layer(i)}.self_attn.{norm}", 1e-6, 1);
                return global ? Plain.Turn(head, 5000, divisor: 8) : Plain.Turn(head, 100);
            });
            var attended = Plain.Attend(Place("q_proj", "q_norm"), Place("k_proj", "k_norm"), w.Linear(h, $"{Layer(i)}.self_attn.v_proj"), 8, Math.Pow(12, -0.5), global ? int.MaxValue : 3);
            x = Plain.Add(x, w.Rms(w.Linear(attended, $"{Layer(i)}.self_attn.o_proj"), $"{Layer(i)}.post_attention_layernorm", 1e-6, 1));
            var m = Mlp(w, w.Rms(x, $"{Layer(i)}.pre_feedforward_layernorm", 1e-6, 1), $"{Layer(i)}.mlp", Plain.GeluTanh);
            x = Plain.Add(x, w.Rms(m, $"{Layer(i)}.post_feedforward_layernorm", 1e-6, 1));
        }
        return Head(w, w.Rms(x, "model.norm", 1e-6, 1), "model.embed_tokens");
    });

    static Case Olmo2 => new("""
        "architectures": ["Olmo2ForCausalLM"], "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "rope_theta": 500000.0,
        "rms_norm_eps": 1e-3
        """, (w, ids) =>
    {
        var x = w.Rows("model.embed_tokens", ids);
        for (var i = 0; i < 2; i++)
        {
            double[][] Place(string part, string norm) =>
                Plain.Heads(w.Rms(w.Linear(x, $"{Layer(i)}.self_attn.{part}"), $"{Layer(i)}.self_attn.{norm}", 1e-3), 6, head => Plain.Turn(head, 500000));
            var a = w.Linear(Plain.Attend(Place("q_proj", "q_norm"), Place("k_proj", "k_norm"), w.Linear(x, $"{Layer(i)}.self_attn.v_proj"), 6, Math.Pow(6, -0.5)), $"{Layer(i)}.self_attn.o_proj");
            x = Plain.Add(x, w.Rms(a, $"{Layer(i)}.post_attention_layernorm", 1e-3));
            x = Plain.Add(x, w.Rms(Mlp(w, x, $"{Layer(i)}.mlp", Plain.Silu), $"{Layer(i)}.post_feedforward_layernorm", 1e-3));
        }
        return w.Linear(w.Rms(x, "model.norm", 1e-3), "lm_head");
    });

    static Case Granite => new("""
        "architectures": ["GraniteForCausalLM"], "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": true,
        "embedding_multiplier": 3.0, "attention_multiplier": 0.3, "residual_multiplier": 0.4, "logits_scaling": 2.5
        """, (w, ids) =>
    {
        var x = Plain.Each(w.Rows("model.embed_tokens", ids), v => 3 * v);
        for (var i = 0; i < 2; i++)
        {
            var h = w.Rms(x, $"{Layer(i)}.input_layernorm", 1e-6);
            x = Plain.Add(x, w.Linear(Llamas(w, h, i, 6, 0.3, 10000), $"{Layer(i)}.self_attn.o_proj"), 0.4);
            x = Plain.Add(x, Mlp(w, w.Rms(x, $"{Layer(i)}.post_attention_layernorm", 1e-6), $"{Layer(i)}.mlp", Plain.Silu), 0.4);
        }
        return Plain.Each(Head(w, w.Rms(x, "model.norm", 1e-6), "model.embed_tokens"), l => l / 2.5);
    });

    /// <summary>q, k and v of Llama, turned by <paramref name="theta"/> unless it is 0, and attention over them.</summary>
    static double[][] Llamas(Plain w, double[][] h, int layer, int size, double scale, double theta, int window = int.MaxValue)
    {
        double[][] Place(string part) => Plain.Heads(w.Linear(h, $"{Layer(layer)}.self_attn.{part}"), size, head => theta == 0 ? head : Plain.Turn(head, theta));
        return Plain.Attend(Place("q_proj"), Place("k_proj"), w.Linear(h, $"{Layer(layer)}.self_attn.v_proj"), size, scale, window);
    }

    static Case SmolLm3 => new("""
        "architectures": ["SmolLM3ForCausalLM"], "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
        "no_rope_layer_interval": 2, "use_sliding_window": true, "sliding_window": 5, "attention_bias": true, "mlp_bias": true
        """, (w, ids) =>
    {
        var x = w.Rows("model.embed_tokens", ids);
        for (var i = 0; i < 3; i++)
        {
            var h = w.Rms(x, $"{Layer(i)}.input_layernorm", 1e-6);
            x = Plain.Add(x, w.Linear(Llamas(w, h, i, 6, Math.Pow(6, -0.5), i == 1 ? 0 : 2e6, i == 1 ? 5 : int.MaxValue), $"{Layer(i)}.self_attn.o_proj"));
            x = Plain.Add(x, Mlp(w, w.Rms(x, $"{Layer(i)}.post_attention_layernorm", 1e-6), $"{Layer(i)}.mlp", Plain.Silu));
        }
        return Head(w, w.Rms(x, "model.norm", 1e-6), "model.embed_tokens");
    });
}
