namespace PureLora.Tests;

/// <summary>What a short training came to, bit by bit.</summary>
/// <param name="Hash">The run hash.</param>
/// <param name="Parameters">The bits of each trained parameter.</param>
/// <param name="Gradients">The gradients of the last step.</param>
sealed record TinyRun(string Hash, uint[][] Parameters, float[][] Gradients)
{
    public static TrainConfig Config { get; } = new()
    {
        TrainFile = "memory",
        EvalFile = "memory",
        PerDeviceTrainBatchSize = 4,
        MaxSteps = 3,
        LearningRate = 0.02,
        Seed = 7,
        R = 5,
        WeightDecay = 0.1,
        MaxGradNorm = 0.5,
    };

    /// <summary>Trains <paramref name="tiny"/> as <paramref name="config"/> says, on a device of its own.</summary>
    public static TinyRun Of(TinyModel tiny, ExampleSet examples, TrainConfig config, string deviceName = "cpu", int threads = 2, ITrainingLog? log = null, string targets = "all-linear", ExampleSet? evaluation = null)
    {
        using var device = Device.Open(deviceName, threads);
        using var model = tiny.Open(device, trainable: config.Method == "full");
        model.Checkpointing = config.GradientCheckpointing ?? false;
        Parameter[] parameters = config.Method == "full" ? [.. model.Parameters] : [.. TinyModel.Fresh(model, config.LoraDropout, targets).Parameters];
        var result = new Trainer(model, parameters, config, examples, evaluation, padId: 0).Run(log ?? new Silent());
        return new TinyRun(result.RunHash, [.. parameters.Select(p => OpTests.Bits(p.Data.ToArray()))], [.. parameters.Select(p => p.Gradient.ToArray())]);
    }

    public static void AssertSame(TinyRun expected, TinyRun actual)
    {
        Assert.Equal(expected.Hash, actual.Hash);
        Assert.Equal(expected.Parameters.Length, actual.Parameters.Length);
        for (var i = 0; i < expected.Parameters.Length; i++)
            Assert.Equal(expected.Parameters[i], actual.Parameters[i]);
    }

    sealed class Silent : ITrainingLog
    {
        public void Started(int totalSteps, long trainableParameters) { }

        public void Stepped(StepReport report, bool logged) { }

        public void Evaluated(int step, double loss) { }
    }
}
