using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>info and forward on families other than Llama.</summary>
public sealed class FamilyCommandTests : IDisposable
{
    readonly ScratchFolder scratch = new();

    string Folder => scratch.File("model");

    static string Output(params string[] args)
    {
        var (code, output, error) = ProgramTests.Run(args);
        Assert.True(code == 0, error);
        return output;
    }

    [Fact]
    public void Info_shows_each_setting_with_its_source_and_each_kind_of_layer()
    {
        TinyFamily.Write("gemma3", scratch.Path);
        var json = JsonNode.Parse(Output("info", Folder, "--json"))!;
        Assert.Equal(
            ["3 layers: default rotary positions on 8 of 8 features, rope_theta 100, window of 3 tokens", "1 layer: linear rotary positions on 8 of 8 features, rope_theta 5000"],
            json["layer_kinds"]!.AsArray().Select(kind => (string)kind!));
        var settings = json["settings"]!.AsArray().ToDictionary(setting => (string)setting!["name"]!, setting => ((string)setting!["value"]!, (string)setting["source"]!));
        Assert.Equal(("3", "config.json"), settings["sliding_window_pattern"]);
        Assert.Equal(("8.0", "config.json"), settings["rope_scaling.factor"]);
        Assert.Equal(("true", "default of the family"), settings["tie_word_embeddings"]);
        Assert.Equal(("gelu_pytorch_tanh", "default of the family"), settings["hidden_activation"]);
        var lines = Output("info", Folder).Split(Environment.NewLine);
        Assert.Contains("                1 layer: linear rotary positions on 8 of 8 features, rope_theta 5000", lines);
        Assert.Contains("  query_pre_attn_scalar                    12                       config.json", lines);
    }

    [Fact]
    public void Forward_names_and_shapes_gradients_as_the_checkpoint_does()
    {
        TinyFamily.Write("gpt2", scratch.Path);
        long[] ids = [.. TinyFamily.Ids(10, 2).Select(id => (long)id)];
        SafetensorsWriter.Write(scratch.File("in.safetensors"), [TensorSource.FromInts("input_ids", [1, 10], ids), TensorSource.FromInts("labels", [1, 10], ids)]);
        Output("forward", "--model", Folder, "--input", scratch.File("in.safetensors"), "--out", scratch.File("out.safetensors"), "--gradients");
        using var weights = SafetensorsFile.Open(scratch.File("model/model.safetensors"));
        using var answer = SafetensorsFile.Open(scratch.File("out.safetensors"));
        Assert.Equal(weights.Tensors.Keys.Concat(["logits", "loss"]).Order(StringComparer.Ordinal), answer.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, info) in weights.Tensors)
            Assert.Equal(info.Shape, answer.Info(name).Shape);
        using var device = Device.Open("cpu", 1);
        using var model = Pretrained.Load(device, Folder, trainable: true);
        using var file = SafetensorsFile.Open(scratch.File("in.safetensors"));
        var pass = ForwardPass.Run(model, ForwardInputs.Read(file), model.Parameters);
        var turned = answer.ReadFloats("transformer.h.1.mlp.c_fc.weight");
        var own = pass.Gradients["transformer.h.1.mlp.c_fc.weight"];
        for (var input = 0; input < 24; input++)
            for (var output = 0; output < 28; output++)
                Assert.Equal(own[output * 24 + input], turned[input * 28 + output]);
    }

    public void Dispose() => scratch.Dispose();
}
