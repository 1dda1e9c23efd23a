using System.Reflection;
using ILGPU.Runtime.Cuda;
using PureLora.Kernels;
using PureLora.Tests.Ptx;

namespace PureLora.Tests;

/// <summary>
/// Products on tensor cores: in the interpreter, which knows their instructions and checks races and addresses, and on the GPU
/// of a run that has some.
/// </summary>
public sealed class TensorMatMulTests
{
    // Rows of whole eights, so that bf16 is copied; odd ones, of which nothing is aligned; more than one tile each way;
    // steps of k below and beyond what the stages hold.
    static readonly (int M, int N, int K)[] shapes = [(70, 130, 20), (33, 72, 136), (9, 15, 67), (130, 200, 104), (72, 64, 40)];

    static readonly Quantization[] formats = [new(WeightFormat.F32), new(WeightFormat.BF16), new(WeightFormat.F16), .. QuantizedWeightTests.Formats];

    public static TheoryData<string, int, bool, bool, int> Cases
    {
        get
        {
            var data = new TheoryData<string, int, bool, bool, int>();
            foreach (var device in Devices.TensorCores)
                for (var format = 0; format < formats.Length; format++)
                    foreach (var isLarge in (bool[])[false, true])
                        foreach (var isTurned in (bool[])[false, true])
                            for (var shape = 0; shape < shapes.Length; shape++)
                                // The fourth, the largest, is for the copies and for one decoded format.
                                if (shape != 3 || (isLarge && format < 2))
                                    data.Add(device, format, isLarge, isTurned, shape);
            return data;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_product_equals_its_sum_in_doubles_over_rounded_sides(string deviceName, int format, bool isLarge, bool isTurned, int shape)
    {
        using var device = Open(deviceName);
        var (m, n, k) = shapes[shape];
        Check(device, new TensorGrid(isLarge, m, n, k), formats[format], isTurned, m, n, k);
    }

    public static TheoryData<string, bool, int> WeightCases
    {
        get
        {
            var data = new TheoryData<string, bool, int>();
            foreach (var device in Devices.TensorCores)
                foreach (var isLarge in (bool[])[false, true])
                    for (var shape = 0; shape < shapes.Length; shape++)
                        data.Add(device, isLarge, shape);
            return data;
        }
    }

    [Theory, MemberData(nameof(WeightCases))]
    public void A_gradient_of_a_weight_equals_its_sum_in_doubles_over_rounded_sides(string deviceName, bool isLarge, int shape)
    {
        using var device = Open(deviceName);
        var (m, n, k) = shapes[shape];
        CheckWeight(device, new TensorGrid(isLarge, m, n, k), m, n, k);
    }

    [Theory]
    [InlineData("ptx:1")]
    [InlineData("ptx:2")]
    [InlineData("ptx:3")]
    public void Threads_may_run_in_any_order(string deviceName)
    {
        using var device = Open(deviceName);
        foreach (var isTurned in (bool[])[false, true])
            foreach (var how in (Quantization[])[new(WeightFormat.BF16), new(WeightFormat.NF4)])
                Check(device, new TensorGrid(false, 33, 72, 136), how, isTurned, 33, 72, 136);
        CheckWeight(device, new TensorGrid(false, 33, 72, 136), 33, 72, 136);
    }

    public static TheoryData<string> Interpreters => [.. Devices.Interpreters];

    [Theory, MemberData(nameof(Interpreters))]
    public void What_is_taken_for_the_peak_multiplies(string deviceName)
    {
        using var device = Open(deviceName);
        for (var groups = 1; groups <= 3; groups++)
        {
            using var y = device.Rent<float>(groups * GpuDevice.GroupSize);
            device.RunGroups(TensorPeak.ProductsKernel, groups, y.View, groups);
            Assert.All(y.ToArray(), sum => Assert.Equal(8 * 16 * groups, sum));
        }
    }

    [Fact]
    public void K_in_parts_adds_up_the_same()
    {
        using var device = Open();
        var (m, n, k) = (20, 24, 600);
        var grid = new TensorGrid(m, n, k);
        Assert.Equal(2, grid.Split.Splits);
        foreach (var isTurned in (bool[])[false, true])
            foreach (var how in (Quantization[])[new(WeightFormat.BF16), new(WeightFormat.F32)])
                Check(device, grid, how, isTurned, m, n, k);
        CheckWeight(device, grid, m, n, k);
    }

    [Fact]
    public void A_device_is_tried_before_it_is_trusted()
    {
        using (var device = Open())
            TensorSelfTest.Run(device);
        using var idle = Open();
        var run = idle.Instead!;
        idle.Instead = (method, shape, arguments) =>
        {
            if (method.DeclaringType != typeof(TensorMatMul))
                run(method, shape, arguments);
        };
        Assert.StartsWith($"ilgpu: {idle.Description} cannot multiply in bf16", Assert.Throws<PureLoraException>(() => TensorSelfTest.Run(idle)).Message);
    }

    public static TheoryData<string> Kernels => [.. Products().Select(CompileTests.Label)];

    [Theory, MemberData(nameof(Kernels))]
    public void What_the_driver_gets_uses_tensor_cores_and_no_local_memory(string label)
    {
        var method = CompileTests.Find(label);
        var text = PtxLaunch.Text(method, CudaArchitecture.SM_80);
        foreach (var instruction in (string[])["mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", "ldmatrix.sync.aligned.m8n8.x4", "cp.async.cg.shared.global", "cp.async.wait_group 1"])
            Assert.Contains(instruction, text);
        // What is summed over lies along a row of a side, or else across its rows, which are then turned.
        Assert.Equal(!method.Name.Contains("Turned"), text.Contains("x4.trans.shared"));
        Assert.Equal(!method.Name.Contains("Columns"), text.Contains("x4.shared"));
        Assert.DoesNotContain(".local", text);
        Assert.InRange(PtxLaunch.Kernel(method, CudaArchitecture.SM_80).SharedBytes, 1, GpuDevice.SharedBytes);
    }

    static IEnumerable<MethodInfo> Products() => CompileTests.Methods().Where(m => m.DeclaringType == typeof(TensorMatMul));

    static GpuDevice Open(string deviceName = "ptx:1")
    {
        var device = (GpuDevice)Devices.Open(deviceName);
        device.MultipliesInBF16 = true;
        return device;
    }

    static void Check(GpuDevice device, TensorGrid grid, Quantization how, bool isTurned, int m, int n, int k)
    {
        using var weight = Weight.Random(device, how, "w", isTurned ? n : k, isTurned ? k : n, 5, 0.5f);
        using var decoded = weight.ToF32(device);
        float[] a = Devices.Noise(m * k, 1), held = Devices.Noise(m * n, 2);
        using var x = device.RentCopy<float>(a);
        using var packed = MatMul.Pack(device, x, m);
        using var parts = device.Rent<float>(grid.Split.PartsLength);
        double[] left = Rounded(a), w = Rounded(decoded.ToArray());
        foreach (var add in (bool[])[false, true])
        {
            using var y = device.RentCopy<float>(held);
            TensorProducts.Run(device, grid, isTurned, packed.View, weight, y.View, parts.View, m, n, k, add);
            CheckSums(y.ToArray(), add ? held : null, (i, s) => left[i * k + s], (j, s) => w[isTurned ? j * k + s : s * n + j], m, n, k);
        }
    }

    static void CheckWeight(GpuDevice device, TensorGrid grid, int m, int n, int k)
    {
        float[] dy = Devices.Noise(k * m, 1), x = [.. Devices.Noise(k * n, 3).Select(v => v / 2)], held = Devices.Noise(m * n, 2);
        using var left = device.RentCopy<float>(dy);
        using var right = device.RentCopy<float>(x);
        using var packedLeft = MatMul.Pack(device, left, k);
        using var packedRight = MatMul.Pack(device, right, k);
        using var parts = device.Rent<float>(grid.Split.PartsLength);
        double[] roundedLeft = Rounded(dy), roundedRight = Rounded(x);
        foreach (var add in (bool[])[false, true])
        {
            using var dw = device.RentCopy<float>(held);
            TensorProducts.RunByColumns(device, grid, packedLeft.View, packedRight.View, dw.View, parts.View, m, n, k, add);
            CheckSums(dw.ToArray(), add ? held : null, (i, s) => roundedLeft[s * m + i], (j, s) => roundedRight[s * n + j], m, n, k);
        }
    }

    static void CheckSums(float[] actual, float[]? held, Func<int, int, double> left, Func<int, int, double> right, int m, int n, int k)
    {
        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++)
            {
                var expected = held is null ? 0.0 : held[i * n + j];
                for (var s = 0; s < k; s++)
                    expected += left(i, s) * right(j, s);
                // The products are exact in f32, and each of k sums of terms below one half rounds a number below k / 2.
                Assert.True(Math.Abs(expected - actual[i * n + j]) <= 1e-7 * Math.Max(4, k), $"element ({i}, {j}) of {m} x {n} x {k} is {actual[i * n + j]}, but its sum is {expected}.");
            }
    }

    static double[] Rounded(float[] values) => [.. values.Select(v => (double)HalfFloats.FromBF16(HalfFloats.ToBF16(v)))];
}
