using CsCheck;

namespace PureLora.Tests;

/// <summary>A plan is the run without its numbers: the same bytes.</summary>
public sealed class PlanTests
{
    public static TheoryData<string, string, bool, int, int, bool> Runs
    {
        get
        {
            var data = new TheoryData<string, string, bool, int, int, bool>();
            foreach (var device in Devices.Names)
                foreach (var method in (string[])["lora", "full"])
                    foreach (var checkpointing in (bool[])[false, true])
                    {
                        data.Add(device, method, checkpointing, 1, 1, false);
                        data.Add(device, method, checkpointing, 3, 2, true);
                    }
            return data;
        }
    }

    [Theory, MemberData(nameof(Runs))]
    public void The_peak_of_a_run_is_the_planned_one_to_the_byte(string device, string method, bool checkpointing, int batch, int accumulation, bool evaluates)
    {
        using var tiny = new TinyModel(tied: evaluates);
        var config = TinyRun.Config with
        {
            Device = device, Threads = 2, Method = method, GradientCheckpointing = checkpointing, PerDeviceTrainBatchSize = batch,
            GradientAccumulationSteps = accumulation, PerDeviceEvalBatchSize = 2, LoraDropout = method == "lora" && evaluates ? 0.1 : 0, MaxSteps = 3,
        };
        var length = device == "cpu" ? 90 : 9;
        var train = tiny.Examples([.. Enumerable.Repeat(length, batch * accumulation)]);
        var evaluation = evaluates ? tiny.Examples(length + 10, length, 5) : null;
        Compare(tiny, config, train, evaluation);
    }

    [Fact]
    public void Batches_of_mixed_lengths_hold_little_more_than_the_largest()
    {
        using var tiny = new TinyModel(layers: 4);
        var config = TinyRun.Config with { Threads = 2, GradientCheckpointing = true, PerDeviceTrainBatchSize = 4, MaxSteps = 20 };
        var train = tiny.Examples([.. Devices.Noise(80, 5).Select(x => 100 + (int)(90 * x))]);
        var (planned, held, kept) = Run(tiny, config, train, null);
        // Measured over many shapes: 1.1 times the working memory; what is kept is exact.
        Assert.InRange(held - kept, (planned - kept) * 8 / 10, (planned - kept) * 12 / 10);
    }

    static void Compare(TinyModel tiny, TrainConfig config, ExampleSet train, ExampleSet? evaluation)
    {
        var (planned, held, _) = Run(tiny, config, train, evaluation);
        Assert.Equal(planned, held);
    }

    static (long Planned, long Held, long Kept) Run(TinyModel tiny, TrainConfig config, ExampleSet train, ExampleSet? evaluation)
    {
        var plan = Planner.Plan(config, (device, c) => tiny.Open(device, c.Method == "full"), train, evaluation);
        using var device = Device.Open(config.Device, config.Threads);
        using var model = tiny.Open(device, config.Method == "full");
        model.Checkpointing = config.GradientCheckpointing ?? false;
        Parameter[] parameters = config.Method == "full" ? [.. model.Parameters] : [.. LoraAdapter.Attach(model, config.ToLora(), 1).Parameters];
        var result = new Trainer(model, parameters, config, train, evaluation, padId: 0).Run(new Silent());
        return (plan.DevicePeakBytes, result.PeakBytes, device.Bytes);
    }

    sealed class Silent : ITrainingLog
    {
        public void Started(int totalSteps, long trainableParameters) { }

        public void Stepped(StepReport report, bool logged) { }

        public void Evaluated(int step, double loss) { }
    }
}
