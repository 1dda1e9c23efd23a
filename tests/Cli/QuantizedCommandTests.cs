using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>train, quantize, merge, generate, forward and info over bases in 4 and 8 bits.</summary>
public sealed class QuantizedCommandTests(TinyFolder tiny) : IClassFixture<TinyFolder>, IDisposable
{
    readonly ScratchFolder scratch = new();

    static JsonObject Json(params string[] args)
    {
        var (code, output, error) = ProgramTests.Run(args.Contains("--json=true") ? args : [.. args, "--json"]);
        Assert.True(code == 0, error);
        return JsonNode.Parse(output)!.AsObject();
    }

    static string Refused(int expected, params string[] args)
    {
        var (code, _, error) = ProgramTests.Run(args);
        Assert.Equal(expected, code);
        return error;
    }

    [Theory]
    [InlineData("NF4", "--load-in-4bit")]
    [InlineData("NF4, double quantization", "--load-in-4bit", "--bnb-4bit-use-double-quant")]
    [InlineData("FP4", "--load-in-4bit", "--bnb-4bit-quant-type", "fp4")]
    [InlineData("INT8", "--load-in-8bit")]
    public void A_folder_that_quantize_wrote_trains_and_answers_as_the_model_quantized_on_the_way(string format, params string[] flags)
    {
        var folder = scratch.File("quantized");
        Assert.Equal(format, (string)Json(["quantize", tiny.Base, "--out", folder, .. flags])["format"]!);
        Assert.Equal(format, (string)Json("info", folder)["quantization"]!);
        var there = Json(tiny.TrainArguments(scratch.File("a"), $"model={folder}"));
        var onTheWay = Json([.. tiny.TrainArguments(scratch.File("b")), .. flags]);
        var plain = Json(tiny.TrainArguments(scratch.File("c")));
        Assert.Equal((string)onTheWay["run_hash"]!, (string)there["run_hash"]!);
        Assert.NotEqual((string)plain["run_hash"]!, (string)there["run_hash"]!);

        string Answer(params string[] more) => (string)Json(["generate", "--prompt", "The cat 0 is", "--max-new-tokens", "6", .. more])["text"]!;
        var answer = Answer("--model", folder, "--adapter", scratch.File("a"));
        Assert.Equal(answer, Answer(["--model", tiny.Base, "--adapter", scratch.File("b"), .. flags]));
        Json(["merge", "--model", tiny.Base, "--adapter", scratch.File("b"), "--out", scratch.File("merged"), .. flags]);
        Assert.Equal(answer, Answer("--model", scratch.File("merged")));
        Assert.Null(Json("info", scratch.File("merged"))["quantization"]);
        var again = Json("merge", "--model", folder, "--adapter", scratch.File("a"), "--requantize", "--out", scratch.File("again"));
        Assert.InRange((double)again["requantized_snr_db"]!, 10, 70);
        Assert.Equal(format, (string)Json("info", scratch.File("again"))["quantization"]!);
    }

    [Fact]
    public void Checkpointing_is_on_over_a_quantized_base_unless_told_otherwise()
    {
        string Says(params string[] more) => ProgramTests.Run([.. tiny.TrainArguments(scratch.File("out"), "json=false"), .. more]).Output;
        Assert.Contains("gradient_checkpointing off", Says());
        var output = Says("--load-in-4bit");
        Assert.Contains("gradient_checkpointing on", output);
        Assert.Contains("over a base in NF4", output);
        Assert.Contains("gradient_checkpointing off", Says("--load-in-4bit", "--gradient-checkpointing", "false"));
    }

    [Fact]
    public void The_report_shows_that_eight_bits_lose_least_and_counts_every_code()
    {
        var layers = Json("quantize", tiny.Base, "--report")["layers"]!.AsArray();
        Assert.Equal(14 * 4, layers.Count);
        foreach (var linear in layers.GroupBy(l => (string)l!["linear"]!))
        {
            double Snr(string format) => (double)linear.Single(l => (string)l!["format"]! == format)!["snr_db"]!;
            Assert.True(Snr("INT8") > Snr("NF4") + 15, $"{linear.Key}: {Snr("INT8")} and {Snr("NF4")}");
            Assert.True(Snr("NF4") > Snr("FP4"), linear.Key);
            Assert.Single(linear.Select(l => l!["codes"]!.AsArray().Sum(c => (long)c!)).Distinct());
        }
        Assert.Contains("how often NF4 uses each of its values", ProgramTests.Run("quantize", tiny.Base, "--report").Output);
    }

    [Fact]
    public void A_format_that_cannot_hold_a_linear_is_a_row_and_hinders_no_other()
    {
        var folder = scratch.File("large");
        Json("merge", "--model", tiny.Base, "--out", folder);
        List<TensorSource> tensors = [];
        using (var file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors")))
            foreach (var (name, info) in file.Tensors)
            {
                var values = file.ReadFloats(name);
                if (name == "model.layers.0.mlp.up_proj.weight")
                    values[3] = 70000;
                tensors.Add(TensorSource.FromFloats(name, info.Shape, values));
            }
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
        var result = Json("quantize", folder, "--report", "--out", scratch.File("nf4"));
        var failed = Assert.Single(result["layers"]!.AsArray(), row => row!["error"] is not null)!;
        Assert.Equal(("model.layers.0.mlp.up_proj", "INT8"), ((string)failed["linear"]!, (string)failed["format"]!));
        Assert.StartsWith("cannot hold it: element 3 (row 0, column 3) is 70000, but INT8 needs finite numbers of at most 65504.", (string)failed["error"]!);
        Assert.Null(failed["rmse"]);
        var (code, output, _) = ProgramTests.Run("quantize", folder, "--report");
        Assert.Equal(0, code);
        Assert.DoesNotContain(output.Split('\n'), line => line.StartsWith("all of them") && line.Contains("INT8"));
        Assert.Equal(3, output.Split('\n').Count(line => line.StartsWith("all of them")));
        Assert.Equal(1, ProgramTests.Run("quantize", folder, "--load-in-8bit", "--out", scratch.File("int8")).Code);
    }

    [Fact]
    public void A_model_is_written_plain_in_another_type()
    {
        Json("merge", "--model", tiny.Base, "--dtype", "bfloat16", "--out", scratch.File("half"));
        using var checkpoint = Checkpoint.Open(scratch.File("half"));
        Assert.All(checkpoint.Tensors, tensor => Assert.Equal(DType.BF16, tensor.DType));
        Assert.Contains("bfloat16", File.ReadAllText(Path.Combine(scratch.File("half"), "config.json")));
    }

    [Fact]
    public void What_cannot_be_asked_for_is_refused()
    {
        Assert.Contains("load_in_4bit (--load-in-4bit) is true, but load_in_8bit is too.", Refused(2, [.. tiny.TrainArguments(scratch.File("o")), "--load-in-4bit", "--load-in-8bit"]));
        Assert.Contains("bnb_4bit_use_double_quant is set, but it needs load_in_4bit", Refused(2, [.. tiny.TrainArguments(scratch.File("o")), "--bnb-4bit-use-double-quant"]));
        Assert.Contains("method (--method) is full, but load_in_4bit needs a frozen base.", Refused(2, [.. tiny.TrainArguments(scratch.File("o")), "--load-in-4bit", "--method", "full"]));
        Assert.Contains("q_poj is no linear of the model", Refused(2, [.. tiny.TrainArguments(scratch.File("o")), "--load-in-4bit", "--llm-int8-skip-modules", "q_poj"]));
        Assert.False(Directory.Exists(scratch.File("o")));
        foreach (var command in (string[])["plan", "bench step"])
            Assert.Contains("q_poj is no linear of the model", Refused(2, [.. Words(command), "--shape", "tiny", "--load-in-4bit", "--llm-int8-skip-modules", "q_poj"]));
        Assert.Contains("q_poj is no linear of the model", Refused(2, "plan", "--model", tiny.Bare, "--load-in-8bit", "--llm-int8-skip-modules", "q_poj"));
        Assert.Contains("llm_int8_skip_modules (--llm-int8-skip-modules) is set, but it needs load_in_4bit or load_in_8bit", Refused(2, "plan", "--shape", "tiny", "--llm-int8-skip-modules", "q_proj"));
        Assert.Contains("every linear of the model is in it, but NF4 needs one to quantize.", Refused(2, "quantize", tiny.Base, "--out", scratch.File("o"), "--llm-int8-skip-modules", "self_attn,mlp"));
        Assert.Contains("--load-in-4bit is false, but quantize needs a format.", Refused(2, "quantize", tiny.Base, "--out", scratch.File("o"), "--load-in-4bit", "false"));
        Assert.Contains("--out is missing", Refused(2, "quantize", tiny.Base));
        Assert.Contains("--requantize is true, but", Refused(2, "merge", "--model", tiny.Base, "--out", scratch.File("o"), "--requantize"));
        Json("quantize", tiny.Base, "--out", scratch.File("q"));
        Assert.Contains("exists and is not empty", Refused(1, "quantize", tiny.Base, "--out", scratch.File("q")));
        Assert.Contains("the weights are quantized already (NF4)", Refused(1, "quantize", scratch.File("q"), "--out", scratch.File("o")));
        Assert.Contains("the weights are quantized (NF4), but training them needs", Refused(1, tiny.TrainArguments(scratch.File("o"), $"model={scratch.File("q")}", "method=full")));
        Assert.False(Directory.Exists(scratch.File("o")));
    }

    /// <summary>Bases by name: plain, and folders that quantize wrote with the flags of their name.</summary>
    string Folder(string name)
    {
        var (folder, flags) = name switch
        {
            "nf4" => (scratch.File(name), ""),
            "fp4" => (scratch.File(name), "--bnb-4bit-quant-type fp4"),
            "nf4-double" => (scratch.File(name), "--bnb-4bit-use-double-quant"),
            "nf4-without-v" => (scratch.File(name), "--llm-int8-skip-modules v_proj"),
            _ => (tiny.Base, ""),
        };
        if (!Directory.Exists(folder))
            Json(["quantize", tiny.Base, "--out", folder, .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        return folder;
    }

    static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [Theory]
    [InlineData("nf4", "--load-in-4bit")]
    [InlineData("nf4", "--load-in-4bit --bnb-4bit-quant-type nf4 --bnb-4bit-use-double-quant false")]
    [InlineData("fp4", "--load-in-4bit")]
    [InlineData("fp4", "--load-in-4bit --bnb-4bit-quant-type fp4")]
    [InlineData("nf4-double", "--load-in-4bit")]
    [InlineData("nf4-without-v", "--load-in-4bit")]
    [InlineData("nf4-without-v", "--load-in-4bit --llm-int8-skip-modules v_proj")]
    public void Asking_for_what_a_base_is_already_is_no_contradiction(string name, string flags) =>
        Json(["plan", "--model", Folder(name), "--json", .. Words(flags)]);

    [Theory]
    [InlineData("nf4", "--load-in-4bit --bnb-4bit-quant-type fp4", "(NF4), but FP4 was asked for")]
    [InlineData("nf4", "--load-in-4bit --bnb-4bit-use-double-quant", "(NF4), but NF4, double quantization was asked for")]
    [InlineData("nf4", "--load-in-4bit --llm-int8-skip-modules v_proj", "(NF4), but NF4 without v_proj was asked for")]
    [InlineData("nf4-without-v", "--load-in-4bit --llm-int8-skip-modules o_proj", "(NF4 without v_proj), but NF4 without o_proj was asked for")]
    [InlineData("nf4-double", "--load-in-4bit --bnb-4bit-use-double-quant false", "(NF4, double quantization), but NF4 was asked for")]
    [InlineData("fp4", "--load-in-4bit --bnb-4bit-quant-type nf4", "(FP4), but NF4 was asked for")]
    [InlineData("fp4", "--load-in-8bit", "(FP4), but INT8 was asked for")]
    public void Asking_for_what_a_quantized_base_is_not_is_refused(string name, string flags, string message)
    {
        Assert.Contains($"the weights are quantized already {message}. Leave load_in_4bit", Refused(2, [.. tiny.TrainArguments(scratch.File("o"), $"model={Folder(name)}"), .. Words(flags)]));
        File.Delete(Path.Combine(Folder(name), "model.safetensors"));
        Assert.Contains(message, Refused(2, ["plan", "--model", Folder(name), .. Words(flags)]));
    }

    [Theory]
    [InlineData("plain", "--load-in-4bit", "plain", "", "in NF4, but here it is as it is stored; --load-in-4bit would")]
    [InlineData("plain", "--load-in-4bit --bnb-4bit-quant-type fp4 --bnb-4bit-use-double-quant --llm-int8-skip-modules v_proj,o_proj", "plain", "",
        "in FP4, double quantization without v_proj, o_proj, but here it is as it is stored; --load-in-4bit --bnb-4bit-quant-type fp4 --bnb-4bit-use-double-quant --llm-int8-skip-modules v_proj,o_proj would")]
    [InlineData("plain", "--load-in-4bit", "plain", "--load-in-8bit", "in NF4, but here it is in INT8; --load-in-4bit would")]
    [InlineData("plain", "--load-in-4bit", "plain", "--load-in-4bit --bnb-4bit-quant-type fp4", "in NF4, but here it is in FP4; --load-in-4bit would")]
    [InlineData("plain", "--load-in-4bit --bnb-4bit-use-double-quant", "plain", "--load-in-4bit", "in NF4, double quantization, but here it is in NF4; --load-in-4bit --bnb-4bit-use-double-quant would")]
    [InlineData("plain", "", "plain", "--load-in-4bit", "as it is stored, but here it is in NF4; no --load-in-4bit would")]
    [InlineData("plain", "", "nf4", "", "as it is stored, but here it is in NF4; --model PLAIN would")]
    [InlineData("nf4-without-v", "", "plain", "", "in NF4 without v_proj, but here it is as it is stored; --load-in-4bit --llm-int8-skip-modules v_proj would")]
    [InlineData("fp4", "", "plain", "--load-in-4bit --bnb-4bit-quant-type fp4", null)]
    [InlineData("plain", "--load-in-4bit --llm-int8-skip-modules v_proj", "nf4-without-v", "", null)]
    [InlineData("nf4-without-v", "", "nf4-without-v", "", null)]
    public void An_adapter_over_another_base_than_it_was_trained_on_is_noted(string trained, string settings, string used, string flags, string? note)
    {
        Json([.. tiny.TrainArguments(scratch.File("a"), $"model={Folder(trained)}"), .. Words(settings)]);
        var (code, _, error) = ProgramTests.Run(["generate", "--model", Folder(used), "--adapter", scratch.File("a"), "--prompt", "The", "--max-new-tokens", "2", .. Words(flags)]);
        Assert.True(code == 0, error);
        if (note is null)
            Assert.DoesNotContain("was trained over", error);
        else
            Assert.Contains($"was trained over a base {note.Replace("PLAIN", tiny.Base)} give it the same one.", error);
    }

    [Fact]
    public void The_next_command_that_train_proposes_has_the_storage_of_the_run()
    {
        var (code, output, error) = ProgramTests.Run([.. tiny.TrainArguments(scratch.File("a"), "json=false"), "--load-in-4bit", "--bnb-4bit-use-double-quant", "--llm-int8-skip-modules", "v_proj"]);
        Assert.True(code == 0, error);
        Assert.Contains($"--adapter {scratch.File("a")} --load-in-4bit --bnb-4bit-use-double-quant --llm-int8-skip-modules v_proj --prompt \"...\"", output);
        var recorded = File.ReadAllText(Path.Combine(scratch.File("a"), "purelora.yaml"));
        foreach (var line in (string[])["gradient_checkpointing: true", "load_in_4bit: true", "load_in_8bit: false", "bnb_4bit_quant_type: \"nf4\"", "bnb_4bit_use_double_quant: true"])
            Assert.Contains(line, recorded);
    }

    [Theory]
    [InlineData("all of them", "quantize", "BASE", "--report")]
    [InlineData("was trained over a base in NF4", "merge", "--model", "BASE", "--adapter", "ADAPTER")]
    public void Stopping_while_a_model_is_read_or_written_leaves_nothing(string said, params string[] args)
    {
        if (args.Contains("ADAPTER"))
            Json([.. tiny.TrainArguments(scratch.File("adapter")), "--load-in-4bit"]);
        Directory.CreateDirectory(scratch.File("place"));
        using var stop = new CancellationTokenSource();
        string[] full = [.. args.Select(a => a switch { "BASE" => tiny.Base, "ADAPTER" => scratch.File("adapter"), _ => a }), "--json", "--out", scratch.File("place/out")];
        Assert.Equal(130, BrokenRunTests.Watched(said, stop.Cancel, out var error, full, stop.Token));
        Assert.EndsWith($"stopped{Environment.NewLine}", error);
        Assert.Empty(Directory.GetFileSystemEntries(scratch.File("place")));
    }

    [Fact]
    public void A_load_that_is_stopped_gives_everything_back()
    {
        using var device = Device.Open("cpu", 1);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => Pretrained.Load(device, tiny.Base, stop: stop.Token));
        Assert.Equal(0, device.Bytes);
    }

    public void Dispose() => scratch.Dispose();
}
