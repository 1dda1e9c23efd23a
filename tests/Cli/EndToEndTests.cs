using System.Text.Json;
using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>The commands as a person runs them, in this process, on a tiny model.</summary>
public sealed class EndToEndTests(TinyFolder tiny) : IClassFixture<TinyFolder>, IDisposable
{
    readonly ScratchFolder scratch = new();

    static readonly string[] adapterFiles = ["adapter_config.json", "adapter_model.safetensors", "log.jsonl", "purelora.yaml"];

    static readonly string[] modelFiles = ["config.json", "log.jsonl", "model.safetensors", "purelora.yaml", "tokenizer.json", "tokenizer_config.json"];

    [Fact]
    public void Training_lora_leaves_an_adapter_a_log_and_its_settings()
    {
        var result = Json(tiny.TrainArguments(scratch.File("out"), "gradient-accumulation-steps=2", "lora-dropout=0.1", "eval-steps=2"));
        Assert.Equal(["eval_loss_before", "eval_loss", "steps", "seconds", "tokens_per_second", "peak_bytes", "trainable_parameters", "run_hash", "output"], result.Select(r => r.Key));
        Assert.Equal(adapterFiles, Files(scratch.File("out")));
        Assert.Equal(3, (int)result["steps"]!);
        Assert.Equal(scratch.File("out"), (string)result["output"]!);
        Assert.True((double)result["eval_loss"]! < (double)result["eval_loss_before"]!);
        using (var weights = SafetensorsFile.Open(scratch.File("out/adapter_model.safetensors")))
            Assert.Equal((long)result["trainable_parameters"]!, weights.Tensors.Values.Sum(t => t.Count));

        var log = File.ReadLines(scratch.File("out/log.jsonl")).Select(line => JsonNode.Parse(line)!.AsObject()).ToArray();
        Assert.Equal(["total_steps", "step 0", "step 1", "step 2", "step 2", "step 3", "step 3"], log.Select(l => l.ContainsKey("step") ? $"step {l["step"]}" : "total_steps"));
        Assert.Equal((double)result["eval_loss_before"]!, (double)log[1]["eval_loss"]!);
        Assert.Equal((double)result["eval_loss"]!, (double)log[^1]["eval_loss"]!);
        Assert.Equal(["step", "epoch", "loss", "learning_rate", "grad_norm", "tokens_per_second", "peak_bytes"], log[2].Select(v => v.Key));

        // The folder's own settings make the run again.
        var again = Json("train", "--config", scratch.File("out/purelora.yaml"), "--output-dir", scratch.File("again"), "--json");
        Assert.Equal((string)result["run_hash"]!, (string)again["run_hash"]!);
        Assert.Equal(File.ReadAllBytes(scratch.File("out/adapter_model.safetensors")), File.ReadAllBytes(scratch.File("again/adapter_model.safetensors")));
    }

    [Theory]
    [InlineData("method=full")]
    [InlineData("method=full", "random-init=true")]
    public void Training_in_full_leaves_a_model_that_generates(params string[] changes)
    {
        var random = changes.Length > 1;
        var arguments = tiny.TrainArguments(scratch.File("out"), [.. changes, $"model={(random ? tiny.Bare : tiny.Base)}", "learning-rate=0.01"]);
        var result = Json(arguments);
        Assert.Equal(modelFiles, Files(scratch.File("out")));
        Assert.True((double)result["eval_loss"]! < (double)result["eval_loss_before"]!);
        var generated = Json("generate", "--model", scratch.File("out"), "--prompt", "The cat 1 is", "--max-new-tokens", "4", "--json");
        Assert.Equal(["text", "tokens", "finish_reason"], generated.Select(r => r.Key));

        using var device = Device.Open("cpu", 1);
        using var model = Pretrained.Load(device, scratch.File("out"));
        Assert.Equal((long)result["trainable_parameters"]!, model.ParameterCount);
        Assert.Equal((string)result["run_hash"]!, (string)Json(arguments)["run_hash"]!);
        Assert.Equal(modelFiles, Files(scratch.File("out")));
    }

    [Fact]
    public void A_model_from_read_only_files_can_be_written_over_by_the_next_run()
    {
        var source = scratch.File("source");
        Directory.CreateDirectory(source);
        foreach (var file in Directory.GetFiles(tiny.Base))
        {
            File.Copy(file, Path.Combine(source, Path.GetFileName(file)));
            File.SetAttributes(Path.Combine(source, Path.GetFileName(file)), FileAttributes.ReadOnly);
        }
        for (var run = 0; run < 2; run++)
            Json(tiny.TrainArguments(scratch.File("out"), "method=full", $"model={source}"));
        foreach (var file in Directory.GetFiles(scratch.File("out")))
            Assert.False(File.GetAttributes(file).HasFlag(FileAttributes.ReadOnly), file);
        foreach (var file in Directory.GetFiles(source))
            File.SetAttributes(file, FileAttributes.Normal);
    }

    [Fact]
    public void The_adapter_and_the_merged_model_give_the_same_greedy_tokens_and_the_base_others()
    {
        Json(tiny.TrainArguments(scratch.File("out"), "max-steps=6", "target-modules=q_proj,v_proj,down_proj,lm_head"));
        var merge = Json("merge", "--model", tiny.Base, "--adapter", scratch.File("out"), "--out", scratch.File("merged"), "--json");
        Assert.Equal(7, (int)merge["merged_modules"]!);
        Assert.Equal(modelFiles.Except(["log.jsonl", "purelora.yaml"]), Files(scratch.File("merged")));
        Assert.Equal(["merged", "out"], Directory.GetFileSystemEntries(scratch.Path).Select(Path.GetFileName).Order());

        string Tokens(params string[] more) => Json(["generate", "--prompt", "The dog 3 is", "--max-new-tokens", "24", "--json", .. more])["tokens"]!.ToJsonString();
        var adapted = Tokens("--model", tiny.Base, "--adapter", scratch.File("out"));
        Assert.Equal(adapted, Tokens("--model", scratch.File("merged")));
        Assert.NotEqual(adapted, Tokens("--model", tiny.Base));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Forward_writes_what_a_forward_pass_computes(bool adapted)
    {
        long[] ids = [1, 40, 50, 60, 2, 70, 80, 90, 100, 110];
        SafetensorsWriter.Write(scratch.File("in.safetensors"), [TensorSource.FromInts("input_ids", [2, 5], ids), TensorSource.FromInts("labels", [2, 5], ids)]);
        if (adapted)
            Json(tiny.TrainArguments(scratch.File("out")));
        string[] adapter = adapted ? ["--adapter", scratch.File("out")] : [];
        var result = Json(["forward", "--model", tiny.Base, "--input", scratch.File("in.safetensors"), "--out", scratch.File("all.safetensors"), "--gradients", "--json", .. adapter]);

        using var device = Device.Open("cpu", 1);
        using var model = Pretrained.Load(device, tiny.Base, trainable: !adapted);
        Parameter[] parameters = adapted ? [.. PeftAdapter.Load(model, scratch.File("out")).Parameters] : [.. model.Parameters];
        using var input = SafetensorsFile.Open(scratch.File("in.safetensors"));
        var pass = ForwardPass.Run(model, ForwardInputs.Read(input), parameters);
        using var written = SafetensorsFile.Open(scratch.File("all.safetensors"));
        Assert.Equal(parameters.Select(p => p.Name).Append("logits").Append("loss").Order(StringComparer.Ordinal), written.Tensors.Keys);
        Assert.Equal("F32 [2, 5, 293]", written.Info("logits").ToString());
        Assert.Equal("F32 []", written.Info("loss").ToString());
        Assert.Equal(pass.Logits, written.ReadFloats("logits"));
        Assert.Equal((float)pass.Loss!.Value, written.ReadFloats("loss")[0]);
        Assert.Equal(pass.Loss.Value, (double)result["loss"]!);
        foreach (var parameter in parameters)
            Assert.Equal(pass.Gradients[parameter.Name], written.ReadFloats(parameter.Name));
        using var weights = SafetensorsFile.Open(Path.Combine(adapted ? scratch.File("out") : tiny.Base, adapted ? "adapter_model.safetensors" : "model.safetensors"));
        foreach (var (name, info) in weights.Tensors)
            Assert.Equal(info.Shape, written.Info(name).Shape);
    }

    [Fact]
    public void Info_counts_a_model_and_an_adapter_and_devices_names_the_cpu()
    {
        var model = Json("info", tiny.Base, "--r", "4", "--json");
        Assert.Equal(("model", "LlamaForCausalLM", 14), ((string)model["kind"]!, (string)model["architecture"]!, (int)model["lora_modules"]!));
        using (var weights = SafetensorsFile.Open(Path.Combine(tiny.Base, "model.safetensors")))
            Assert.Equal(weights.Tensors.Values.Sum(t => t.Count), (long)model["parameters"]!);
        var trained = Json(tiny.TrainArguments(scratch.File("out"), "r=4", "max-steps=1"));
        Assert.Equal((long)trained["trainable_parameters"]!, (long)model["lora_parameters"]!);
        var adapter = Json("info", scratch.File("out"), "--json");
        Assert.Equal(("adapter", (long)trained["trainable_parameters"]!, 4), ((string)adapter["kind"]!, (long)adapter["parameters"]!, (int)adapter["r"]!));
        var lines = ProgramTests.Run("info", scratch.File("out")).Output.Split(Environment.NewLine);
        Assert.Contains("adapter         LoRA, PEFT format, 4,928 parameters in 28 tensors", lines);
        Assert.Contains("target_modules  down_proj, gate_proj, up_proj, k_proj, o_proj, q_proj, v_proj", lines);
        Assert.Contains("    2 x F32 [4, 72]      base_model.model.model.layers.*.mlp.down_proj.lora_A.weight", lines);
        Assert.Contains(Json("devices", "--json")["devices"]!.AsArray(), device => (string)device!["name"]! == "cpu");
    }

    [Fact]
    public void Without_json_the_same_run_speaks_in_lines()
    {
        var (code, output, error) = ProgramTests.Run(tiny.TrainArguments(scratch.File("out"), "json="));
        Assert.Equal((0, ""), (code, error));
        foreach (var word in (string[])["model      ", "data       18 examples, 4 to evaluate", "run        3 steps of 2 examples", "step     1/3", "eval     3/3", "run hash   ", "saved      "])
            Assert.Contains(word, output);
    }

    [Fact]
    public void Training_twice_into_one_folder_replaces_the_first_result()
    {
        var first = Json(tiny.TrainArguments(scratch.File("out")));
        var second = Json(tiny.TrainArguments(scratch.File("out"), "seed=7"));
        Assert.NotEqual((string)first["run_hash"]!, (string)second["run_hash"]!);
        Assert.Equal(adapterFiles, Files(scratch.File("out")));
        Json(tiny.TrainArguments(scratch.File("other"), "seed=7"));
        Assert.Equal(File.ReadAllBytes(scratch.File("other/adapter_model.safetensors")), File.ReadAllBytes(scratch.File("out/adapter_model.safetensors")));
    }

    static JsonObject Json(params string[] args)
    {
        var (code, output, error) = ProgramTests.Run(args);
        Assert.True(code == 0, error);
        Assert.Single(output.TrimEnd().Split('\n'));
        return JsonNode.Parse(output)!.AsObject();
    }

    internal static IEnumerable<string?> Files(string folder) => Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    public void Dispose() => scratch.Dispose();
}
