using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using PureLora.Kernels;

namespace PureLora.Tests.Ptx;

/// <summary>Kernels in C#, compiled to PTX and run on views of the CPU accelerator.</summary>
public sealed class PtxLaunchTests : IDisposable
{
    readonly ILGPU.Context context = GpuPipeline.CreateContext();
    readonly CPUAccelerator accelerator;

    public PtxLaunchTests() => accelerator = new CPUDevice(2, 1, 1).CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel);

    public void Dispose()
    {
        accelerator.Dispose();
        context.Dispose();
    }

    static MethodInfo Method(string name) => typeof(PtxKernels).GetMethod(name)!;

    static float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(i => (i * 37 % 101) / 8f)];

    MemoryBuffer1D<T, Stride1D.Dense> Buffer<T>(params T[] values) where T : unmanaged => accelerator.Allocate1D(values);

    static void Run(string name, int groups, int groupSize, params object[] arguments) =>
        PtxLaunch.Run(Method(name), new KernelConfig(groups, groupSize), arguments, 1, CudaArchitecture.SM_80);

    [Fact]
    public void Shared_memory_and_barriers()
    {
        using var x = Buffer(Floats(3 * 64));
        using var sums = Buffer(new float[3]);
        Run(nameof(PtxKernels.Sums), 3, 64, x.View.BaseView, sums.View.BaseView);
        Assert.Equal(Floats(3 * 64).Chunk(64).Select(c => c.Sum()), sums.GetAsArray1D());
    }

    [Fact]
    public void Each_barrier_of_a_kernel_that_is_cut_out_is_missed()
    {
        var text = PtxLaunch.Text(Method(nameof(PtxKernels.Sums)), CudaArchitecture.SM_80);
        var barriers = Regex.Matches(text, @"\bbar(rier)?\.sync\b[^;]*;");
        Assert.Equal(2, barriers.Count);
        using var x = Buffer(Floats(64));
        using var sums = Buffer(new float[1]);
        foreach (Match barrier in barriers)
        {
            var kernel = PtxModule.Parse(text.Remove(barrier.Index, barrier.Length)).Kernels.Values.Single();
            var (bytes, memory) = new PtxArguments(kernel).Lay([x.View.BaseView, sums.View.BaseView]);
            for (var seed = 0; seed < 5; seed++)
                Assert.Contains("race", PtxSnippet.Error(() => new PtxMachine().Launch(kernel, 1, 64, bytes, memory, seed)));
        }
    }

    [Fact]
    public void Shuffles_and_atomics()
    {
        using var x = Buffer(Floats(256));
        using var sum = Buffer(0f);
        Run(nameof(PtxKernels.WarpSums), 4, 64, x.View.BaseView, sum.View.BaseView);
        Assert.Equal(Floats(256).Sum(), sum.GetAsArray1D()[0]);
    }

    [Fact]
    public void Vector_loads_of_a_view_that_is_4_bytes_off_or_one_element_short()
    {
        using var x = Buffer(Floats(20));
        using var y = Buffer(new float[16]);
        Run(nameof(PtxKernels.Reversed), 1, 4, x.View.BaseView.SubView(4, 16), y.View.BaseView);
        Assert.Equal(Floats(20)[4..].Chunk(4).SelectMany(c => c.Reverse()), y.GetAsArray1D());
        Assert.Contains("misaligned for 16 bytes", PtxSnippet.Error(() =>
            Run(nameof(PtxKernels.Reversed), 1, 4, x.View.BaseView.SubView(1, 16), y.View.BaseView)));
        Assert.Contains("before the end of its region", PtxSnippet.Error(() =>
            Run(nameof(PtxKernels.Reversed), 1, 4, x.View.BaseView.SubView(4, 15), y.View.BaseView)));
        Assert.Contains("beyond the one before it", PtxSnippet.Error(() =>
            Run(nameof(PtxKernels.Reversed), 1, 4, x.View.BaseView.SubView(4, 16), y.View.BaseView.SubView(0, 12))));
    }

    [Fact]
    public void Structs_are_laid_out_as_the_kernel_reads_them()
    {
        using var x = Buffer(Floats(50));
        using var y = Buffer(new float[40]);
        var bundle = new Bundle { Shift = 2, X = x.View, Count = 40, Last = new() { Skip = 3, Scale = 0.5 } };
        Run(nameof(PtxKernels.Bundled), 2, 8, bundle, 44L, y.View.BaseView, 4f);
        Assert.Equal(Floats(50)[3..43].Select(v => v * 2 + 11), y.GetAsArray1D());
    }

    [Fact]
    public void Switches_and_doubles()
    {
        using var x = Buffer(4, 3, 2, 1, 0, -1, 99);
        Run(nameof(PtxKernels.Switched), 1, 7, x.View.BaseView);
        Assert.Equal([40, -1, 2, 9, 5, 7, 7], x.GetAsArray1D());
        using var values = Buffer(2f, 3.75f);
        using var y = Buffer(new double[2]);
        Run(nameof(PtxKernels.Curves), 1, 2, values.View.BaseView, y.View.BaseView);
        Assert.Equal(MathF.Sqrt(3.75f) + MathF.Exp(3.75f) * 3.0, y.GetAsArray1D()[1], 1e-4);
    }

    [Theory]
    [InlineData(CudaArchitectureOf.Turing)]
    [InlineData(CudaArchitectureOf.Ampere)]
    [InlineData(CudaArchitectureOf.Hopper)]
    public void A_product_over_a_bf16_weight_is_the_product(CudaArchitectureOf architecture)
    {
        const int m = 5, n = 7, k = 9;
        var halves = Enumerable.Range(0, n * k).Select(i => BitConverter.SingleToUInt32Bits(i % 11 - 5) >> 16).Append(0u).ToArray();
        using var w = Buffer([.. halves.Chunk(2).Where(c => c.Length == 2).Select(c => c[0] | c[1] << 16)]);
        using var x = Buffer(Floats(m * k));
        using var y = Buffer(new float[m * n]);
        var view = new WeightView(w.View, default, k, 0);
        var kernel = CompileTests.Find("GpuMatMul.ForwardKernel<BF16Reader>");
        var version = architecture switch { CudaArchitectureOf.Turing => CudaArchitecture.SM_75, CudaArchitectureOf.Ampere => CudaArchitecture.SM_80, _ => CudaArchitecture.SM_90 };
        PtxLaunch.Run(kernel, new KernelConfig(2, 256), [x.View.BaseView, view, y.View.BaseView, m, n, k, 0], 4, version);
        for (var i = 0; i < m * n; i++)
            Assert.Equal(Enumerable.Range(0, k).Sum(j => Floats(m * k)[i / n * k + j] * ((i % n * k + j) % 11 - 5)), y.GetAsArray1D()[i], 1e-4f);
    }

    /// <summary>Names for the rows of a theory.</summary>
    public enum CudaArchitectureOf { Turing, Ampere, Hopper }
}
