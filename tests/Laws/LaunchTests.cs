namespace PureLora.Tests;

/// <summary>A whole training step as a GPU gets it: a list of launches, one wait, and no memory taken after the first step.</summary>
public sealed class LaunchTests
{
    const int Steps = 3;

    /// <summary>What a run launched between two waits, and what it then held.</summary>
    sealed record Captured(IReadOnlyList<string> Launches, long Waits, long Chunks);

    public static TheoryData<string, bool> Runs => new() { { "ptx:1", false }, { "ptx:1", true }, { "ilgpu", false } };

    [Theory, MemberData(nameof(Runs))]
    public void A_step_waits_once_takes_no_memory_and_launches_the_same_list(string deviceName, bool checkpointing)
    {
        var steps = Capture(deviceName, layers: 2, checkpointing);
        Assert.Equal(Steps, steps.Count);
        foreach (var step in steps.Skip(1))
        {
            Assert.Equal(1, step.Waits);
            Assert.Equal(steps[0].Chunks, step.Chunks);
            Assert.Equal(steps[1].Launches, step.Launches);
        }
    }

    [Fact]
    public void The_page_on_gpus_counts_the_launches_of_a_layer()
    {
        string Row(string name, bool checkpointing)
        {
            int Count(int layers) => Capture("ptx:1", layers, checkpointing)[1].Launches.Count;
            var (two, three) = (Count(2), Count(3));
            return $"| {name} | {three - two} | {two} |";
        }
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "gpu.md"));
        string[] rows = [Row("LoRA on all linears", false), Row("the same with gradient checkpointing", true)];
        Assert.All(rows, row => Assert.True(page.Contains(row), $"docs/gpu.md needs the row {row}"));
    }

    [Fact]
    public void A_run_in_the_interpreter_has_the_losses_of_the_host()
    {
        var (host, gpu) = (new Losses(), new Losses());
        Train("cpu", 2, false, host);
        Train("ptx:1", 2, false, gpu);
        // Sums in another order: each step's rounding goes into the next.
        foreach (var (expected, actual) in host.All.Zip(gpu.All))
            Assert.InRange(actual, expected - 1e-5, expected + 1e-5);
    }

    static List<Captured> Capture(string deviceName, int layers, bool checkpointing)
    {
        List<Captured> steps = [];
        List<string> launches = [];
        long waits = 0;
        Train(deviceName, layers, checkpointing, new Losses(), (device, ended) =>
        {
            if (!ended)
            {
                device.Launching = (method, shape) => launches.Add($"{CompileTests.Label(method)} {shape.GridDim.X}");
                (launches, waits) = ([], device.Waits);
                return;
            }
            steps.Add(new Captured(launches, device.Waits - waits, device.ChunksTaken));
            (launches, waits) = ([], device.Waits);
        });
        return steps;
    }

    static void Train(string deviceName, int layers, bool checkpointing, Losses log, Action<GpuDevice, bool>? around = null)
    {
        using var tiny = new TinyModel(layers: layers);
        using var device = Devices.Open(deviceName);
        using var model = tiny.Open(device);
        model.Checkpointing = checkpointing;
        log.Around = around is null ? null : ended => around((GpuDevice)device, ended);
        new Trainer(model, [.. TinyModel.Fresh(model).Parameters], TinyRun.Config with { MaxSteps = Steps, EvalFile = "" }, tiny.Examples(9, 9, 9, 9), null, padId: 0).Run(log);
    }

    sealed class Losses : ITrainingLog
    {
        public List<double> All { get; } = [];

        public Action<bool>? Around { get; set; }

        public void Started(int totalSteps, long trainableParameters) => Around?.Invoke(false);

        public void Stepped(StepReport report, bool logged)
        {
            All.Add(report.Loss);
            Around?.Invoke(true);
        }

        public void Evaluated(int step, double loss) { }
    }
}
