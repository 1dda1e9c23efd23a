using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>Every tile of a GPU's matrix product, by every form and format, whichever a product of that size would get.</summary>
public sealed class TileTests
{
    // Edges that are multiples of four, or not, in each direction; less and more than a tile; k in parts.
    static readonly (int M, int N, int K)[] shapes = [(133, 18, 20), (22, 140, 9), (20, 24, 530)];

    static readonly Quantization[] formats = [new(WeightFormat.F32), new(WeightFormat.BF16), new(WeightFormat.F16), .. QuantizedWeightTests.Formats];

    public static TheoryData<string, int, int> Cases
    {
        get
        {
            var data = new TheoryData<string, int, int>();
            foreach (var device in Devices.Names.Where(name => name == Devices.Gpu).Concat(Devices.Interpreters))
                foreach (var tile in Enum.GetValues<TileShape>().Select(tile => (int)tile))
                    for (var format = 0; format < formats.Length; format++)
                        // PoCL compiles each of fifty kernels for a second: without all of them, one that decodes and one that does not.
                        if (Devices.Thorough || !Devices.Gpus.Contains(device) || format is 0 or 1)
                            data.Add(device, tile, format);
            return data;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_product_in_tiles_equals_its_sum_in_doubles(string deviceName, int shape, int format)
    {
        var tile = (TileShape)shape;
        using var device = (GpuDevice)Devices.Open(deviceName);
        foreach (var (m, n, k) in shapes)
        {
            using var turned = Weight.Random(device, formats[format], "w", n, k, 5, 0.5f);
            Check(device, new TileGrid(tile, m, n, k), turned, m, n, k, GpuMatMul.InTiles<LeftRows>(turned, isTurned: true), (j, s) => j * k + s, leftIsTurned: false);
            using var rows = Weight.Random(device, formats[format], "v", k, n, 5, 0.5f);
            Check(device, new TileGrid(tile, m, n, k), rows, m, n, k, GpuMatMul.InTiles<LeftRows>(rows, isTurned: false), (j, s) => s * n + j, leftIsTurned: false);
            if (formats[format].Format == WeightFormat.F32)
                Check(device, new TileGrid(tile, m, n, k), rows, m, n, k, GpuMatMul.InTiles<LeftColumns>(rows, isTurned: false), (j, s) => s * n + j, leftIsTurned: true);
        }
    }

    static void Check(GpuDevice device, TileGrid grid, Weight weight, int m, int n, int k, GpuMatMul.Tiles run, Func<int, int, int> place, bool leftIsTurned)
    {
        using var decoded = weight.ToF32(device);
        float[] w = decoded.ToArray(), a = Devices.Noise(m * k, 1), held = Devices.Noise(m * n, 2);
        using var left = device.RentCopy<float>(a);
        using var parts = device.Rent<float>(grid.Split.PartsLength);
        foreach (var add in (bool[])[false, true])
        {
            using var y = device.RentCopy<float>(held);
            run(grid, device, left.View, weight.View, y.View, parts.View, m, n, k, add);
            var actual = y.ToArray();
            for (var i = 0; i < m; i++)
                for (var j = 0; j < n; j++)
                {
                    var expected = add ? held[i * n + j] : 0.0;
                    for (var s = 0; s < k; s++)
                        expected += (double)a[leftIsTurned ? s * m + i : i * k + s] * w[place(j, s)];
                    // A chain of f32 additions of terms below one half: one rounding of a partial sum below k for each.
                    Assert.True(Math.Abs(expected - actual[i * n + j]) <= 1e-7 * Math.Max(4, k), $"element ({i}, {j}) of {m} x {n} x {k} is {actual[i * n + j]}, but its sum is {expected}.");
                }
        }
    }
}
