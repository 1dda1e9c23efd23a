namespace PureLora.Tests;

/// <remarks>Families with products that are fused, and mixtures of experts.</remarks>
static partial class TinyFamily
{
    static Case Phi3 => new("""
        "architectures": ["Phi3ForCausalLM"], "num_hidden_layers": 2, "num_attention_heads": 3, "num_key_value_heads": 1, "partial_rotary_factor": 0.5,
        "sliding_window": 7, "original_max_position_embeddings": 16, "tie_word_embeddings": true,
        "rope_scaling": {"type": "su", "short_factor": [1.5, 2.0], "long_factor": [3.0, 5.0]}
        """, (w, ids) =>
    {
        // Heads of 8, of which 4 turn: two pairs with a divisor each, another set beyond 16 tokens.
        double[] divisors = ids.Length > 16 ? [3, 5] : [1.5, 2];
        var magnitude = Math.Sqrt(1 + Math.Log(64.0 / 16) / Math.Log(16));
        double[][] Turn(double[][] head) => [.. head.Select((row, t) =>
        {
            var y = row.ToArray();
            for (var j = 0; j < 2; j++)
            {
                var angle = t * Math.Pow(10000, -j / 2.0) / divisors[j];
                y[j] = magnitude * (row[j] * Math.Cos(angle) - row[j + 2] * Math.Sin(angle));
                y[j + 2] = magnitude * (row[j + 2] * Math.Cos(angle) + row[j] * Math.Sin(angle));
            }
            return y;
        })];
        var x = w.Rows("model.embed_tokens", ids);
        for (var i = 0; i < 2; i++)
        {
            var fused = w.Linear(w.Rms(x, $"{Layer(i)}.input_layernorm", 1e-5), $"{Layer(i)}.self_attn.qkv_proj");
            double[][] q = Plain.Map(fused, row => row[..24]), k = Plain.Map(fused, row => row[24..32]), v = Plain.Map(fused, row => row[32..]);
            x = Plain.Add(x, w.Linear(Plain.Attend(Plain.Heads(q, 8, Turn), Turn(k), v, 8, Math.Pow(8, -0.5), 7), $"{Layer(i)}.self_attn.o_proj"));
            var both = w.Linear(w.Rms(x, $"{Layer(i)}.post_attention_layernorm", 1e-5), $"{Layer(i)}.mlp.gate_up_proj");
            x = Plain.Add(x, w.Linear(Plain.Map(both, row => [.. row[..Inner].Zip(row[Inner..], (g, u) => Plain.Silu(g) * u)]), $"{Layer(i)}.mlp.down_proj"));
        }
        return Head(w, w.Rms(x, "model.norm", 1e-5), "model.embed_tokens");
    });

    static Case NeoX(bool parallel) => new($$"""
        "architectures": ["GPTNeoXForCausalLM"], "num_hidden_layers": 2, "num_attention_heads": 3, "rotary_pct": 0.5, "rotary_emb_base": 1000,
        "use_parallel_residual": {{(parallel ? "true" : "false")}}, "layer_norm_eps": 1e-3
        """, (w, ids) =>
    {
        var x = w.Rows("gpt_neox.embed_in", ids);
        for (var i = 0; i < 2; i++)
        {
            var name = $"gpt_neox.layers.{i}";
            var fused = w.Linear(w.LayerNorm(x, $"{name}.input_layernorm", 1e-3), $"{name}.attention.query_key_value");
            // [q, k, v] of 8 for each of three heads.
            double[][] Part(int part) => Plain.Map(fused, row => [.. Enumerable.Range(0, 3).SelectMany(h => row[(h * 24 + part * 8)..(h * 24 + part * 8 + 8)])]);
            double[][] Turn(double[][] all) => Plain.Heads(all, 8, head => Plain.Turn(head, 1000, turning: 4));
            var a = w.Linear(Plain.Attend(Turn(Part(0)), Turn(Part(1)), Part(2), 8, Math.Pow(8, -0.5)), $"{name}.attention.dense");
            var between = Plain.Add(x, a);
            var h = w.LayerNorm(parallel ? x : between, $"{name}.post_attention_layernorm", 1e-3);
            x = Plain.Add(between, w.Linear(Plain.Each(w.Linear(h, $"{name}.mlp.dense_h_to_4h"), Plain.Gelu), $"{name}.mlp.dense_4h_to_h"));
        }
        return w.Linear(w.LayerNorm(x, "gpt_neox.final_layer_norm", 1e-3), "embed_out");
    });

    static Case Gpt2 => new("""
        "architectures": ["GPT2LMHeadModel"], "n_layer": 2, "n_head": 4, "n_embd": 24, "n_inner": 28, "n_positions": 64,
        "scale_attn_by_inverse_layer_idx": true, "activation_function": "gelu"
        """, (w, ids) =>
    {
        var x = Plain.Add(w.Rows("transformer.wte", ids), w.Rows("transformer.wpe", Enumerable.Range(0, ids.Length)));
        for (var i = 0; i < 2; i++)
        {
            var name = $"transformer.h.{i}";
            var fused = w.Conv(w.LayerNorm(x, $"{name}.ln_1", 1e-5), $"{name}.attn.c_attn");
            double[][] q = Plain.Map(fused, row => row[..24]), k = Plain.Map(fused, row => row[24..48]), v = Plain.Map(fused, row => row[48..]);
            x = Plain.Add(x, w.Conv(Plain.Attend(q, k, v, 6, Math.Pow(6, -0.5) / (i + 1)), $"{name}.attn.c_proj"));
            x = Plain.Add(x, w.Conv(Plain.Each(w.Conv(w.LayerNorm(x, $"{name}.ln_2", 1e-5), $"{name}.mlp.c_fc"), Plain.Gelu), $"{name}.mlp.c_proj"));
        }
        return Head(w, w.LayerNorm(x, "transformer.ln_f", 1e-5), "transformer.wte");
    });

    static Case Phi => new("""
        "architectures": ["PhiForCausalLM"], "num_hidden_layers": 2, "num_attention_heads": 3, "num_key_value_heads": 1
        """, (w, ids) =>
    {
        var x = w.Rows("model.embed_tokens", ids);
        for (var i = 0; i < 2; i++)
        {
            var h = w.LayerNorm(x, $"{Layer(i)}.input_layernorm", 1e-5);
            double[][] Place(string part) => Plain.Heads(w.Linear(h, $"{Layer(i)}.self_attn.{part}"), 8, head => Plain.Turn(head, 10000, turning: 4));
            var a = w.Linear(Plain.Attend(Place("q_proj"), Place("k_proj"), w.Linear(h, $"{Layer(i)}.self_attn.v_proj"), 8, Math.Pow(8, -0.5)), $"{Layer(i)}.self_attn.dense");
            var m = w.Linear(Plain.Each(w.Linear(h, $"{Layer(i)}.mlp.fc1"), Plain.GeluTanh), $"{Layer(i)}.mlp.fc2");
            x = Plain.Add(x, Plain.Add(a, m));
        }
        return w.Linear(w.LayerNorm(x, "model.final_layernorm", 1e-5), "lm_head");
    });

    static Case GptNeo => new("""
        "architectures": ["GPTNeoForCausalLM"], "num_layers": 3, "num_heads": 4, "attention_types": [[["global"], 1], [["local"], 2]], "window_size": 4
        """, (w, ids) =>
    {
        var x = Plain.Add(w.Rows("transformer.wte", ids), w.Rows("transformer.wpe", Enumerable.Range(0, ids.Length)));
        for (var i = 0; i < 3; i++)
        {
            var name = $"transformer.h.{i}";
            var h = w.LayerNorm(x, $"{name}.ln_1", 1e-5);
            double[][] Part(string part) => w.Linear(h, $"{name}.attn.attention.{part}");
            x = Plain.Add(x, w.Linear(Plain.Attend(Part("q_proj"), Part("k_proj"), Part("v_proj"), 6, 1, i == 0 ? int.MaxValue : 4), $"{name}.attn.attention.out_proj"));
            x = Plain.Add(x, w.Linear(Plain.Each(w.Linear(w.LayerNorm(x, $"{name}.ln_2", 1e-5), $"{name}.mlp.c_fc"), Plain.GeluTanh), $"{name}.mlp.c_proj"));
        }
        return Head(w, w.LayerNorm(x, "transformer.ln_f", 1e-5), "transformer.wte");
    });

    static Case Mixtral => new("""
        "architectures": ["MixtralForCausalLM"], "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "num_local_experts": 4,
        "num_experts_per_tok": 2, "rope_theta": 1000000.0, "sliding_window": null
        """, (w, ids) =>
    {
        var x = w.Rows("model.embed_tokens", ids);
        for (var i = 0; i < 2; i++)
        {
            x = Plain.Add(x, w.Linear(Llamas(w, w.Rms(x, $"{Layer(i)}.input_layernorm", 1e-5), i, 6, Math.Pow(6, -0.5), 1e6), $"{Layer(i)}.self_attn.o_proj"));
            x = Plain.Add(x, Mixture(w, w.Rms(x, $"{Layer(i)}.post_attention_layernorm", 1e-5), $"{Layer(i)}.block_sparse_moe", 2, true, "w1", "w3", "w2"));
        }
        return w.Linear(w.Rms(x, "model.norm", 1e-5), "lm_head");
    });

    static Case Qwen3Moe => new("""
        "architectures": ["Qwen3MoeForCausalLM"], "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
        "num_experts": 5, "num_experts_per_tok": 3, "moe_intermediate_size": 10, "decoder_sparse_step": 2, "mlp_only_layers": [3]
        """, (w, ids) =>
    {
        var x = w.Rows("model.embed_tokens", ids);
        for (var i = 0; i < 4; i++)
        {
            var h = w.Rms(x, $"{Layer(i)}.input_layernorm", 1e-6);
            double[][] Place(string part, string norm) => Plain.Heads(w.Linear(h, $"{Layer(i)}.self_attn.{part}"), 8, head => Plain.Turn(w.Rms(head, $"{Layer(i)}.self_attn.{norm}", 1e-6), 10000));
            var a = Plain.Attend(Place("q_proj", "q_norm"), Place("k_proj", "k_norm"), w.Linear(h, $"{Layer(i)}.self_attn.v_proj"), 8, Math.Pow(8, -0.5));
            x = Plain.Add(x, w.Linear(a, $"{Layer(i)}.self_attn.o_proj"));
            h = w.Rms(x, $"{Layer(i)}.post_attention_layernorm", 1e-6);
            x = Plain.Add(x, i == 1 ? Mixture(w, h, $"{Layer(i)}.mlp", 3, false) : Mlp(w, h, $"{Layer(i)}.mlp", Plain.Silu));
        }
        return w.Linear(w.Rms(x, "model.norm", 1e-6), "lm_head");
    });

    /// <summary>For each token the likeliest experts, weighted by their probabilities, which may be divided by their sum.</summary>
    static double[][] Mixture(Plain w, double[][] x, string name, int chosen, bool normalizes, string gate = "gate_proj", string up = "up_proj", string down = "down_proj") =>
        Plain.Map(x, row =>
        {
            var shares = Plain.Softmax(w.Linear([row], $"{name}.gate")[0]);
            var best = Enumerable.Range(0, shares.Length).OrderByDescending(e => shares[e]).Take(chosen).ToArray();
            var sum = normalizes ? best.Sum(e => shares[e]) : 1;
            var y = new double[row.Length];
            foreach (var e in best)
                y = [.. y.Zip(Mlp(w, [row], $"{name}.experts.{e}", Plain.Silu, gate, up, down)[0], (a, b) => a + shares[e] / sum * b)];
            return y;
        });
}
