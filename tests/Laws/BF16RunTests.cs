using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using PureLora.Kernels;
using PureLora.Tests.Ptx;

namespace PureLora.Tests;

/// <summary>The setting bf16: what multiplies on tensor cores, what it costs in memory, and where it is refused.</summary>
public sealed class BF16RunTests
{
    [Fact]
    public void Products_that_follow_each_other_share_one_rounded_left_side()
    {
        var launched = new List<string>();
        using var device = Open((method, _) => launched.Add(CompileTests.Label(method)));
        using (var tape = new Tape(device))
        {
            var y = ThreeProducts(tape);
            Assert.Single(launched, "TensorProducts.PackKernel");
            Assert.Equal(3, launched.Count(label => label == "TensorMatMul.SmallTurnedKernel<F32Source>"));
            tape.Backward(y);
            Assert.Equal(4, launched.Count(label => label == "TensorProducts.PackKernel"));
            Assert.Equal(3, launched.Count(label => label == "TensorMatMul.SmallRowsKernel<F32Source>"));
            Assert.DoesNotContain(launched, label => label.Contains("GpuMatMul") || label.Contains("TiledMatMul"));
        }
        Assert.Equal(0, device.Bytes);
    }

    [Fact]
    public void Gradients_of_weights_that_read_one_tensor_share_it_rounded()
    {
        var launched = new List<string>();
        using var device = Open((method, _) => launched.Add(CompileTests.Label(method)));
        using (var tape = new Tape(device))
        {
            var y = ThreeProducts(tape, trainable: true);
            Assert.Single(launched, "TensorProducts.PackKernel");
            tape.Backward(y);
            // Again the input, which the gradients of the results have driven out, and each of those once for both its products.
            Assert.Equal(1 + 4, launched.Count(label => label == "TensorProducts.PackKernel"));
            Assert.Equal(3, launched.Count(label => label == "TensorMatMul.SmallColumnsKernel"));
            Assert.DoesNotContain(launched, label => label.Contains("GpuMatMul") || label.Contains("TiledMatMul"));
        }
        Assert.Equal(0, device.Bytes);
    }

    [Fact]
    public void The_gradient_of_a_narrow_weight_stays_in_float32()
    {
        var launched = new List<string>();
        using var device = Open((method, _) => launched.Add(CompileTests.Label(method)));
        using var tape = new Tape(device);
        tape.Backward(ThreeProducts(tape, outputs: 32, trainable: true));
        Assert.Equal(3, launched.Count(label => label == "TiledMatMul.WideKernel<LeftColumns, RightRows<F32Reader>>"));
        Assert.DoesNotContain(launched, label => label.Contains("ColumnsKernel"));
    }

    /// <summary>The second product's input is a product that was put off: it is computed, and its own input packed, before dy is.</summary>
    [Fact]
    public void A_product_put_off_in_a_checkpoint_takes_no_packed_side_away()
    {
        float[] Gradients(bool isCheckpointed)
        {
            using var device = Open(null);
            using Parameter first = new(device, "1", 40, 40, Devices.Noise(1600, 1)), second = new(device, "2", 40, 40, Devices.Noise(1600, 2));
            using (var tape = new Tape(device))
            {
                var x = tape.Input(33, 40, Devices.Noise(33 * 40, 3), needsGrad: true);
                Tensor Block(Tape t, Tensor v) => t.MatMul(t.MatMul(v, first), second);
                tape.Backward(isCheckpointed ? tape.Checkpoint(x, Block) : Block(tape, x));
            }
            return [.. first.Gradient.ToArray(), .. second.Gradient.ToArray()];
        }
        Assert.Equal(Gradients(false), Gradients(true));
    }

    [Fact]
    public void A_plan_counts_the_rounded_left_side()
    {
        using var device = Open(null);
        using var planned = Device.Open("plan:cuda", bf16: true);
        using var strict = Device.Open("plan:cuda");
        using Tape tape = new(device), plan = new(planned), strictPlan = new(strict);
        ThreeProducts(tape);
        ThreeProducts(plan);
        ThreeProducts(strictPlan);
        Assert.Equal(device.Bytes, planned.Bytes);
        // 33 rows of 40 numbers, in whole 256 bytes.
        Assert.Equal(strict.Bytes + (33 * 40 * sizeof(ushort) + 255) / 256 * 256, planned.Bytes);
    }

    static Tensor ThreeProducts(Tape tape, int outputs = 40, bool trainable = false)
    {
        var x = tape.Input(33, 40, Devices.Noise(33 * 40, 2), needsGrad: true);
        var w = tape.Input(outputs, 40, Devices.Noise(outputs * 40, 1), trainable);
        return tape.AddScaled(tape.MatMul(x, w), tape.AddScaled(tape.MatMul(x, w), tape.MatMul(x, w)));
    }

    /// <summary>The loss is a mean over tokens of sums over a width of 36: rounding both sides to 8 bits moves it by far less than one part in 50.</summary>
    [Theory]
    [InlineData("lora", false)]
    [InlineData("full", false)]
    [InlineData("full", true)]
    public void A_run_takes_the_planned_bytes_and_its_losses_are_near_those_in_float32(string method, bool checkpointing)
    {
        using var tiny = new TinyModel();
        var config = TinyRun.Config with { Model = tiny.Folder, Device = "cuda", Bf16 = true, Method = method, GradientCheckpointing = checkpointing, EvalFile = "", PerDeviceTrainBatchSize = 2, MaxSteps = 2 };
        var examples = tiny.Examples(9, 9);
        var plan = Planner.Plan(config, TrainRun.Open, examples, null);
        using var device = Open(null);
        device.Reserve(plan.Chunks);
        var (losses, peak) = Train(device, config, examples);
        Assert.Equal(plan.DevicePeakBytes, peak);
        using var host = Device.Open("cpu", 1);
        var (expected, _) = Train(host, config, examples);
        Assert.NotEqual(expected, losses);
        Assert.All(expected.Zip(losses), pair => Assert.InRange(pair.Second, 0.98 * pair.First, 1.02 * pair.First));
    }

    /// <summary>
    /// A rounding to 8 bits is one part in 512 at most. A gradient has been through some thirty products, whose errors are
    /// independent: 1 % of its length, and up to 2.5 % were seen where its terms cancel. Most cancel in the bias of keys, which but
    /// for the rotation would move all scores of a row alike, and no weight: 3.1 %.
    /// </summary>
    [Fact]
    public void The_gradients_of_full_training_are_near_those_in_float32()
    {
        using var tiny = new TinyModel();
        var launched = new HashSet<string>();
        using var device = Open((method, _) => launched.Add(CompileTests.Label(method)));
        using var host = Device.Open("cpu", 1);
        var (expected, actual) = (Gradients(host, tiny), Gradients(device, tiny));
        Assert.Contains("TensorMatMul.SmallColumnsKernel", launched);
        foreach (var (name, gradient) in expected)
        {
            var error = Norm(gradient.Zip(actual[name], (a, b) => a - b)) / Norm(gradient);
            Assert.True(error < (name.EndsWith("k_proj.bias", StringComparison.Ordinal) ? 0.05 : 0.03), $"the gradient of {name} differs from the host's by {error:P2} of its length.");
        }
    }

    static Dictionary<string, float[]> Gradients(Device device, TinyModel tiny)
    {
        using var model = tiny.Open(device, trainable: true);
        new Trainer(model, [.. model.Parameters], TinyRun.Config with { EvalFile = "", MaxSteps = 1 }, tiny.Examples(9, 9, 9, 9), null, padId: 0).Run(new Losses());
        return model.Parameters.ToDictionary(p => p.Name, p => p.Gradient.ToArray());
    }

    static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(v => (double)v * v));

    [Theory]
    [InlineData("cpu", "cpu: bf16 multiplies on tensor cores, but this device has none. Set bf16 to false, or choose device cuda on an NVIDIA GPU of sm_80 or later.")]
    [InlineData("ilgpu", "ilgpu: bf16 multiplies on tensor cores, but this device has none. Set bf16 to false, or choose device cuda on an NVIDIA GPU of sm_80 or later.")]
    [InlineData("plan:opencl:0", "opencl:0: bf16 multiplies on tensor cores, but this device has none. Set bf16 to false, or choose device cuda on an NVIDIA GPU of sm_80 or later.")]
    public void A_device_without_tensor_cores_refuses(string name, string message) =>
        Assert.Equal(message, Assert.Throws<UsageException>(() => Device.Open(name, 1, bf16: true)).Message);

    [Fact]
    public void So_does_a_configuration()
    {
        var config = TinyRun.Config with { Model = "m", OutputDir = "o", Bf16 = true };
        Assert.Equal("configuration: bf16 (--bf16) is true, but device cpu has no tensor cores. Set bf16 to false, or choose device cuda on an NVIDIA GPU of sm_80 or later.",
            Assert.Throws<UsageException>(config.Validate).Message);
        (config with { Device = "cuda" }).Validate();
        Assert.Equal(config with { Device = "cuda" }, ConfigFile.Parse((config with { Device = "cuda" }).ToYaml(), "run.yaml"));
    }

    static (double[] Losses, long Peak) Train(Device device, TrainConfig config, ExampleSet examples)
    {
        using var model = TrainRun.Open(device, config);
        model.Checkpointing = config.GradientCheckpointing == true;
        Parameter[] parameters = config.Method == "full" ? [.. model.Parameters] : [.. LoraAdapter.Attach(model, config.ToLora(), 1).Parameters];
        var log = new Losses();
        var result = new Trainer(model, parameters, config, examples, null, padId: 0).Run(log);
        return ([.. log.All], result.PeakBytes);
    }

    static GpuDevice Open(Action<MethodInfo, KernelConfig>? launching)
    {
        var device = (GpuDevice)Device.Open("ilgpu");
        device.Instead = (method, shape, arguments) => PtxLaunch.Run(method, shape, arguments, 1, CudaArchitecture.SM_80);
        device.MultipliesInBF16 = true;
        device.Launching = launching;
        return device;
    }

    sealed class Losses : ITrainingLog
    {
        public List<double> All { get; } = [];

        public void Started(int totalSteps, long trainableParameters) { }

        public void Stepped(StepReport report, bool logged) => All.Add(report.Loss);

        public void Evaluated(int step, double loss) { }
    }
}
