using System.Text.Json.Nodes;

namespace PureLora.Tests;

/// <summary>The command line on a real model and the LoRA paper's task; both are in PURELORA_FIXTURES.</summary>
public sealed class RealRunTests
{
    [SkippableFact]
    public void Thirty_steps_on_e2e_teach_the_real_model_and_generate_and_merge_agree()
    {
        var model = RealModelTests.Folder();
        var data = Path.Combine(Golden.Fixtures!, "data", "e2e");
        Skip.IfNot(Directory.Exists(data), "PURELORA_FIXTURES names no folder with data/e2e, so training on real data was not tested.");
        using var scratch = new ScratchFolder();
        File.WriteAllLines(scratch.File("eval.jsonl"), File.ReadLines(Path.Combine(data, "valid.jsonl")).Take(40));
        var result = Json("train", "--model", model, "--train-file", Path.Combine(data, "train.jsonl"), "--eval-file", scratch.File("eval.jsonl"), "--output-dir", scratch.File("out"),
            "--r", "8", "--lora-alpha", "16", "--learning-rate", "5e-3", "--per-device-train-batch-size", "8", "--max-steps", "30", "--seed", "1", "--json");
        Assert.InRange((double)result["eval_loss_before"]!, 3.8, 4.8);
        Assert.InRange((double)result["eval_loss"]!, 0.5, 2.0);

        Json("merge", "--model", model, "--adapter", scratch.File("out"), "--out", scratch.File("merged"), "--json");
        string Tokens(params string[] more) => Json(["generate", "--prompt", "name[Alimentum], area[city centre], familyFriendly[no]", "--max-new-tokens", "48", "--json", .. more])["tokens"]!.ToJsonString();
        var adapted = Tokens("--model", model, "--adapter", scratch.File("out"));
        Assert.Equal(adapted, Tokens("--model", scratch.File("merged")));
        Assert.NotEqual(adapted, Tokens("--model", model));
    }

    static JsonNode Json(params string[] args)
    {
        var (code, output, error) = ProgramTests.Run(args);
        Assert.True(code == 0, error);
        return JsonNode.Parse(output)!;
    }
}
