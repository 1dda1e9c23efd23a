using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>Frequencies of every type against those of Transformers (tests/Golden/rope), read from a config.json in both spellings.</summary>
public sealed class RopeTests : IDisposable
{
    readonly ScratchFolder scratch = new();

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var data = new TheoryData<string, bool>();
            using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden.Folder("rope"), "manifest.json")));
            foreach (var item in manifest.RootElement.GetProperty("cases").EnumerateObject())
            {
                data.Add(item.Name, false);
                data.Add(item.Name, true);
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Frequencies_and_attention_scaling_equal_those_of_Transformers(string name, bool five)
    {
        var item = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden.Folder("rope"), "manifest.json")))!["cases"]![name]!;
        var config = item["config"]!.DeepClone().AsObject();
        config["architectures"] = new JsonArray("LlamaForCausalLM");
        (config["vocab_size"], config["intermediate_size"]) = (10, 10);
        var scaling = item["rope_scaling"]?.DeepClone().AsObject();
        if (five)
        {
            scaling ??= new JsonObject { ["rope_type"] = "default" };
            foreach (var key in (string[])["rope_theta", "partial_rotary_factor"])
                if (config.ContainsKey(key))
                {
                    scaling[key] = config[key]!.DeepClone();
                    config.Remove(key);
                }
            config["rope_parameters"] = scaling;
        }
        else
            config["rope_scaling"] = scaling;
        File.WriteAllText(scratch.File("config.json"), config.ToJsonString());
        var rope = PureLora.Families.Read(scratch.Path).Layer(0).Rope!;
        using var file = SafetensorsFile.Open(Path.Combine(Golden.Folder("rope"), "rope.safetensors"));
        var expected = file.ReadFloats($"{name}/inv_freq");
        var actual = rope.Frequencies((int?)item["seq_len"] ?? 1);
        Assert.Equal(expected.Length, actual.Length);
        for (var j = 0; j < expected.Length; j++)
            Assert.Equal(1.0, actual[j] / expected[j], 1e-6);
        Assert.Equal((double)item["attention_scaling"]!, rope.AttentionScaling, 1e-12);
    }

    /// <summary>Magnitudes are 0.1 m ln 4 + 1.</summary>
    [Theory]
    [InlineData("\"mscale\": 0.5, \"mscale_all_dim\": 2.0", 16.0 / 4, 1.0693147180559945 / 1.2772588722239782)]
    [InlineData("\"mscale\": 0.5", 16.0 / 4, 1.1386294361119891)]
    [InlineData("\"attention_factor\": 0.75, \"mscale\": 0.5, \"mscale_all_dim\": 2.0", 16.0 / 4, 0.75)]
    public void Yarn_takes_its_scaling_from_two_magnitudes_or_from_one(string keys, double factor, double scaling)
    {
        var rope = Read($"{{\"rope_type\": \"yarn\", \"factor\": {factor}, \"original_max_position_embeddings\": 32, {keys}}}");
        Assert.Equal(scaling, rope.AttentionScaling, 1e-12);
    }

    [Fact]
    public void Yarn_without_truncation_has_a_ramp_between_fractions()
    {
        var rope = Read("""{"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 32, "truncate": false}""");
        double Pair(double turns) => 16 * Math.Log(32 / (turns * 2 * Math.PI)) / (2 * Math.Log(10000));
        var (low, high) = (Math.Max(Pair(32), 0), Math.Min(Pair(1), 15));
        for (var j = 0; j < 8; j++)
        {
            var plain = Math.Pow(10000, -2.0 * j / 16);
            var divided = Math.Clamp((j - low) / (high - low), 0, 1);
            Assert.Equal(1, rope.Frequencies(1)[j] / (plain / 4 * divided + plain * (1 - divided)), 1e-6);
        }
        Assert.NotEqual(Read("""{"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 32}""").Frequencies(1)[1], rope.Frequencies(1)[1]);
    }

    [Theory]
    [InlineData("""{"type": "linear", "factor": 4}""", 512)]
    [InlineData("""{"type": "dynamic", "factor": 4}""", 512)]
    [InlineData("""{"type": "yarn", "factor": 8, "original_max_position_embeddings": 32}""", 256)]
    [InlineData("""{"type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 64}""", 128)]
    public void The_longest_sequence_follows_the_scaling(string scaling, int positions)
    {
        Read(scaling);
        Assert.Equal(positions, PureLora.Families.Read(scratch.Path).MaxPositions);
    }

    [Theory]
    [InlineData("""{"rope_type": "mrope"}""", "rope_scaling: rope_type is mrope, which is not supported yet; supported: default, linear, dynamic, llama3, yarn, longrope. Use another model.")]
    [InlineData("""{"type": "linear"}""", "rope_scaling: factor is missing, but the model needs it. Download the file again, or add the key.")]
    [InlineData("""{"type": "linear", "factor": 0}""", "rope_scaling: factor is 0, but the model needs a finite number above 0. Correct the file, or use another model.")]
    [InlineData("""{"type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4}""", "rope_scaling: high_freq_factor is 4, but the model needs more than low_freq_factor, 4. Correct the file, or use another model.")]
    [InlineData("""{"type": "longrope", "short_factor": [1, 1], "long_factor": [1, 2]}""", "rope_scaling: short_factor is [1, 1], but the model needs a list of 8 numbers above 0. Correct the file, or use another model.")]
    [InlineData("""{"type": "default", "partial_rotary_factor": 0.2}""", "partial_rotary_factor is 0.2, but the model needs an even number of the 16 features of a head, since rotary positions turn pairs. Correct the file, or use another model.")]
    [InlineData("""{"type": "linear", "factor": 1e-300}""", "rope_scaling: rope_type is linear with a base of 10000, but the model needs settings whose frequencies are finite numbers. Correct the file, or use another model.")]
    public void A_setting_that_makes_no_rotation_is_an_error(string scaling, string message) =>
        Assert.Equal($"{scratch.File("config.json")}: {message}", Assert.Throws<PureLoraException>(() => Read(scaling)).Message);

    Rope Read(string scaling)
    {
        File.WriteAllText(scratch.File("config.json"), $$"""
            {
              "architectures": ["LlamaForCausalLM"], "vocab_size": 10, "hidden_size": 64, "intermediate_size": 10, "num_hidden_layers": 1,
              "num_attention_heads": 4, "max_position_embeddings": 128, "rope_scaling": {{scaling}}
            }
            """);
        return PureLora.Families.Read(scratch.Path).Layer(0).Rope!;
    }

    public void Dispose() => scratch.Dispose();
}
