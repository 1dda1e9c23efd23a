using System.Diagnostics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>What a card can do at most, measured: operations in registers, and bytes copied.</summary>
static class PeakProbe
{
    const int Groups = 2048, Steps = 2048, Chains = 8, Rounds = 3;

    /// <summary>GFLOP/s in f32, or on the tensor cores of a device that multiplies in bf16; a fused multiply-add is two operations.</summary>
    public static double GigaFlops(GpuDevice device)
    {
        using var y = device.Rent<float>(Groups * GpuDevice.GroupSize);
        var (kernel, operations) = device.MultipliesInBF16 ? ((Action<ArrayView<float>, int>)TensorPeak.ProductsKernel, TensorPeak.OperationsOfStep) : (FmaKernel, 2.0 * Chains);
        return operations * Steps * y.Length / Best(device, () => device.RunGroups(kernel, Groups, y.View, Steps)) / 1e9;
    }

    /// <summary>Bytes a second, read and written, over a buffer that no cache holds.</summary>
    public static double Bandwidth(GpuDevice device, long bytes = 1L << 28)
    {
        using var x = device.RentZeroed<float>(bytes / sizeof(float));
        using var y = device.Rent<float>(bytes / sizeof(float));
        return 2.0 * bytes / Best(device, () => device.Run(CopyKernel, x.Length / 4, x.View, y.View));
    }

    static double Best(GpuDevice device, Action launch)
    {
        launch();
        device.Synchronize();
        return Enumerable.Range(0, Rounds).Min(_ =>
        {
            var start = Stopwatch.GetTimestamp();
            launch();
            device.Synchronize();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        });
    }

    internal static void FmaKernel(ArrayView<float> y, int steps)
    {
        float a = Group.IdxX, b = a + 1f, c = a + 2f, d = a + 3f, e = a + 4f, f = a + 5f, g = a + 6f, h = a + 7f;
        for (var step = 0; step < steps; step++)
        {
            a = GpuIntrinsics.Fma(a, 0.999f, 0.001f);
            b = GpuIntrinsics.Fma(b, 0.999f, 0.001f);
            c = GpuIntrinsics.Fma(c, 0.999f, 0.001f);
            d = GpuIntrinsics.Fma(d, 0.999f, 0.001f);
            e = GpuIntrinsics.Fma(e, 0.999f, 0.001f);
            f = GpuIntrinsics.Fma(f, 0.999f, 0.001f);
            g = GpuIntrinsics.Fma(g, 0.999f, 0.001f);
            h = GpuIntrinsics.Fma(h, 0.999f, 0.001f);
        }
        y[Grid.GlobalIndex.X] = a + b + c + d + (e + f + g + h);
    }

    internal static void CopyKernel(ArrayView<float> x, ArrayView<float> y)
    {
        var from = x.Cast<Float4>();
        var to = y.Cast<Float4>();
        for (var i = Grid.GlobalIndex.X; i < from.Length; i += Grid.DimX * Group.DimX)
            to[i] = from[i];
    }
}
