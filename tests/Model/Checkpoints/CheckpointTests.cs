namespace PureLora.Tests;

public class CheckpointTests
{
    const string Index = "model.safetensors.index.json", One = "model-00001-of-00002.safetensors", Two = "model-00002-of-00002.safetensors";

    [Fact]
    public unsafe void Shards_and_one_file_give_the_same_tensors()
    {
        using var sharded = Checkpoint.Open(Golden.Folder("llama-bf16-sharded"));
        using var single = Checkpoint.Open(Golden.Folder("llama"));
        Assert.Equal(3, sharded.Files.Count);
        Assert.Equal(single.Tensors.Select(t => (t.Name, string.Join(',', t.Shape))), sharded.Tensors.Select(t => (t.Name, string.Join(',', t.Shape))));
        Assert.Equal("BF16 [128, 64]", sharded.Info("model.layers.0.mlp.gate_proj.weight").ToString());
        Assert.EndsWith("model-00003-of-00003.safetensors", sharded.FileOf("lm_head.weight").Path);
        Assert.Equal(sharded.FileOf("lm_head.weight").ReadFloats("lm_head.weight")[0], HalfFloats.FromBF16(*(ushort*)sharded.Pointer("lm_head.weight")));
        Assert.True(sharded.Contains("model.norm.weight"));
        Assert.False(sharded.Contains("model.norm.bias"));
        Says($"{sharded.Folder}: tensor 'model.norm.bias' is missing. Check that config.json and the weights belong together.", () => sharded.Info("model.norm.bias"));
        sharded.CheckUnchanged();
    }

    [Fact]
    public void A_shard_that_changed_is_noticed()
    {
        using var scratch = Folder("""{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""", ["a"], ["b"]);
        using var checkpoint = Checkpoint.Open(scratch.Path);
        checkpoint.CheckUnchanged();
        File.SetLastWriteTimeUtc(scratch.File(Two), DateTime.UnixEpoch);
        Assert.Contains(Two, Assert.Throws<PureLoraException>(checkpoint.CheckUnchanged).Message);
    }

    /// <summary>The hub's cache is a folder of symbolic links.</summary>
    [SkippableFact]
    public void A_linked_checkpoint_is_followed_and_only_its_target_counts()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need a special right on Windows.");
        using var scratch = Folder("{}", ["a"], ["b"]);
        Directory.CreateDirectory(scratch.File("snapshot"));
        File.CreateSymbolicLink(scratch.File("snapshot/model.safetensors"), "../" + One);
        File.SetLastWriteTimeUtc(scratch.File(One), DateTime.UnixEpoch);
        using var checkpoint = Checkpoint.Open(scratch.File("snapshot"));
        checkpoint.CheckUnchanged();
        File.SetLastWriteTimeUtc(scratch.File(One), DateTime.UnixEpoch.AddSeconds(1));
        Assert.Throws<PureLoraException>(checkpoint.CheckUnchanged);
    }

    [Fact]
    public void A_tensor_that_the_index_forgot_is_still_there()
    {
        using var scratch = Folder("""{"weight_map":{"a":"model-00001-of-00002.safetensors"}}""", ["a", "extra"], ["b"]);
        using var checkpoint = Checkpoint.Open(scratch.Path);
        Assert.Equal(["a", "extra"], checkpoint.Tensors.Select(t => t.Name));
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00003-of-00003.safetensors"}}""",
        "{0}: shard 'model-00003-of-00003.safetensors' is missing, but model.safetensors.index.json needs it. Download the missing file.")]
    [InlineData("""{"weight_map":{"a":"model-00001-of-00002.safetensors","c":"model-00002-of-00002.safetensors"}}""",
        "{2}: tensor 'c' is missing, but model.safetensors.index.json needs it there. Download the checkpoint again.")]
    [InlineData("""{"weight_map":{"a":"model-00002-of-00002.safetensors","b":"model-00001-of-00002.safetensors"}}""",
        "{2}: tensor 'a' is missing, but model.safetensors.index.json needs it there. Download the checkpoint again.")]
    [InlineData("""{"weight_map":{"a":"../model-00001-of-00002.safetensors"}}""",
        "{1}: the shard of tensor 'a' is '../model-00001-of-00002.safetensors', but it needs to be a file name inside the folder. Download the checkpoint again.")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""",
        "{1}: the shard of tensor 'a' is '/etc/passwd', but it needs to be a file name inside the folder. Download the checkpoint again.")]
    [InlineData("""{"weight_map":{"a":"..\\up"}}""",
        "{1}: the shard of tensor 'a' is '..\\up', but it needs to be a file name inside the folder. Download the checkpoint again.")]
    [InlineData("""{"weight_map":{"a":".."}}""",
        "{1}: the shard of tensor 'a' is '..', but it needs to be a file name inside the folder. Download the checkpoint again.")]
    [InlineData("""{"weight_map":{"a":1}}""",
        "{1}: the shard of tensor 'a' is Number, but weight_map needs a file name. Download the checkpoint again.")]
    [InlineData("""{"weight_map":{}}""", "{1}: 'weight_map' is empty, but an index needs at least one tensor. Download the checkpoint again.")]
    [InlineData("""{"weight_map":[]}""", "{1}: 'weight_map' is missing or not an object, but an index needs it. Download the checkpoint again.")]
    [InlineData("[]", "{1}: 'weight_map' is missing or not an object, but an index needs it. Download the checkpoint again.")]
    [InlineData("{\n\"weight_map\":", "{1}: the file is not valid JSON (line 2), but an index needs it. Download the checkpoint again.")]
    [InlineData("""{"weight_map":{"a":"x","a":"y"}}""",
        "{1}: the file is not valid JSON (text that is not Unicode or a name twice), but an index needs it. Download the checkpoint again.")]
    [InlineData("""{"weight_map":{"a":"\ud800"}}""",
        "{1}: the file is not valid JSON (text that is not Unicode or a name twice), but an index needs it. Download the checkpoint again.")]
    public void A_wrong_index_is_explained(string index, string message)
    {
        using var scratch = Folder(index, ["a"], ["b"]);
        Says(string.Format(message, scratch.Path, scratch.File(Index), scratch.File(Two)), () => Checkpoint.Open(scratch.Path));
    }

    [Fact]
    public void A_tensor_in_two_shards_is_an_error()
    {
        using var scratch = Folder("""{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""", ["a"], ["a", "b"]);
        Says($"{scratch.File(Two)}: tensor 'a' is also in {One}, but a checkpoint needs it once. Download the checkpoint again.", () => Checkpoint.Open(scratch.Path));
    }

    [Fact]
    public void A_broken_shard_is_named()
    {
        using var scratch = Folder("""{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""", ["a"], ["b"]);
        File.WriteAllBytes(scratch.File(Two), [1, 2, 3]);
        Says($"{scratch.File(Two)}: the file is 3 bytes, but a safetensors file needs at least 8. Download it again.", () => Checkpoint.Open(scratch.Path));
    }

    [Fact]
    public void A_folder_without_weights_is_explained()
    {
        using var scratch = new ScratchFolder();
        Says($"{scratch.File("none")}: the folder does not exist. Check the path.", () => Checkpoint.Open(scratch.File("none")));
        Says($"{scratch.Path}: there are no weights, but a model needs model.safetensors or model.safetensors.index.json. Check the folder or download the model again.", () => Checkpoint.Open(scratch.Path));
        File.WriteAllText(scratch.File("pytorch_model.bin"), "");
        Says($"{scratch.Path}: the weights are in pytorch_model.bin, but PureLora needs safetensors. Download the safetensors version of this model or convert it.", () => Checkpoint.Open(scratch.Path));
        Says($"{scratch.File("pytorch_model.bin")}: this is a file, but a model needs a folder with config.json and model.safetensors. Give the folder.", () => Checkpoint.Open(scratch.File("pytorch_model.bin")));
    }

    /// <summary>A folder with this index, and two shards with a scalar of each name.</summary>
    static ScratchFolder Folder(string index, string[] first, string[] second)
    {
        var scratch = new ScratchFolder();
        File.WriteAllText(scratch.File(Index), index);
        SafetensorsWriter.Write(scratch.File(One), first.Select(n => TensorSource.FromFloats(n, [], new float[1])));
        SafetensorsWriter.Write(scratch.File(Two), second.Select(n => TensorSource.FromFloats(n, [], new float[1])));
        return scratch;
    }

    static void Says(string message, Action action) => Assert.Equal(message, Assert.Throws<PureLoraException>(action).Message);
}
