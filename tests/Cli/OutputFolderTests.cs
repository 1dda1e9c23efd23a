namespace PureLora.Tests;

/// <summary>Settings, log and weights in an output folder belong to one run, whatever happens to the next one.</summary>
public sealed class OutputFolderTests(TinyFolder tiny) : IClassFixture<TinyFolder>, IDisposable
{
    readonly ScratchFolder scratch = new();

    string Out => scratch.File("out");

    [Fact]
    public void Stopping_in_the_middle_leaves_no_adapter_of_the_run_and_the_one_before_as_it_was()
    {
        using var stop = new CancellationTokenSource();
        Assert.Equal(130, BrokenRunTests.Watched("step     2/", stop.Cancel, out var said, tiny.TrainArguments(Out), stop.Token));
        Assert.EndsWith($"stopped after step 2 of 3; no adapter was saved{Environment.NewLine}", said);
        Assert.Contains($"unfinished {Path.Combine(Out, "unfinished")}: settings and log of this run{Environment.NewLine}", said);
        Assert.DoesNotContain("step     3/", said);
        Assert.Equal(["unfinished"], EndToEndTests.Files(Out));
        Assert.Equal(["log.jsonl", "purelora.yaml"], EndToEndTests.Files(Path.Combine(Out, "unfinished")));

        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(Out)).Code);
        var first = BrokenRunTests.Snapshot(Out);
        Assert.Equal(4, first.Length);
        using var again = new CancellationTokenSource();
        Assert.Equal(130, BrokenRunTests.Watched("step     2/", again.Cancel, out said, tiny.TrainArguments(Out, "seed=9"), again.Token));
        Assert.Contains($"settings and log of this run; the earlier result in {Out} is as it was", said);
        Assert.Equal(first, BrokenRunTests.Snapshot(Out));
        var unfinished = Path.Combine(Out, "unfinished");
        Assert.Equal(["log.jsonl", "purelora.yaml"], EndToEndTests.Files(unfinished));
        Assert.Contains("seed: 9", File.ReadAllText(Path.Combine(unfinished, "purelora.yaml")));
        Assert.Contains("\"step\":2,", File.ReadAllText(Path.Combine(unfinished, "log.jsonl")));

        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(Out, "seed=9")).Code);
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors", "log.jsonl", "purelora.yaml"], EndToEndTests.Files(Out));
        Assert.Contains("seed: 9", File.ReadAllText(Path.Combine(Out, "purelora.yaml")));
        Assert.NotEqual(first, BrokenRunTests.Snapshot(Out));
    }

    [Fact]
    public void A_second_run_into_the_same_folder_is_refused_while_the_first_one_runs()
    {
        (int Code, string Output, string Error) second = default;
        var code = BrokenRunTests.Watched("step     2/", () => second = ProgramTests.Run(tiny.TrainArguments(Out, "seed=9")), out _, tiny.TrainArguments(Out));
        Assert.Equal(0, code);
        Assert.Equal((1, $"error: {Out}: another run is writing into it, but output_dir needs to belong to one run. Wait for it, or choose another output_dir.{Environment.NewLine}"), (second.Code, second.Error));
        Assert.Contains("seed: 42", File.ReadAllText(Path.Combine(Out, "purelora.yaml")));
    }

    [Fact]
    public void A_lock_that_a_killed_run_left_is_no_hindrance()
    {
        Directory.CreateDirectory(Out);
        File.WriteAllText(Path.Combine(Out, ".purelora.lock"), "");
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(Out)).Code);
        Assert.Equal(4, EndToEndTests.Files(Out).Count());
    }

    [SkippableFact]
    public void A_folder_that_cannot_be_written_is_refused_before_training_and_leaves_no_parent()
    {
        Skip.IfNot(Directory.Exists("/proc/1"), "This system has no /proc to make a folder in.");
        var (code, _, error) = ProgramTests.Run(tiny.TrainArguments("/proc/1/out"));
        Assert.Equal(1, code);
        Assert.StartsWith("error: /proc/1/out: the folder cannot be written (", error);
        Assert.DoesNotContain("step", error);

        var deep = scratch.File("deep/er/out");
        Assert.Equal(1, ProgramTests.Run(tiny.TrainArguments(deep, $"train-file={scratch.File("none")}")).Code);
        Assert.False(Directory.Exists(scratch.File("deep")));
    }

    [Theory]
    [InlineData("adapter_config.json")]
    [InlineData("adapter_model.safetensors")]
    [InlineData("log.jsonl")]
    [InlineData("purelora.yaml")]
    public void Results_that_cannot_take_their_place_are_kept_and_moved_by_the_next_run(string blocked)
    {
        var finished = Path.Combine(Out, "finished");
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(Out)).Code);
        File.Delete(Path.Combine(Out, blocked));
        Directory.CreateDirectory(Path.Combine(Out, blocked));
        Directory.CreateDirectory(Path.Combine(Out, "unfinished"));
        File.WriteAllText(Path.Combine(Out, "unfinished", "purelora.yaml"), ""); // the mark of a folder of ours, where its own is gone
        var (code, _, error) = ProgramTests.Run(tiny.TrainArguments(Out, "lora-alpha=3"));
        Assert.Equal(1, code);
        Assert.Contains($"error: {Out}: the results of a finished run could not all be moved here from {finished} (", error);
        Assert.DoesNotContain("PURELORA_DEBUG", error);
        Assert.Contains("purelora.yaml", EndToEndTests.Files(finished));
        Assert.Contains("lora_alpha: 3", File.ReadAllText(Path.Combine(finished, "purelora.yaml")));

        // While the place is taken, no run begins; then one that is stopped at once still completes what was finished.
        Assert.Equal(1, ProgramTests.Run(tiny.TrainArguments(Out, "lora-alpha=5")).Code);
        Assert.Contains(blocked, EndToEndTests.Files(finished));
        Directory.Delete(Path.Combine(Out, blocked));
        using var stop = new CancellationTokenSource();
        Assert.Equal(130, BrokenRunTests.Watched("step     1/", stop.Cancel, out _, tiny.TrainArguments(Out, "lora-alpha=5"), stop.Token));
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors", "log.jsonl", "purelora.yaml", "unfinished"], EndToEndTests.Files(Out));
        var expected = scratch.File("expected");
        Assert.Equal(0, ProgramTests.Run(tiny.TrainArguments(expected, "lora-alpha=3")).Code);
        foreach (var name in (string[])["adapter_config.json", "adapter_model.safetensors"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(expected, name)), File.ReadAllBytes(Path.Combine(Out, name)));
        Assert.Contains("lora_alpha: 3", File.ReadAllText(Path.Combine(Out, "purelora.yaml")));
    }

    public void Dispose() => scratch.Dispose();
}
