using PureLora.Kernels;

namespace PureLora.Tests;

public sealed class PlannerTests
{
    static readonly QuantizationConfig nf4 = new(new Quantization(WeightFormat.NF4, DoubleQuant: true), []);

    static MemoryPlan Plan(string shape, TrainConfig config, int length = 512, QuantizationConfig? quantization = null) => Planner.Plan(
        config, (device, c) => Pretrained.Random(device, Shapes.Find(shape), c.Method == "full", 1, quantization),
        ExampleSet.Of(LargestBatch.Full(length, config.PerDeviceTrainBatchSize * config.GradientAccumulationSteps)), null);

    [Theory]
    [InlineData("llama2-7b", 8, "q_proj,v_proj", 4_194_304)]
    [InlineData("llama2-7b", 64, "all-linear", 159_907_840)]
    [InlineData("llama3-8b", 16, "all-linear", 41_943_040)]
    public void Trained_parameters_are_the_published_ones(string shape, int rank, string targets, long parameters)
    {
        var config = new TrainConfig { R = rank, TargetModules = TargetSpec.Parse(targets)!, PerDeviceTrainBatchSize = 1 };
        var plan = Plan(shape, config, 16);
        Assert.Equal(parameters, plan.TrainableParameters);
        // A, B, their gradients and two moments in f32, each rounded up to 256 bytes at most.
        Assert.InRange(Part(plan, "adapters") + Part(plan, "gradients") + Part(plan, "optimizer"), 16 * parameters, 16 * parameters + (1 << 20));
    }

    /// <summary>QLoRA (arXiv 2305.14314): 65 billion parameters in 48 GB.</summary>
    [Theory]
    [InlineData("adamw", 48L << 30)]
    [InlineData("adamw_8bit", 48_000_000_000)]
    [InlineData("paged_adamw", 48_000_000_000)]
    public void Llama_65b_in_four_bits_fits_where_the_paper_has_it(string optimizer, long limit)
    {
        var plan = Plan("llama-65b", new TrainConfig { R = 64, PerDeviceTrainBatchSize = 1, Optim = optimizer }, 512, nf4);
        Assert.InRange(plan.TotalBytes, limit * 85 / 100, limit);
        Assert.Equal(optimizer == "paged_adamw", plan.PagedBytes >= 8 * plan.TrainableParameters);
    }

    [Theory]
    [InlineData("smol135m", 134_515_008)]
    [InlineData("llama2-7b", 6_738_415_616)]
    [InlineData("llama2-13b", 13_015_864_320)]
    [InlineData("llama3-8b", 8_030_261_248)]
    [InlineData("llama3-70b", 70_553_706_496)]
    [InlineData("llama-65b", 65_285_660_672)]
    [InlineData("tinyllama-1.1b", 1_100_048_384)]
    [InlineData("qwen3-8b", 8_190_735_360)]
    public void Shapes_have_the_published_number_of_parameters(string name, long parameters)
    {
        using var device = Device.Open("plan:cpu");
        using var model = Pretrained.Random(device, Shapes.Find(name), false, 1);
        Assert.Equal(parameters, model.ParameterCount);
    }

    [Fact]
    public void Double_quantized_nf4_takes_4_127_bits_a_parameter()
    {
        using var device = Device.Open("plan:cpu");
        using var plain = Pretrained.Random(device, Shapes.Find("llama2-7b"), false, 1);
        using var quantized = Pretrained.Random(device, Shapes.Find("llama2-7b"), false, 1, nf4);
        var halves = plain.Weights.Sizes[WeightFormat.F16].Rented - quantized.Weights.Sizes[WeightFormat.F16].Rented;
        Assert.Equal(4.127, 8.0 * quantized.Weights.Sizes[WeightFormat.NF4].Rented / (halves / 2.0), 3);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda")]
    [InlineData("ilgpu")]
    public void Parts_add_up_to_the_peak(string device)
    {
        using var tiny = new TinyModel();
        var config = new TrainConfig { Model = tiny.Folder, Device = device, PerDeviceTrainBatchSize = 3 };
        var plan = Planner.Plan(config, TrainRun.Open, tiny.Examples(40, 30, 20, 10), tiny.Examples(70, 9));
        string[] beside = ["weights F32, mapped", "examples", "process"];
        Assert.Equal(plan.DevicePeakBytes, plan.Parts.Where(part => !beside.Contains(part.Name)).Sum(part => part.Bytes));
        Assert.All(plan.Parts, part => Assert.True(part.Bytes > 0, part.Name));
        Assert.Equal(device == "cpu", plan.Parts.Any(part => part.Name == "weights F32, mapped"));
        Assert.Equal(device == "cuda" ? plan.TotalBytes - plan.DevicePeakBytes : plan.TotalBytes, plan.HostBytes);
        Assert.InRange(plan.EvaluationBytes, plan.LoadingBytes / 2, plan.DevicePeakBytes);
        Assert.Matches(@"^\w+\.\w+, in (evaluation|the training step)$", plan.PeakAt);
    }

    [Fact]
    public void A_lone_configuration_plans_as_its_weights_do()
    {
        using var tiny = new TinyModel();
        var config = new TrainConfig { Model = tiny.Folder, PerDeviceTrainBatchSize = 3 };
        var bare = config with { Model = tiny.Beside("seed") };
        foreach (var device in (string[])["cpu", "cuda"])
            foreach (var change in (Func<TrainConfig, TrainConfig>[])[c => c, c => c with { Method = "full" }, c => c with { LoadIn4bit = true }, c => c with { LoadIn8bit = true }])
                Assert.Equal(Planned(change(config with { Device = device })).Parts, Planned(change(bare with { Device = device })).Parts);

        MemoryPlan Planned(TrainConfig c) => RunPlan.Of(c with { MaxSeqLength = 50 }, null, _ => { }).Plan(c);
    }

    [Fact]
    public void The_largest_batch_is_as_long_and_as_full_as_any()
    {
        using var tiny = new TinyModel();
        var examples = LargestBatch.Of(tiny.Examples(9, 60, 30, 12).Examples, 3);
        Assert.Equal([60, 60, 60], examples.Select(e => e.Ids.Length));
        Assert.Equal([40, 20, 8], examples.Select(e => e.TrainedTokens));
        Assert.Equal(2, LargestBatch.Of(tiny.Examples(9, 60).Examples, 8).Length);
    }

    [Fact]
    public void Proposals_save_what_they_say_and_all_of_them_the_most()
    {
        var config = new TrainConfig { PerDeviceTrainBatchSize = 6 };
        var plan = Plan("tiny", config);
        var proposals = Proposal.For(config, plan, c => Plan("tiny", c), _ => false);
        Assert.Contains(proposals, p => p.Settings == "per_device_train_batch_size: 1, gradient_accumulation_steps: 6");
        Assert.Equal(Plan("tiny", config with { GradientCheckpointing = true }).TotalBytes, proposals.Single(p => p.Settings == "gradient_checkpointing: true").Plan.TotalBytes);
        Assert.All(proposals, p => Assert.True(p.Plan.TotalBytes < plan.TotalBytes));
        Assert.Equal(proposals.Min(p => p.Plan.TotalBytes), proposals[^1].Plan.TotalBytes);
        Assert.DoesNotContain(Proposal.For(config with { GradientCheckpointing = true }, plan, c => Plan("tiny", c), _ => true), p => p.Settings == "gradient_checkpointing: true");
    }

    [Theory]
    [InlineData("adamw", "adamw_8bit", "paged_adamw")]
    [InlineData("lion", "lion_8bit", "paged_lion")]
    [InlineData("adamw_8bit", "paged_adamw_8bit")]
    [InlineData("sgd")]
    public void Proposals_keep_the_optimizer(string optimizer, params string[] kinds)
    {
        var config = new TrainConfig { Optim = optimizer, PerDeviceTrainBatchSize = 1 };
        var proposals = Proposal.For(config, Plan("tiny", config, 8), c => Plan("tiny", c, 8), _ => true);
        Assert.Equal(kinds.Select(kind => $"optim: {kind}"), proposals.Where(p => p.Settings.StartsWith("optim: ", StringComparison.Ordinal) && p.Effect != "all of these").Select(p => p.Settings));
    }

    [Fact]
    public void What_cannot_fit_is_refused_with_what_would()
    {
        var config = new TrainConfig { PerDeviceTrainBatchSize = 4 };
        var plan = Plan("tiny", config);
        var fit = new MemoryFit(plan, plan.TotalBytes - 1, null);
        var proposals = Proposal.For(config, plan, c => Plan("tiny", c), p => fit.FitsToo(p) != false);
        var message = Assert.Throws<PureLoraException>(() => fit.Refuse(proposals)).Message;
        Assert.StartsWith($"memory: the run is planned to need {Sizes.Text(plan.TotalBytes)}, but this machine has {Sizes.Text(plan.TotalBytes - 1)} available. Set per_device_train_batch_size: 2, gradient_accumulation_steps: 2; or gradient_checkpointing: true", message);
        Assert.EndsWith("or pass --force to try.", message);
        (fit with { HostAvailable = plan.TotalBytes }).Refuse([]);
        var gpu = new MemoryFit(plan with { Device = "cuda" }, plan.TotalBytes - plan.DevicePeakBytes, plan.DevicePeakBytes - 1);
        Assert.Contains("but cuda has", Assert.Throws<PureLoraException>(() => gpu.Refuse([])).Message);
        (gpu with { DeviceAvailable = null }).Refuse([]);
    }

    [Fact]
    public void Memory_of_a_machine_is_read_from_its_files()
    {
        Assert.Equal(20_000L << 10, MachineMemory.Available("MemTotal:  30000 kB\nMemFree:  100 kB\nMemAvailable:   20000 kB\n"));
        Assert.Equal(long.MaxValue, MachineMemory.Available(""));
        // 1000 allowed, 700 used, of which 300 are files that can be dropped.
        Assert.Equal(600, MachineMemory.Left("1000\n", "700\n", "anon 400\ninactive_file 100\nactive_file 200\n"));
        Assert.Equal(0, MachineMemory.Left("1000", "1700", "anon 1700"));
        Assert.Equal(long.MaxValue, MachineMemory.Left("max\n", "700\n", ""));
        Assert.Equal(["/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/memory/a", "/sys/fs/cgroup/memory", "/sys/fs/cgroup"], MachineMemory.Groups("8:pids:/x\n4:memory:/a/b\n0::/\n"));
        Assert.InRange(MachineMemory.Available(), 1 << 20, 1L << 50);
    }

    [Theory]
    [InlineData("nothing", "'nothing' is not a known shape; known are llama-65b,")]
    public void Unknown_shapes_are_refused(string name, string message) =>
        Assert.Contains(message, Assert.Throws<UsageException>(() => Shapes.Find(name)).Message);

    [Theory]
    [InlineData("plan:tpu")]
    [InlineData("plan:")]
    [InlineData("plan:plan:cpu")]
    public void A_plan_needs_a_known_kind_of_device(string name) => Assert.Throws<UsageException>(() => Device.Open(name));

    [Fact]
    public void A_plan_computes_nothing_and_floats_are_not_numbers()
    {
        using var device = Device.Open("plan:cpu");
        using var floats = device.RentCopy<float>([1, 2]);
        using var ints = device.RentCopy<int>([1, 2]);
        device.Launch(_ => Assert.Fail("a body ran"), _ => Assert.Fail("a body ran"));
        Assert.All(floats.ToArray(), value => Assert.True(float.IsNaN(value)));
        Assert.Equal([0, 0], ints.ToArray());
        Assert.Equal(512, device.Bytes);
    }

    /// <summary>Then a plan would size its buffers in another way than the run.</summary>
    [Fact]
    public void No_code_asks_which_class_a_device_is() => Assert.All(
        Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("obj", StringComparison.Ordinal)),
        file => Assert.DoesNotMatch(@"\bis (not )?(Cpu|Gpu|Plan)Device\b", File.ReadAllText(file)));

    static long Part(MemoryPlan plan, string name) => plan.Parts.Single(part => part.Name == name).Bytes;
}
