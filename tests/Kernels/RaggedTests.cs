using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>Ops and optimizers on GPUs at several sizes each, with ends that fill no group, against the host's results.</summary>
public sealed class RaggedTests
{
    static readonly (int Rows, int Columns)[] sizes = [(1, 1), (17, 33), (70, 257), (130, 6)];

    static readonly (string Name, Func<int, int, (int, int)[]> Shapes, Func<Tape, Tensor[], Tensor> Expression)[] ops =
    [
        ("AddBias", (r, c) => [(r, c), (1, c)], (tape, x) => tape.AddBias(x[0], x[1])),
        ("LayerNorm", (r, c) => [(r, c), (1, c), (1, c)], (tape, x) => tape.LayerNorm(x[0], x[1], x[2], 0.03f)),
        ("RmsNorm", (r, c) => [(r, c), (1, c)], (tape, x) => tape.RmsNorm(x[0], x[1], 0.03f)),
        ("Gelu", (r, c) => [(r, c), (r, c)], (tape, x) => tape.Activate(Activation.Gelu, x[0], x[1])),
        ("GeluTanh", (r, c) => [(r, c), (r, c)], (tape, x) => tape.Activate(Activation.GeluTanh, x[0], x[1])),
        ("QuickGelu", (r, c) => [(r, c), (r, c)], (tape, x) => tape.Activate(Activation.QuickGelu, x[0], x[1])),
        ("Relu", (r, c) => [(r, c), (r, c)], (tape, x) => tape.Activate(Activation.Relu, x[0], x[1])),
        ("SquaredRelu", (r, c) => [(r, c), (r, c)], (tape, x) => tape.Activate(Activation.SquaredRelu, x[0], x[1])),
        ("Silu", (r, c) => [(r, c), (r, c)], (tape, x) => tape.Activate(Activation.Silu, x[0], x[1])),
        ("Dropout", (r, c) => [(r, c)], (tape, x) => DropoutOp.Dropout(tape, x[0], 0.3, "layer", new DropoutKeys(11, 6, Counting(tape, x[0].Rows, 3), Counting(tape, x[0].Rows, 1)))),
        ("CrossEntropy", (r, c) => [(3, 40 * c + 4)], (tape, x) => tape.CrossEntropy(tape.Scale(x[0], 3f), Counting(tape, 3, 1))),
        ("ScatterAdd", (r, c) => [(r, 5), (r, c)], (tape, x) => OpCases.Mix(tape, x[0], x[1], 2, normalized: true)),
        ("Embedding", (r, c) => [(r, c)], (tape, x) => tape.Embedding(x[0], Counting(tape, 2 * x[0].Rows, 1, x[0].Rows))),
    ];

    public static TheoryData<string, string> Ops
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var device in GroupTests.GpuNames)
                foreach (var (name, _, _) in ops)
                    data.Add(device, name);
            return data;
        }
    }

    [Theory, MemberData(nameof(Ops))]
    public void An_op_and_its_gradients_are_those_of_the_host(string deviceName, string name)
    {
        var (_, shapes, expression) = ops.Single(op => op.Name == name);
        using var device = Devices.Open(deviceName);
        using var host = Device.Open("cpu", 1);
        foreach (var (rows, columns) in sizes)
        {
            var item = new OpCase(name, shapes(rows, columns), expression, inputs => []);
            var ((expected, slopes), (actual, gradients)) = (OpTests.Evaluate(item, host), OpTests.Evaluate(item, device));
            // Sums of at most some hundred terms of size one, in another order; e^x of another make.
            Near.Relative(expected, actual, 2e-6, $"{name} {rows} x {columns}");
            for (var i = 0; i < slopes.Length; i++)
                Near.Relative(slopes[i], gradients[i], 1e-5, $"gradient {i} of {name} {rows} x {columns}");
        }
    }

    public static TheoryData<string, string> Optimizers
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var device in GroupTests.GpuNames)
                foreach (var name in (string[])["adamw", "adamw_8bit", "lion", "lion_8bit", "sgd"])
                    data.Add(device, name);
            return data;
        }
    }

    [Theory, MemberData(nameof(Optimizers))]
    public void Steps_of_an_optimizer_are_those_of_the_host(string deviceName, string name)
    {
        foreach (var length in (int[])[1, 257, 4500, 4400])
        {
            float[] Train(Device device)
            {
                using var p = new Parameter(device, "p", 1, length, Devices.Noise(length, 4));
                using var optimizer = OptimizerTests.Open(name, [p]);
                for (var step = 0; step < 2; step++)
                {
                    p.Gradient.CopyFrom(Devices.Noise(length, 5 + step));
                    optimizer.Step(1e-3, 0.5f);
                }
                return p.Data.ToArray();
            }
            using var device = Devices.Open(deviceName);
            using var host = Device.Open("cpu", 1);
            // In 8 bits a code that falls the other way moves a moment by a hundredth, and p by as much of the learning rate.
            Near.Absolute(Train(host), Train(device), name.EndsWith("8bit", StringComparison.Ordinal) ? 1e-4 : 1e-6, $"{name} {length}");
        }
    }

    static readonly Quantization[] formats = [new(WeightFormat.F32), new(WeightFormat.BF16), new(WeightFormat.F16), .. QuantizedWeightTests.Formats];

    [Theory, MemberData(nameof(GroupTests.Formats), MemberType = typeof(GroupTests))]
    public void Rows_of_a_weight_and_its_products_are_its_elements(string deviceName, int format)
    {
        using var device = Devices.Open(deviceName);
        foreach (var (m, n, k) in ((int, int, int)[])[(1, 1, 1), (3, 31, 40), (9, 20, 70)])
        {
            using var weight = Weight.Random(device, formats[format], "w", n, k, 5, 0.5f);
            using var decoded = weight.ToF32(device);
            float[] w = decoded.ToArray(), dy = Devices.Noise(m * n, 2), x = Devices.Noise(m * k, 3);
            int[] ids = [n - 1, 0, n / 2];
            using var idBuffer = device.RentCopy<int>(ids);
            using var rows = device.Rent<float>(3 * k);
            Embedding.Forward(device, weight, idBuffer, rows);
            Assert.Equal([.. ids.SelectMany(id => w.AsSpan(id * k, k).ToArray())], rows.ToArray());
            using FloatBuffer dyBuffer = device.RentCopy<float>(dy), xBuffer = device.RentCopy<float>(x), dx = device.RentZeroed<float>(m * k), y = device.Rent<float>(m * n);
            MatMul.BackwardInput(device, dyBuffer, m, weight, dx);
            MatMul.Forward(device, xBuffer, m, weight, y);
            // A chain of f32 additions of terms below one.
            Near.Absolute([.. Enumerable.Range(0, m * k).Select(i => (float)Enumerable.Range(0, n).Sum(j => (double)dy[i / k * n + j] * w[j * k + i % k]))], dx.ToArray(), 2e-7 * Math.Max(4, n), "dx");
            Near.Absolute([.. Enumerable.Range(0, m * n).Select(i => (float)Enumerable.Range(0, k).Sum(j => (double)x[i / n * k + j] * w[i % n * k + j]))], y.ToArray(), 2e-7 * Math.Max(4, k), "y");
        }
    }

    [Theory, MemberData(nameof(GroupTests.Gpus), MemberType = typeof(GroupTests))]
    public void What_only_moves_or_probes_is_exact(string deviceName)
    {
        using var device = (GpuDevice)Devices.Open(deviceName);
        foreach (var length in (int[])[1, 300, 1030])
        {
            var ints = Enumerable.Range(0, length).ToArray();
            using var source = device.RentCopy<int>(ints);
            using var rows = device.RentCopy<int>([.. ints.Reverse()]);
            using var picked = device.Rent<int>(length);
            IntRows.Pick(device, source, rows, picked);
            Assert.Equal([.. ints.Reverse()], picked.ToArray());
            var values = Devices.Noise(length, 3);
            using var x = device.RentCopy<float>(values);
            using var target = device.RentZeroed<float>(length + 2);
            Place.Forward(device, x, target, 2);
            Assert.Equal([0f, 0f, .. values], target.ToArray());
            if (!device.HasGroups)
                continue;
            var groups = (length + GpuDevice.GroupSize - 1) / GpuDevice.GroupSize;
            using var y = device.Rent<float>(groups * GpuDevice.GroupSize);
            device.RunGroups(PeakProbe.FmaKernel, groups, y.View, 0);
            Assert.Equal(8f * 7 + 28, y.ToArray()[7]);
            using var copy = device.RentZeroed<float>(length / 4 * 4);
            device.Run(PeakProbe.CopyKernel, length / 4, x.View.SubView(0, length / 4 * 4), copy.View);
            Assert.Equal(values[..(length / 4 * 4)], copy.ToArray());
            device.RunGroups(GpuSelfTest.ProbeKernel, groups, y.View);
            Assert.Equal(3f * 255 + 255 * 128, y.ToArray()[0]);
        }
    }

    static IntBuffer Counting(Tape tape, int length, int step, int modulus = int.MaxValue)
    {
        var buffer = tape.Keep<int>(length);
        buffer.CopyFrom([.. Enumerable.Range(0, length).Select(i => i * step % modulus)]);
        return buffer;
    }
}
