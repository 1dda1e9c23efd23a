namespace PureLora.Tests;

/// <summary>Memory belongs to the device: every byte comes back, and a warm step takes nothing new.</summary>
public sealed class MemoryTests
{
    [Theory]
    [InlineData("cpu", "lora", false)]
    [InlineData("cpu", "full", false)]
    [InlineData("cpu", "full", true)]
    [InlineData("ilgpu", "lora", false)]
    [InlineData("ilgpu", "full", true)]
    public void Dispose_returns_every_byte(string deviceName, string method, bool tied)
    {
        using var tiny = new TinyModel(tied: tied);
        using var device = Device.Open(deviceName);
        var model = tiny.Open(device, trainable: method == "full");
        Parameter[] parameters = method == "full" ? [.. model.Parameters] : [.. TinyModel.Fresh(model, dropout: 0.1).Parameters];
        var held = device.Bytes;
        var config = TinyRun.Config with { Method = method, LoraDropout = 0.1, MaxSteps = 1 };
        new Trainer(model, parameters, config, tiny.Examples(14, 9), tiny.Examples(8), padId: 0).Run(new Watch(device));
        foreach (var parameter in parameters)
            parameter.DropGradient();
        Assert.Equal(held, device.Bytes);
        Generation.Run(model, [tiny.Ids(5, 1), tiny.Ids(8, 2)], new GenerationSettings { MaxNewTokens = 3 }, new HashSet<int>());
        Assert.Equal(held, device.Bytes);
        model.Dispose();
        Assert.Equal(0, device.Bytes);
    }

    [Theory]
    [InlineData("cpu", false)]
    [InlineData("cpu", true)]
    [InlineData("ilgpu", false)]
    public void A_second_step_of_the_same_shape_takes_no_block_and_little_from_the_garbage_collector(string deviceName, bool checkpointing)
    {
        using var tiny = new TinyModel();
        using var device = Device.Open(deviceName, 1); // one thread, whose allocations can be counted
        using var model = tiny.Open(device);
        model.Checkpointing = checkpointing;
        var tokens = deviceName == "cpu" ? 120 : 12;
        var examples = tiny.Examples([.. Enumerable.Repeat(tokens, 16)]);
        var config = TinyRun.Config with { PerDeviceTrainBatchSize = 8, LoraDropout = 0.1, MaxSteps = 5 };
        var watch = new Watch(device);
        new Trainer(model, [.. TinyModel.Fresh(model, dropout: 0.1).Parameters], config, examples, null, padId: 0).Run(watch);
        Assert.All(watch.Blocks.Skip(1), blocks => Assert.Equal(watch.Blocks[0], blocks));
        Assert.All(watch.Allocated.Zip(watch.Allocated.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 1, 1_000_000));
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("full")]
    public void The_whole_logits_are_never_held(string method)
    {
        const int vocabulary = 20_000, trained = 2048;
        using var tiny = new TinyModel(vocabulary, hidden: 16, inner: 16, layers: 1, heads: 2, keyHeads: 1, headSize: 8);
        var config = TinyRun.Config with { Method = method, PerDeviceTrainBatchSize = 8, MaxSteps = 1 };
        // The logits alone would be 164 MB, and their gradient as much again. Two of the examples' tokens in three are trained.
        Assert.InRange(Peak(tiny, config, Enumerable.Repeat(trained / 8 * 3 / 2, 8)), 1, 4L * vocabulary * trained * 6 / 10);
    }

    [Fact]
    public void Checkpointing_lowers_the_peak()
    {
        using var tiny = new TinyModel(layers: 6);
        var config = TinyRun.Config with { PerDeviceTrainBatchSize = 8, MaxSteps = 1 };
        var lengths = Enumerable.Repeat(100, 8);
        Assert.InRange(Peak(tiny, config with { GradientCheckpointing = true }, lengths), 1, Peak(tiny, config, lengths) / 2);
    }

    static long Peak(TinyModel tiny, TrainConfig config, IEnumerable<int> lengths)
    {
        using var device = Device.Open("cpu", 2);
        using var model = tiny.Open(device, trainable: config.Method == "full");
        model.Checkpointing = config.GradientCheckpointing ?? false;
        Parameter[] parameters = config.Method == "full" ? [.. model.Parameters] : [.. TinyModel.Fresh(model).Parameters];
        return new Trainer(model, parameters, config, tiny.Examples([.. lengths]), null, padId: 0).Run(new Watch(device)).PeakBytes;
    }

    /// <summary>Reads the counters between two steps.</summary>
    sealed class Watch(Device device) : ITrainingLog
    {
        public List<long> Blocks { get; } = [];

        public List<long> Allocated { get; } = [];

        public void Started(int totalSteps, long trainableParameters) { }

        public void Stepped(StepReport report, bool logged)
        {
            Blocks.Add(device.ChunksTaken);
            Allocated.Add(GC.GetAllocatedBytesForCurrentThread());
        }

        public void Evaluated(int step, double loss) { }
    }
}
