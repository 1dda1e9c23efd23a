using System.Text.Json;

namespace PureLora.Tests;

/// <summary>
/// The built-in model can be made again, byte for byte: eng/make-tiny-base.sh makes all of it, this test its tokenizer
/// and the first fifty steps of its training.
/// </summary>
public sealed class TinyBaseTests
{
    /// <summary>The losses of steps 1 and 50 in the log of the run that made the committed model.</summary>
    const double FirstLoss = 7.012999089348395, FiftiethLoss = 2.930038601403003;

    static string Repository => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../.."));

    [Fact]
    public void The_tokenizer_and_the_first_fifty_steps_come_out_as_they_did()
    {
        using var scratch = new ScratchFolder();
        var (seed, data) = (Directory.CreateDirectory(Path.Combine(scratch.Path, "seed")).FullName, Path.Combine(scratch.Path, "base-train.jsonl"));
        var committed = Path.Combine(Repository, "examples", "tiny-base");
        File.WriteAllText(data, TinyText.BaseFile());
        File.Copy(Path.Combine(committed, "seed", "config.json"), Path.Combine(seed, "config.json"));
        BpeTraining.Write(seed, TinyText.Base.SelectMany(e => new[] { e.Prompt, e.Plain }), 1024);
        foreach (var name in (string[])["tokenizer.json", "tokenizer_config.json"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(committed, name)), File.ReadAllBytes(Path.Combine(seed, name)));

        var config = ConfigFile.Read(Path.Combine(committed, "tiny-base.yaml")) with { Model = seed, TrainFile = data, OutputDir = Path.Combine(scratch.Path, "out") };
        using var stop = new CancellationTokenSource();
        var watcher = new StopAfter(50, stop);
        Assert.Throws<StoppedException>(() => TrainRun.Execute(config, _ => { }, watcher, stop.Token));
        Assert.Equal(FirstLoss, watcher.Losses[0]);
        Assert.Equal(FiftiethLoss, watcher.Losses[49]);
    }

    sealed class StopAfter(int steps, CancellationTokenSource stop) : ITrainingLog
    {
        public List<double> Losses { get; } = [];

        public void Started(int totalSteps, long trainableParameters) => Assert.True(totalSteps > steps);

        public void Stepped(StepReport report, bool logged)
        {
            Losses.Add(report.Loss);
            if (report.Step == steps)
                stop.Cancel();
        }

        public void Evaluated(int step, double loss) => Assert.Fail("The built-in model's run evaluates nothing.");
    }
}
