namespace PureLora.Tests;

/// <summary>What a run that works says about itself where a person would want to know.</summary>
public sealed class WarningTests(TinyFolder tiny) : IClassFixture<TinyFolder>, IDisposable
{
    readonly ScratchFolder scratch = new();

    string Said(params string[] changes)
    {
        var (code, _, error) = ProgramTests.Run(tiny.TrainArguments(scratch.File("out"), changes));
        Assert.True(code == 0, error);
        return error;
    }

    [Fact]
    public void An_ordinary_run_warns_of_nothing()
    {
        var said = Said();
        Assert.DoesNotContain("warning", said);
        Assert.Contains($"next       purelora generate --model {tiny.Base} --adapter {scratch.File("out")} --prompt \"...\"", said);
    }

    [Fact]
    public void A_rank_above_that_of_the_matrix_is_told() =>
        Assert.Contains("warning: r is 41, but model.layers.0.self_attn.k_proj [20, 40] can change by rank 20 at most.", Said("r=41"));

    [Fact]
    public void A_rank_that_fits_is_not_told() => Assert.DoesNotContain("can change by rank", Said("r=20"));

    [Fact]
    public void A_loss_that_rises_is_told()
    {
        File.WriteAllLines(scratch.File("other.jsonl"), ["""{"text": "bbbbbbbb"}"""]);
        Assert.Matches("warning: the evaluation loss is [0-9.]+ at the end, but was [0-9.]+ at the start. Lower learning_rate", Said($"train-file={scratch.File("other.jsonl")}", "max-steps=12"));
    }

    [Fact]
    public void A_rise_without_an_evaluation_set_is_told_from_the_mean_of_ten_steps()
    {
        var said = new List<string>();
        var log = new RunWarnings(said.Add);
        void Step(double loss) => log.Stepped(new StepReport(log.Steps + 1, 1, loss, 1, 1, 1, 1), logged: false);
        for (var i = 0; i < 19; i++)
            Step(1 + i);
        log.Ended();
        Assert.Empty(said);
        Step(20);
        log.Ended();
        Assert.Equal("warning: the mean loss of 10 steps is 15.5000 at the end, but was 5.5000 at the start. Lower learning_rate, or train for fewer steps.", Assert.Single(said));
    }

    [Fact]
    public void A_gradient_of_zero_is_told_once()
    {
        var said = new List<string>();
        var log = new RunWarnings(said.Add);
        foreach (var norm in (double[])[1e-30, 0, 0])
            log.Stepped(new StepReport(log.Steps + 1, 1, 1, 1, norm, 1, 1), logged: false);
        Assert.Equal("warning: the gradient of step 2 is exactly 0, so nothing is learned there. Look for weights or examples that are all alike.", Assert.Single(said));
    }

    [Fact]
    public void A_head_that_cannot_be_merged_is_told_before_training()
    {
        var tied = scratch.File("tied");
        Directory.CreateDirectory(tied);
        foreach (var file in Directory.GetFiles(tiny.Bare))
            File.Copy(file, Path.Combine(tied, Path.GetFileName(file)));
        var settings = Path.Combine(tied, "config.json");
        File.WriteAllText(settings, File.ReadAllText(settings).Replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true"));
        using (var device = Device.Open("cpu", 1))
        using (var model = Pretrained.Random(device, tied, seed: 1))
            ModelFolder.Save(model, tied, scratch.File("base"));
        var said = Said($"model={scratch.File("base")}", "target-modules=q_proj,lm_head");
        Assert.InRange(said.IndexOf("warning: target_modules has lm_head, but this model's head is its embedding table, so merge will refuse the adapter.", StringComparison.Ordinal), 0, said.IndexOf("step ", StringComparison.Ordinal));
        Assert.DoesNotContain("warning", Said("target-modules=q_proj,lm_head"));
    }

    public void Dispose() => scratch.Dispose();
}
