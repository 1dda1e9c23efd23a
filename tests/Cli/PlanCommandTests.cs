using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>plan, bench and the first lines of train.</summary>
public sealed class PlanCommandTests(TinyFolder tiny) : IClassFixture<TinyFolder>, IDisposable
{
    readonly ScratchFolder scratch = new();

    static JsonObject Json(params string[] args)
    {
        var (code, output, error) = ProgramTests.Run(args);
        Assert.True(code == 0, error);
        return JsonNode.Parse(output)!.AsObject();
    }

    [Theory]
    [InlineData("gradient-checkpointing=true")]
    [InlineData("method=full")]
    public void The_peak_of_train_is_what_plan_said(string change)
    {
        // One length, so that the largest batch is the one that is drawn.
        File.WriteAllLines(scratch.File("same.jsonl"), Enumerable.Repeat("""{"text": "The cat 0 is red."}""", 6));
        var arguments = tiny.TrainArguments(scratch.File("out"), change, $"train-file={scratch.File("same.jsonl")}", $"eval-file={scratch.File("same.jsonl")}", "per-device-eval-batch-size=2");
        var plan = Json(["plan", .. arguments[1..]]);
        Assert.False(Directory.Exists(scratch.File("out")));
        var run = Json(arguments);
        Assert.Equal((long)plan["device_peak_bytes"]!, (long)run["peak_bytes"]!);
        Assert.Equal((long)plan["trainable_parameters"]!, (long)run["trainable_parameters"]!);
        Assert.Equal((long)plan["total_bytes"]!, plan["parts"]!.AsObject().Sum(part => (long)part.Value!));
    }

    [Fact]
    public void A_plan_is_a_table_for_people()
    {
        var (code, output, _) = ProgramTests.Run("plan", "--shape", "tiny", "--max-seq-length", "64", "--per-device-train-batch-size", "2");
        Assert.Equal(0, code);
        foreach (var word in (string[])["147,968 trained parameters", "2 x 64 tokens", "weights F32", "adapters", "gradients", "optimizer", "activations kept", "working buffers", "process", "total", "fullest moment", "after loading", "what would lower it", "gradient_checkpointing: true (the same result, more time)"])
            Assert.Contains(word, output);
    }

    [Fact]
    public void A_real_step_holds_what_was_planned()
    {
        var result = Json("bench", "step", "--shape", "tiny", "--max-seq-length", "32", "--per-device-train-batch-size", "2", "--max-steps", "2", "--dtype", "bfloat16", "--threads", "2", "--json");
        Assert.Equal((long)result["planned_bytes"]!, (long)result["device_peak_bytes"]!);
        Assert.InRange((long)result["rss_peak_bytes"]!, (long)result["device_peak_bytes"]!, 64L << 30);
        Assert.Equal(64 / (double)result["seconds_per_step"]!, (double)result["tokens_per_second"]!, 6);
        // Uniform logits over 4096 words, nearly.
        Assert.InRange((double)result["loss"]!, Math.Log(4096) - 0.3, Math.Log(4096) + 0.3);
        var kernels = result["kernels"]!.AsArray();
        Assert.Contains("MatMul.Forward", kernels.Select(k => (string)k!["kernel"]!));
        Assert.InRange(kernels.Sum(k => (double)k!["share"]!), 0.5, 1);
    }

    [Fact]
    public void Accumulation_is_planned_without_making_its_examples()
    {
        JsonObject Plan(int steps) => Json("plan", "--shape", "tiny", "--max-seq-length", "128", "--per-device-train-batch-size", "4", "--gradient-accumulation-steps", $"{steps}", "--json");
        var (two, many) = (Plan(2), Plan(1_000_000_000));
        Assert.Equal((long)two["device_peak_bytes"]!, (long)many["device_peak_bytes"]!);
        Assert.Equal(8 * (4 * 128 + 64), (long)two["parts"]!["examples"]!);
        Assert.Equal(4_000_000_000L * (4 * 128 + 64), (long)many["parts"]!["examples"]!);
        Assert.False((bool)many["fits"]!);
        Assert.DoesNotContain(many["proposals"]!.AsArray(), p => ((string)p!["settings"]!).Contains("gradient_accumulation_steps: -"));
    }

    [SkippableFact]
    public void A_plan_for_a_device_that_is_not_here_does_not_say_that_it_fits()
    {
        Skip.If(GpuSurvey.Run().Any(found => found.Refused is null && found.Name.StartsWith("cuda", StringComparison.Ordinal)), "This machine has a CUDA device.");
        string[] line = ["plan", "--shape", "tiny", "--device", "cuda", "--max-seq-length", "64"];
        var plan = Json([.. line, "--json"]);
        Assert.True(plan.ContainsKey("fits"));
        Assert.Null(plan["fits"]);
        Assert.All(plan["proposals"]!.AsArray(), proposal => Assert.Null(proposal!["fits"]));
        Assert.Contains("the host's part fits, and cuda is not in this machine", ProgramTests.Run(line).Output);
        Assert.True((bool)Json("plan", "--shape", "tiny", "--max-seq-length", "64", "--json")["fits"]!);
    }

    [Fact]
    public void A_paged_state_of_a_benchmark_needs_no_folder_that_exists()
    {
        var folder = scratch.File("new/er");
        Json("bench", "step", "--shape", "tiny", "--max-seq-length", "16", "--per-device-train-batch-size", "1", "--optim", "paged_adamw", "--output-dir", folder, "--json");
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public void Generating_is_measured_beside_what_the_machine_allows()
    {
        var result = Json("bench", "generate", "--shape", "tiny", "--load-in-8bit", "--prompt-tokens", "32", "--max-new-tokens", "4", "--threads", "2", "--json");
        Assert.Equal((32, 4), ((int)result["prompt_tokens"]!, (int)result["new_tokens"]!));
        var row = Assert.Single(result["rows"]!.AsArray())!;
        Assert.Equal(2, (int)row["threads"]!);
        // INT8 and a scale to a row; the head, tied to the embedding, stays in F32.
        Assert.Equal(4L * (256 * (256 + 128 + 128 + 256 + 688 + 688 + 256)) + 4L * 4 * (256 + 128 + 128 + 256 + 688 + 688 + 256) + 4L * 4096 * 256
            + 4L * 256 * (688 - 256), (long)row["weight_bytes_per_token"]!);
        foreach (var name in (string[])["prefill_tokens_per_second", "prefill_gflops", "peak_gflops", "decode_tokens_per_second", "bandwidth_share"])
            Assert.InRange((double)row[name]!, 1e-6, 1e9);
        Assert.InRange((double)row["bandwidth_gb_per_second"]!, 0.5, 5000);
        Assert.Contains("MatVec.Forward", row["kernels"]!.AsArray().Select(k => (string)k!["kernel"]!));
    }

    [Fact]
    public void Bench_matmul_tells_each_product_with_its_size_and_the_peak()
    {
        var (code, output, error) = ProgramTests.Run("bench", "matmul", "--size", "40x33x70, 5x1x3", "--format", "nf4", "--threads", "2", "--rounds", "1", "--json");
        Assert.True(code == 0, error);
        var rows = JsonNode.Parse(output)!["rows"]!.AsArray();
        Assert.Equal(
            ["forward nf4 40x33x70", "backward_input nf4 40x33x70", "backward_weight f32 40x33x70", "forward nf4 5x1x3", "backward_input nf4 5x1x3", "backward_weight f32 5x1x3"],
            rows.Select(r => $"{r!["form"]} {r["format"]} {r["m"]}x{r["n"]}x{r["k"]}"));
        foreach (var row in rows)
        {
            Assert.Equal(2, (int)row!["threads"]!);
            Assert.InRange((double)row["gflops"]!, 1e-6, 1e5);
            Assert.InRange((double)row["peak_gflops"]!, 1, 1e5);
        }
    }

    [Fact]
    public void Train_refuses_what_cannot_fit_and_starts_by_force()
    {
        // The largest matrices allow this rank: hundreds of gigabytes of adapters, gradients and moments.
        var arguments = tiny.TrainArguments(scratch.File("out"), "r=20000000");
        var (code, output, error) = ProgramTests.Run(arguments);
        Assert.Equal((1, ""), (code, output));
        Assert.Matches(@"error: memory: the run is planned to need \d+\.\d\d GiB, but this machine has .* available\. .*; or pass --force to try\.\n", error.ReplaceLineEndings("\n"));
        Assert.False(Directory.Exists(scratch.File("out")));
        var forced = ProgramTests.Run([.. tiny.TrainArguments(scratch.File("out")), "--force"]);
        Assert.True(forced.Code == 0, forced.Error);
        Assert.Contains("memory     ", forced.Error);
    }

    [Theory]
    [InlineData("plan", "error: configuration: model is missing, but a plan needs --model <dir> or --shape <name>.")]
    [InlineData("plan --shape llama9", "'llama9' is not a known shape")]
    [InlineData("plan --shape tiny --model m", "--shape stands in its place")]
    [InlineData("plan --shape tiny --train-file x.jsonl", "a shape has no tokenizer")]
    [InlineData("plan --shape tiny --dtype f8", "needs float32, bfloat16 or float16")]
    [InlineData("plan --model m --dtype float32", "a model's files say")]
    [InlineData("plan --shape tiny --max-seq-length 4096", "the model has 2048 positions")]
    [InlineData("plan --shape tiny --target-modules nothing", "matches no linear of the model")]
    [InlineData("bench step --shape tiny --per-device-train-batch-size 4 --gradient-accumulation-steps 1000000000", "a step has 4,000,000,000 examples, but a benchmark needs at most")]
    [InlineData("bench step --shpe tiny", "'--shpe' is no flag of purelora bench step. Write --shape if you meant that; see 'purelora bench step --help'.")]
    [InlineData("bench generate --shape tiny --prompt-tokens 0", "--prompt-tokens is 0 and --max-new-tokens 128, but each needs 1 or more. Raise it.")]
    [InlineData("bench generate --shape tiny --max-new-tokens 1536", "512 + 1536 tokens were asked for, but the model has 2048 positions and needs one more.")]
    [InlineData("bench matmul --size 3x4", "--size is '3x4', but it needs three whole numbers of 1 to 1048576, as in 1024x576x1536. Change it.")]
    [InlineData("bench matmul --format f31", "--format is 'f31', but it needs f32, bf16")]
    [InlineData("bench stp", "is no command, but purelora bench needs step, matmul, generate or tokenize.")]
    public void Wrong_requests_are_one_line(string line, string message)
    {
        var (code, _, error) = ProgramTests.Run(line.Split(' '));
        Assert.Equal(2, code);
        Assert.Contains(message, error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    public void Dispose() => scratch.Dispose();
}
