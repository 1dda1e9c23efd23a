namespace PureLora.Tests;

/// <summary>What each family takes for a missing key, by its configuration class in Transformers, and what a null means.</summary>
public sealed class ConfigTests : IDisposable
{
    const string Sizes = "\"vocab_size\": 40, \"hidden_size\": 32, \"intermediate_size\": 48, \"num_hidden_layers\": 8, \"num_attention_heads\": 16";

    readonly ScratchFolder scratch = new();

    ModelConfig Read(string architecture, string keys = "")
    {
        File.WriteAllText(scratch.File("config.json"), $"{{\"architectures\": [\"{architecture}\"], {Sizes}{(keys.Length > 0 ? ", " : "")}{keys}}}");
        return PureLora.Families.Read(scratch.Path);
    }

    [Theory]
    [InlineData("LlamaForCausalLM", 16, 2, 1e-6, 2048, 1e4, null)]
    [InlineData("SmolLM3ForCausalLM", 4, 2, 1e-6, 32768, 2e6, true)]
    [InlineData("MistralForCausalLM", 8, 2, 1e-6, 131072, 1e4, null)]
    [InlineData("MixtralForCausalLM", 8, 2, 1e-5, 131072, 1e6, null)]
    [InlineData("Qwen3MoeForCausalLM", 4, 2, 1e-6, 32768, 1e4, null)]
    [InlineData("GemmaForCausalLM", 16, 256, 1e-6, 8192, 1e4, true)]
    [InlineData("Gemma2ForCausalLM", 4, 256, 1e-6, 8192, 1e4, true)]
    [InlineData("Gemma3ForCausalLM", 4, 256, 1e-6, 131072, 1e4, true)]
    [InlineData("Phi3ForCausalLM", 16, 2, 1e-5, 4096, 1e4, null)]
    [InlineData("Olmo2ForCausalLM", 16, 2, 1e-5, 2048, 1e4, null)]
    [InlineData("GraniteForCausalLM", 16, 2, 1e-6, 2048, 1e4, null)]
    public void Missing_keys_are_what_the_configuration_class_has(string architecture, int keyHeads, int headSize, double epsilon, int positions, double theta, bool? tied)
    {
        var config = Read(architecture);
        Assert.Equal((keyHeads, headSize, epsilon, positions, theta, tied), (config.KeyHeads, config.HeadSize, config.Norm.Epsilon, config.MaxPositions, config.Layer(0).Rope!.Theta, config.TiedHead));
        Assert.Equal("default", config.Layer(0).Rope!.Type);
    }

    [Theory]
    [InlineData("Qwen2ForCausalLM", 2)]
    [InlineData("Qwen3ForCausalLM", 128)]
    public void Qwen_has_32_key_heads_where_none_are_named(string architecture, int headSize)
    {
        Assert.Equal("num_key_value_heads is 32, but the model needs a divisor of num_attention_heads, 16. Correct the file, or use another model.",
            Assert.Throws<PureLoraException>(() => Read(architecture)).Message[(scratch.File("config.json").Length + 2)..]);
        Assert.Equal((16, headSize), (Read(architecture, "\"num_key_value_heads\": null").KeyHeads, Read(architecture, "\"num_key_value_heads\": null").HeadSize));
    }

    [Fact]
    public void A_null_switches_off_what_a_missing_key_leaves_on()
    {
        Assert.Equal(4096, Read("MistralForCausalLM").Layer(0).Window);
        Assert.Null(Read("MistralForCausalLM", "\"sliding_window\": null").Layer(0).Window);
        Assert.Equal((50.0, 30.0), (Read("Gemma2ForCausalLM").AttentionSoftCap, Read("Gemma2ForCausalLM").LogitSoftCap));
        var off = Read("Gemma2ForCausalLM", "\"attn_logit_softcapping\": null, \"final_logit_softcapping\": null");
        Assert.Equal((null, null), (off.AttentionSoftCap, off.LogitSoftCap));
    }

    [Fact]
    public void Windows_are_where_the_family_has_them()
    {
        int?[] Windows(string architecture, string keys = "") => [.. Enumerable.Range(0, 8).Select(Read(architecture, keys).Layer).Select(layer => layer.Window)];
        const string types = "\"layer_types\": [\"full_attention\", \"sliding_attention\", \"full_attention\", \"full_attention\", \"full_attention\", \"full_attention\", \"full_attention\", \"full_attention\"]";
        Assert.Equal([4096, null, 4096, null, 4096, null, 4096, null], Windows("Gemma2ForCausalLM"));
        Assert.Equal([512, 512, 512, 512, 512, null, 512, 512], Windows("Gemma3ForCausalLM", "\"sliding_window\": 512"));
        Assert.Equal([512, 512, null, 512, 512, null, 512, 512], Windows("Gemma3ForCausalLM", "\"sliding_window\": 512, \"sliding_window_pattern\": 3"));
        Assert.Equal([null, 9, null, null, null, null, null, null], Windows("Gemma3ForCausalLM", $"\"sliding_window\": 9, {types}"));
        Assert.All(Windows("Qwen2ForCausalLM", "\"num_key_value_heads\": 4, \"sliding_window\": 9, \"max_window_layers\": 6"), Assert.Null);
        Assert.Equal([null, null, null, null, null, null, 9, 9], Windows("Qwen2ForCausalLM", "\"num_key_value_heads\": 4, \"use_sliding_window\": true, \"sliding_window\": 9, \"max_window_layers\": 6"));
        Assert.Equal([null, 9, null, null, null, null, null, null], Windows("Qwen3ForCausalLM", $"\"num_key_value_heads\": 4, \"use_sliding_window\": true, \"sliding_window\": 9, {types}"));
        Assert.All(Windows("Qwen3MoeForCausalLM", "\"use_sliding_window\": true, \"sliding_window\": 9"), window => Assert.Equal(9, window));
        Assert.All(Windows("Phi3ForCausalLM", "\"sliding_window\": 9"), window => Assert.Equal(9, window));
        Assert.Equal([null, null, null, 9, null, null, null, 9], Windows("SmolLM3ForCausalLM", "\"use_sliding_window\": true, \"sliding_window\": 9"));
        Assert.All(Windows("LlamaForCausalLM", "\"sliding_window\": 9"), Assert.Null);
    }

    [Fact]
    public void Layers_of_smollm3_without_positions_are_listed_or_every_fourth()
    {
        bool[] Turns(string keys) => [.. Enumerable.Range(0, 8).Select(Read("SmolLM3ForCausalLM", keys).Layer).Select(layer => layer.Rope is not null)];
        Assert.Equal([true, true, true, false, true, true, true, false], Turns(""));
        Assert.Equal([true, false, true, false, true, false, true, false], Turns("\"no_rope_layer_interval\": 2"));
        Assert.Equal([false, true, true, true, true, true, true, false], Turns("\"no_rope_layers\": [0, 1, 1, 1, 1, 1, 1, 0, 0]"));
        Assert.EndsWith("no_rope_layers is a list of 2, but the model needs a 1 or a 0 for each of num_hidden_layers, 8. Correct the file, or use another model.",
            Assert.Throws<PureLoraException>(() => Turns("\"no_rope_layers\": [0, 1]")).Message);
    }

    [Fact]
    public void Gemma_3_has_a_base_for_each_type_of_layer_in_both_spellings()
    {
        var four = Read("Gemma3ForCausalLM", "\"rope_theta\": 5e5, \"rope_local_base_freq\": 2e4, \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 8.0}");
        var five = Read("Gemma3ForCausalLM", """
            "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 5e5}, "sliding_attention": {"rope_type": "default", "rope_theta": 2e4}}
            """);
        foreach (var config in (ModelConfig[])[four, five])
        {
            Assert.Equal(new LinearRope(5e5, 256, 8), config.Layer(5).Rope);
            Assert.Equal(new Rope(2e4, 256), config.Layer(0).Rope);
            Assert.Equal(131072, config.MaxPositions);
        }
        Assert.Equal((1e6, 1e4), (Read("Gemma3ForCausalLM").Layer(5).Rope!.Theta, Read("Gemma3ForCausalLM").Layer(0).Rope!.Theta));
    }

    [Theory]
    [InlineData("GemmaForCausalLM", "", Activation.GeluTanh)]
    [InlineData("GemmaForCausalLM", "\"hidden_act\": \"gelu\"", Activation.GeluTanh)]
    [InlineData("GemmaForCausalLM", "\"hidden_act\": \"gelu\", \"hidden_activation\": null", Activation.GeluTanh)]
    [InlineData("GemmaForCausalLM", "\"hidden_act\": \"gelu_pytorch_tanh\", \"hidden_activation\": \"gelu\"", Activation.Gelu)]
    [InlineData("GemmaForCausalLM", "\"hidden_act\": \"silu\"", Activation.Silu)]
    [InlineData("Gemma2ForCausalLM", "\"hidden_act\": \"silu\"", Activation.GeluTanh)]
    [InlineData("Gemma3ForCausalLM", "\"hidden_activation\": \"relu\"", Activation.Relu)]
    [InlineData("GPTNeoXForCausalLM", "\"rotary_pct\": 1.0", Activation.Gelu)]
    [InlineData("LlamaForCausalLM", "", Activation.Silu)]
    public void The_activation_is_the_one_that_the_family_reads(string architecture, string keys, Activation activation) =>
        Assert.Equal(activation, Read(architecture, keys).Activation);

    [Fact]
    public void Gpt_2_and_neox_have_keys_of_their_own()
    {
        File.WriteAllText(scratch.File("config.json"), """{"architectures": ["GPT2LMHeadModel"], "vocab_size": 40, "n_embd": 32, "n_layer": 2, "n_head": 4}""");
        var gpt2 = PureLora.Families.Read(scratch.Path);
        Assert.Equal((128, 1024, 1e-5, true, Activation.GeluTanh, (bool?)true), (gpt2.IntermediateSize, gpt2.MaxPositions, gpt2.Norm.Epsilon, gpt2.Norm.Centered, gpt2.Activation, gpt2.TiedHead));
        var old = Read("GPTNeoXForCausalLM", "\"rotary_pct\": 1.0, \"rotary_emb_base\": 5000");
        var five = Read("GPTNeoXForCausalLM", "\"rope_parameters\": {\"rope_theta\": 5000, \"partial_rotary_factor\": 1.0, \"rope_type\": \"default\"}");
        Assert.Equal((new Rope(5000, 2), new Rope(5000, 2)), (old.Layer(0).Rope, five.Layer(0).Rope));
        Assert.True(old.ParallelResidual && old.QueryKeyValueBias && old.OutputBias && old.MlpBias);
        Assert.False(Read("GPTNeoXForCausalLM", "\"rotary_pct\": 1.0, \"attention_bias\": false").OutputBias);
    }

    [Theory]
    [InlineData("GemmaForCausalLM", "\"use_bidirectional_attention\": true", "use_bidirectional_attention is true, which is not supported yet; supported: false. Use another model.")]
    [InlineData("MixtralForCausalLM", "\"output_router_logits\": true", "output_router_logits is true, which is not supported yet; supported: false. Use another model.")]
    [InlineData("MixtralForCausalLM", "\"router_jitter_noise\": 0.1", "router_jitter_noise is 0.1, which is not supported yet; supported: 0. Use another model.")]
    [InlineData("MixtralForCausalLM", "\"num_local_experts\": 2, \"num_experts_per_tok\": 3", "num_experts_per_tok is 3, but the model needs at most num_local_experts, 2. Correct the file, or use another model.")]
    [InlineData("Gemma2ForCausalLM", "\"layer_types\": [\"full_attention\"]", "layer_types is a list of 1, but the model needs a list of 8 names, one for each layer. Correct the file, or use another model.")]
    [InlineData("Gemma3ForCausalLM", "\"layer_types\": [\"a\", \"a\", \"a\", \"a\", \"a\", \"a\", \"a\", \"a\"]", "layer_types is a, which is not supported yet; supported: full_attention, sliding_attention. Use another model.")]
    [InlineData("GraniteForCausalLM", "\"logits_scaling\": 0", "logits_scaling is 0, but the model needs a finite number above 0. Correct the file, or use another model.")]
    [InlineData("Gemma3ForConditionalGeneration", "", "text_config is missing, but the model needs the settings of its text part. Correct the file, or use another model.")]
    [InlineData("LlamaForCausalLM", "\"head_dim\": 1000000", "head_dim is 1000000, but the model needs at most 65536. Correct the file, or use another model.")]
    public void What_cannot_be_computed_is_refused(string architecture, string keys, string message) =>
        Assert.Equal($"{scratch.File("config.json")}: {message}", Assert.Throws<PureLoraException>(() => Read(architecture, keys)).Message);

    [Fact]
    public void Every_setting_tells_where_it_came_from()
    {
        var settings = Read("LlamaForCausalLM", "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0}, \"head_dim\": null, \"some_key\": 3").Settings;
        ConfigSetting Find(string name) => settings.Single(setting => setting.Name == name);
        Assert.Equal(new("hidden_size", "32", "config.json"), Find("hidden_size"));
        Assert.Equal(new("rope_scaling.factor", "2.0", "config.json"), Find("rope_scaling.factor"));
        Assert.Equal(new("rope_theta", "10000", "default of the family"), Find("rope_theta"));
        Assert.Equal(new("head_dim", "2", "default of the family"), Find("head_dim"));
        Assert.Equal(new("rms_norm_eps", "1E-06", "default of the family"), Find("rms_norm_eps"));
        Assert.DoesNotContain(settings, setting => setting.Name == "some_key");
    }

    public void Dispose() => scratch.Dispose();
}
