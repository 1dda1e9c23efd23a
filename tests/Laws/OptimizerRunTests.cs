namespace PureLora.Tests;

/// <summary>Short trainings with each <c>optim</c>.</summary>
public sealed class OptimizerRunTests
{
    public static TheoryData<string> Names => ["adamw", "adamw_8bit", "lion", "lion_8bit", "sgd", "paged_adamw", "paged_adamw_8bit", "paged_lion", "paged_lion_8bit"];

    /// <summary>Full training of matrices above 4096 elements, so that some have codes and some have not.</summary>
    static TinyModel Model() => new(hidden: 72, inner: 80, heads: 4, keyHeads: 2, headSize: 18);

    static TrainConfig Config(string optim) => TinyRun.Config with
    {
        Method = "full",
        Optim = optim,
        MaxSteps = 12,
        LrSchedulerType = "constant",
        WeightDecay = 0.01,
        LearningRate = optim == "sgd" ? 0.5 : optim.Contains("lion", StringComparison.Ordinal) ? 1e-3 : 3e-3,
    };

    [Theory, MemberData(nameof(Names))]
    public void The_loss_falls_and_a_second_step_takes_no_chunk(string optim)
    {
        using var tiny = Model();
        Assert.True(72 * 72 >= Moment.Smallest8bit && 36 * 72 < Moment.Smallest8bit);
        using var device = Device.Open("cpu", 2);
        using var model = tiny.Open(device, trainable: true);
        var watch = new Watch(device);
        var examples = tiny.Examples(30, 30, 30, 30);
        var result = new Trainer(model, [.. model.Parameters], Config(optim), examples, examples, padId: 0).Run(watch);
        Assert.True(result.EvalLoss < 0.9 * result.EvalLossBefore, $"{optim}: the loss was {result.EvalLossBefore} and is {result.EvalLoss}.");
        Assert.All(watch.Chunks.Skip(1), chunks => Assert.Equal(watch.Chunks[0], chunks));
    }

    [Theory]
    [InlineData("adamw")]
    [InlineData("adamw_8bit")]
    [InlineData("lion")]
    [InlineData("lion_8bit")]
    public void A_paged_run_is_the_same_run_on_any_number_of_threads(string optim)
    {
        using var tiny = Model();
        var examples = tiny.Examples(14, 11, 17, 9);
        var config = Config(optim) with { MaxSteps = 3 };
        var expected = TinyRun.Of(tiny, examples, config, threads: 1);
        TinyRun.AssertSame(expected, TinyRun.Of(tiny, examples, config with { Optim = "paged_" + optim }, threads: 3));
    }

    [Theory]
    [InlineData("adamw_8bit")]
    [InlineData("lion_8bit")]
    [InlineData("lion")]
    [InlineData("sgd")]
    [InlineData("paged_adamw_8bit")]
    public void The_gpu_kernels_train_too(string optim)
    {
        using var tiny = Model();
        var examples = tiny.Examples(7, 5, 8, 6);
        var config = Config(optim) with { MaxSteps = 2 };
        var first = TinyRun.Of(tiny, examples, config, "ilgpu");
        TinyRun.AssertSame(first, TinyRun.Of(tiny, examples, config, "ilgpu"));
        Assert.NotEqual(TinyRun.Of(tiny, examples, config with { MaxSteps = 1 }, "ilgpu").Hash, first.Hash);
    }

    sealed class Watch(Device device) : ITrainingLog
    {
        public List<long> Chunks { get; } = [];

        public void Started(int totalSteps, long trainableParameters) { }

        public void Stepped(StepReport report, bool logged) => Chunks.Add(device.ChunksTaken);

        public void Evaluated(int step, double loss) { }
    }
}
