namespace PureLora.Tests;

/// <summary>A path that was meant for another flag, or is a name on the hub, is told for what it is.</summary>
public sealed class WrongFolderTests(TinyFolder tiny) : IClassFixture<TinyFolder>, IDisposable
{
    readonly ScratchFolder scratch = new();

    const string Model = "but a model needs a folder with config.json, model.safetensors and tokenizer.json";
    const string Adapter = "but an adapter needs a folder with adapter_config.json and adapter_model.safetensors";

    static void Says(int code, string message, params string[] args)
    {
        var (actual, output, error) = ProgramTests.Run(args);
        Assert.Equal((code, "", $"error: {message}{Environment.NewLine}"), (actual, output, error));
    }

    [Fact]
    public void As_a_model()
    {
        var weights = Path.Combine(tiny.Base, "model.safetensors");
        Says(1, $"{weights}: it is a file, {Model}. Give the folder it is in.", "generate", "--model", weights, "--prompt", "p");
        Says(1, $"{weights}: it is a file, {Model}. Give the folder it is in.", "info", weights);
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(scratch.File("out"), "max-steps=1")).Code);
        Says(1, $"{scratch.File("out")}: it holds an adapter, {Model}. Give the model that the adapter was trained on, and this folder as --adapter.", "generate", "--model", scratch.File("out"), "--prompt", "p");
        Says(1, $"owner/name-1.5: there is no such folder here, and names on the Hugging Face Hub are not downloaded, {Model}. "
            + "Download it first, with 'hf download owner/name-1.5 --local-dir name-1.5' or 'git clone https://huggingface.co/owner/name-1.5' (git-lfs installed), and give that folder.", tiny.TrainArguments(scratch.File("new"), "model=owner/name-1.5"));
        Says(1, $"../models: the folder is missing, but a model needs one with config.json, model.safetensors and tokenizer.json. Check the path.", "info", "../models");
    }

    [Fact]
    public void As_an_adapter()
    {
        string[] start = ["generate", "--prompt", "p", "--model", tiny.Base, "--adapter"];
        Says(1, $"{tiny.Base}: it holds a model, {Adapter}. Give the folder that 'purelora train' or PEFT wrote.", [.. start, tiny.Base]);
        Says(1, $"{tiny.Train}: it is a file, {Adapter}. Give the folder it is in.", [.. start, tiny.Train]);
        Says(1, $"{scratch.Path}/adapter_config.json: the file is missing, but an adapter needs it. Give the folder that 'purelora train' or PEFT wrote.", [.. start, scratch.Path]);
    }

    [Fact]
    public void As_the_input_or_the_answer_of_forward()
    {
        SafetensorsWriter.Write(scratch.File("in"), [TensorSource.FromInts("input_ids", [1, 2], (long[])[1, 2])]);
        var before = File.ReadAllBytes(scratch.File("in"));
        string[] Forward(string input, string answer) => ["forward", "--model", tiny.Base, "--input", input, "--out", answer];
        Says(2, $"{scratch.Path}/./in: --out is the file of --input, but the answer needs a file of its own. Choose another name.", Forward(scratch.File("in"), $"{scratch.Path}/./in"));
        Says(2, $"{tiny.Base}/model.safetensors: --out is inside {tiny.Base}, but the answer needs a place outside the model and the adapter. Choose another folder.", Forward(scratch.File("in"), $"{tiny.Base}/model.safetensors"));
        Assert.Equal(before, File.ReadAllBytes(scratch.File("in")));
        var weights = Path.Combine(tiny.Base, "model.safetensors");
        Says(1, $"{weights}: tensor input_ids is missing, but an input needs it, as integers [B, T]. Save the token ids of your text under this name.", Forward(weights, scratch.File("out")));
        Says(1, $"{scratch.Path}: it is a folder, but a safetensors file is needed. Name the file in it.", Forward(scratch.Path, scratch.File("out")));
        Assert.False(File.Exists(scratch.File("out")));
    }

    [Fact]
    public void A_merge_that_fails_names_the_folder_that_was_asked_for()
    {
        var folder = scratch.File("copy");
        Directory.CreateDirectory(folder);
        foreach (var path in Directory.GetFiles(tiny.Base))
            File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
        using var device = Device.Open("cpu", 1);
        using var model = Pretrained.Load(device, folder);
        var merged = scratch.File("merged");
        // A file that another program holds fails while the folder beside is being filled.
        File.WriteAllText(Path.Combine(folder, "special_tokens_map.json"), "");
        using var held = new FileStream(Path.Combine(folder, "special_tokens_map.json"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var error = Assert.Throws<PureLoraException>(() => ModelFolder.Save(model, folder, merged));
        Assert.StartsWith($"{merged}/special_tokens_map.json: ", error.Message);
        Assert.Equal(["copy"], EndToEndTests.Files(scratch.Path));
    }

    public void Dispose() => scratch.Dispose();
}
