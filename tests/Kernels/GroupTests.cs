using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>Kernels whose groups share memory, on the devices that launch them, against what they must equal.</summary>
public sealed class GroupTests
{
    public static string[] GpuNames => ["ilgpu", .. Devices.Gpus, .. Devices.Interpreters, .. Devices.PlainInterpreters];

    public static TheoryData<string> Gpus => [.. GpuNames];

    [Theory, MemberData(nameof(Gpus))]
    public void A_group_codes_a_block_of_AdamW_with_the_bits_of_one_thread(string deviceName)
    {
        var step = AdamWStep.Of(1e-2, 0.9, 0.999, 1e-8, 0.1, 3);
        Same(deviceName, p => new AdamWOptimizer([p], storage: new StateStorage(In8bit: true)), (gpu, p, moments, grouped) =>
        {
            var (m, v) = (moments[0].Coded!, moments[1].Coded!);
            if (grouped)
                gpu.RunGroups(AdamW8bit.StepGroupsKernel, m.Blocks, p.Data.View, p.Gradient.View, m.Codes.View, m.Scales.View, m.Values.View, v.Codes.View, v.Scales.View, v.Values.View, step, 0.3f);
            else
                gpu.Run(AdamW8bit.StepKernel, m.Blocks, p.Data.View, p.Gradient.View, m.Codes.View, m.Scales.View, m.Values.View, v.Codes.View, v.Scales.View, v.Values.View, step, 0.3f);
        });
    }

    [Theory, MemberData(nameof(Gpus))]
    public void A_group_codes_a_block_of_Lion_with_the_bits_of_one_thread(string deviceName)
    {
        var step = LionStep.Of(1e-3, 0.9, 0.99, 0.1);
        Same(deviceName, p => new LionOptimizer([p], storage: new StateStorage(In8bit: true)), (gpu, p, moments, grouped) =>
        {
            var m = moments[0].Coded!;
            if (grouped)
                gpu.RunGroups(Lion8bit.StepGroupsKernel, m.Blocks, p.Data.View, p.Gradient.View, m.Codes.View, m.Scales.View, m.Values.View, step, 0.3f);
            else
                gpu.Run(Lion8bit.StepKernel, m.Blocks, p.Data.View, p.Gradient.View, m.Codes.View, m.Scales.View, m.Values.View, step, 0.3f);
        });
    }

    static void Same(string deviceName, Func<Parameter, Optimizer> open, Action<GpuDevice, Parameter, IReadOnlyList<Moment>, bool> launch)
    {
        using var device = (GpuDevice)Devices.Open(deviceName);
        if (!device.HasGroups)
            return; // it launches the one of one thread
        const int length = 5000;
        uint[] Run(bool grouped)
        {
            using var p = new Parameter(device, "p", 1, length, Devices.Noise(length, 1));
            using var optimizer = open(p);
            for (var round = 0; round < 3; round++)
            {
                // A block of zeros, and one with a single number.
                float[] gradient = [.. Devices.Noise(length, 10 + round).Select((g, i) => i / 256 == 1 || (i / 256 == 2 && i % 256 != 77) ? 0 : g)];
                p.Gradient.CopyFrom(gradient);
                launch(device, p, optimizer.Moments(0), grouped);
            }
            return OpTests.Bits([.. p.Data.ToArray(), .. optimizer.Moments(0).SelectMany(moment => moment.ToArray())]);
        }
        Assert.Equal(Run(false), Run(true));
    }

    public static TheoryData<string, int> Formats
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var device in GpuNames)
                for (var format = 0; format < formats.Length; format++)
                    data.Add(device, format);
            return data;
        }
    }

    static readonly Quantization[] formats = [new(WeightFormat.F32), new(WeightFormat.BF16), new(WeightFormat.F16), .. QuantizedWeightTests.Formats];

    [Theory, MemberData(nameof(Formats))]
    public void A_decoding_product_is_near_and_no_row_depends_on_the_others(string deviceName, int format)
    {
        using var device = Devices.Open(deviceName);
        foreach (var (n, k) in ((int, int)[])[(1, 1), (3, 31), (8, 64), (9, 65), (67, 200)])
        {
            var x = Devices.Noise(3 * k, 1);
            using var weight = Weight.Random(device, formats[format], "w", n, k, 5, 0.5f);
            using var decoded = weight.ToF32(device);
            var w = decoded.ToArray();
            var together = Product(x);
            for (var i = 0; i < together.Length; i++)
            {
                var expected = Enumerable.Range(0, k).Sum(j => (double)x[i / n * k + j] * w[i % n * k + j]);
                // A chain of f32 additions of terms below one, of which the plain kernel has k.
                Assert.True(Math.Abs(expected - together[i]) <= 2e-7 * Math.Max(4, k), $"[{n}, {k}] element {i} is {together[i]}, but needs {expected}.");
            }
            Assert.Equal(OpTests.Bits(together), OpTests.Bits([.. x.Chunk(k).SelectMany(Product)]));

            float[] Product(float[] rows)
            {
                using var input = device.RentCopy<float>(rows);
                using var y = device.Rent<float>(rows.Length / k * n);
                MatVec.Forward(device, input, rows.Length / k, weight, y);
                return y.ToArray();
            }
        }
    }

    [Theory, MemberData(nameof(Gpus))]
    public void Blocks_of_squares_are_near(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        foreach (var length in (int[])[1, 255, 1024, 1025, 5000])
        {
            var x = Devices.Noise(length, 3);
            using var buffer = device.RentCopy<float>(x);
            using var partials = device.RentZeroed<float>(2 + SumOfSquares.Partials(length));
            SumOfSquares.Forward(device, buffer, partials, 2);
            var expected = x.Chunk(SumOfSquares.Block).Select(block => block.Sum(value => (double)value * value)).ToArray();
            var actual = partials.ToArray();
            Assert.Equal([0f, 0f], actual[..2]);
            for (var i = 0; i < expected.Length; i++)
                Assert.InRange(actual[2 + i], expected[i] * (1 - 2e-5), expected[i] * (1 + 2e-5)); // at most a thousand roundings of 6e-8, which mostly cancel
        }
    }

    /// <summary>Also of the largest vocabularies, whose rows are cut into as many slices as the plain kernel's.</summary>
    [Theory, InlineData(1024), InlineData(262144)]
    public void Groups_add_up_a_long_row_of_logits(int vocabulary)
    {
        var launched = new List<string>();
        using var device = (GpuDevice)Device.Open("ilgpu");
        device.Instead = (method, _, _) => launched.Add(method.Name);
        using var targets = device.RentZeroed<int>(1);
        using FloatBuffer logits = device.Rent<float>(vocabulary), losses = device.Rent<float>(1), stats = device.Rent<float>(2);
        CrossEntropy.Forward(device, logits, vocabulary, targets, 0, losses, stats);
        Assert.Equal("PartialsGroupsKernel", launched[0]);
    }

    [Theory, MemberData(nameof(Gpus))]
    public void A_target_outside_of_the_vocabulary_is_a_loss_of_nan_on_a_gpu(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        foreach (var vocabulary in (int[])[5, 2500, 9000])
        {
            using var logits = device.RentCopy<float>(Devices.Noise(3 * vocabulary, 4));
            using var targets = device.RentCopy<int>([vocabulary, -1, vocabulary - 1]);
            using FloatBuffer losses = device.RentZeroed<float>(3), stats = device.RentZeroed<float>(6);
            CrossEntropy.Forward(device, logits, vocabulary, targets, 0, losses, stats);
            var values = losses.ToArray();
            Assert.True(float.IsNaN(values[0]) && float.IsNaN(values[1]));
            var row = logits.ToArray()[(2 * vocabulary)..];
            Assert.Equal(Math.Log(row.Sum(l => Math.Exp(l))) - row[^1], values[2], 1e-5);
        }
    }
}
