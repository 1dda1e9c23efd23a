using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>Checkpoints whose tensors have other names than the modules, and tensors beside the decoder.</summary>
public sealed class StoredNamesTests : IDisposable
{
    readonly ScratchFolder scratch = new();
    readonly Device device = Device.Open("cpu", 2);

    string Folder => scratch.File("model");

    string Weights => scratch.File("model/model.safetensors");

    float[] Logits(string folder)
    {
        using var model = Pretrained.Load(device, folder);
        using var batch = TokenBatch.Of(device, TinyFamily.Ids(9, 1));
        return TinyModel.Logits(model, batch);
    }

    void Rewrite(Func<string, string> rename, params (string Name, long[] Shape)[] more)
    {
        var next = scratch.File("next.safetensors");
        using (var file = SafetensorsFile.Open(Weights))
            SafetensorsWriter.Write(next,
            [
                .. file.Tensors.Keys.Select(name => TensorSource.FromFloats(rename(name), file.Info(name).Shape, file.ReadFloats(name))),
                .. more.Select(extra => TensorSource.FromFloats(extra.Name, extra.Shape, Devices.Noise((int)extra.Shape.Aggregate((a, b) => a * b), 3))),
            ]);
        File.Move(next, Weights, overwrite: true);
    }

    [Fact]
    public void Gpt_2_without_its_prefix_is_the_same_model_and_stays_as_it_is_stored()
    {
        TinyFamily.Write("gpt2", scratch.Path);
        var expected = Logits(Folder);
        Rewrite(name => name["transformer.".Length..], ("h.0.attn.bias", [1, 1, 8, 8]), ("h.1.attn.masked_bias", [1]));
        Assert.Equal(expected, Logits(Folder));

        using var model = Pretrained.Load(device, Folder, trainable: true);
        Assert.Equal("transformer.h.0.attn.c_attn", model.Linears[0].Name);
        Assert.Equal(["h.0.attn.c_attn.weight", "wpe.weight"], model.Parameters.Select(p => p.Name).Where(name => name is "h.0.attn.c_attn.weight" or "wpe.weight").Order());
        Assert.Equal([24, 72], model.ShapeOf(model.Parameters.Single(p => p.Name == "h.0.attn.c_attn.weight")));
        ModelFolder.Save(model, Folder, scratch.File("trained"));
        Assert.Equal(expected, Logits(scratch.File("trained")));
        using var file = SafetensorsFile.Open(scratch.File("trained/model.safetensors"));
        Assert.Equal([24, 72], file.Info("h.0.attn.c_attn.weight").Shape);
    }

    [Fact]
    public void Matrices_in_sixteen_bits_are_turned_and_written_back_bit_by_bit()
    {
        TinyFamily.Write("gpt2", scratch.Path);
        using (var model = Pretrained.Load(device, Folder))
            ModelFolder.Save(model, Folder, scratch.File("half"), DType.BF16);
        using (var model = Pretrained.Load(device, scratch.File("half")))
        {
            Assert.Equal(WeightFormat.BF16, ((Linear)model.Linears[0]).Weight.Format);
            ModelFolder.Save(model, scratch.File("half"), scratch.File("again"));
        }
        Assert.Equal(File.ReadAllBytes(scratch.File("half/model.safetensors")), File.ReadAllBytes(scratch.File("again/model.safetensors")));
        var wide = Logits(Folder);
        Near.Absolute(wide, Logits(scratch.File("half")), 0.05 * wide.Max(Math.Abs), "logits");
    }

    [Theory]
    [InlineData("language_model.model.", "language_model.lm_head.")]
    [InlineData("model.language_model.", "lm_head.")]
    public void The_text_part_of_a_gemma_3_with_images_is_read_and_the_rest_kept(string body, string head)
    {
        TinyFamily.Write("gemma3", scratch.Path);
        var expected = Logits(Folder);
        var text = JsonNode.Parse(File.ReadAllText(scratch.File("model/config.json")))!;
        text["tie_word_embeddings"] = false;
        File.WriteAllText(scratch.File("model/config.json"), new JsonObject
        {
            ["architectures"] = new JsonArray("Gemma3ForConditionalGeneration"),
            ["text_config"] = text,
            ["vision_config"] = new JsonObject { ["hidden_size"] = 8 },
        }.ToJsonString());
        float[] table;
        using (var file = SafetensorsFile.Open(Weights))
            table = file.ReadFloats("model.embed_tokens.weight");
        Rewrite(name => $"{body}{name["model.".Length..]}", ("vision_tower.patch.weight", [3, 4]));
        using (var file = SafetensorsFile.Open(Weights))
            SafetensorsWriter.Write(scratch.File("next.safetensors"),
                [.. file.Tensors.Keys.Select(name => TensorSource.FromFloats(name, file.Info(name).Shape, file.ReadFloats(name))), TensorSource.FromFloats($"{head}weight", [TinyFamily.Vocabulary, TinyFamily.Width], table)]);
        File.Move(scratch.File("next.safetensors"), Weights, overwrite: true);
        Assert.Equal(expected, Logits(Folder));
        foreach (var trainable in (bool[])[false, true])
        {
            using var model = Pretrained.Load(device, Folder, trainable);
            Assert.Equal("model.language_model.layers.0.self_attn.q_proj", model.Linears[0].Name);
            ModelFolder.Save(model, Folder, scratch.File($"saved{trainable}"));
            Assert.Equal(File.ReadAllBytes(Weights), File.ReadAllBytes(scratch.File($"saved{trainable}/model.safetensors")));
        }
    }

    [Fact]
    public void A_tensor_that_no_module_has_is_refused_under_its_own_name()
    {
        TinyFamily.Write("gpt2", scratch.Path);
        Rewrite(name => name["transformer.".Length..], ("h.2.ln_1.weight", [24]));
        Assert.Equal($"{Folder}: tensor h.2.ln_1.weight is in the checkpoint, but the model that config.json describes has no place for it. Use the config.json that came with these weights.",
            Assert.Throws<PureLoraException>(() => Pretrained.Load(device, Folder)).Message);
        Rewrite(name => name == "h.0.ln_1.weight" ? "h.3.ln_1.weight" : name);
        Assert.Equal($"{Folder}: tensor transformer.h.0.ln_1.weight is missing, but config.json needs it with shape [24]. Download the whole model folder.",
            Assert.Throws<PureLoraException>(() => Pretrained.Load(device, Folder)).Message);
    }

    public void Dispose()
    {
        device.Dispose();
        scratch.Dispose();
    }
}
