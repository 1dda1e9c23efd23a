namespace PureLora.Kernels;

/// <summary>
/// Before a device is trusted to multiply in bf16: the three forms of a product of small whole numbers, which are exact in bf16 and
/// whose sums are exact in float32, on shapes that fill no tile.
/// </summary>
static class TensorSelfTest
{
    const int M = 70, N = 40, K = 72;

    public static void Run(GpuDevice device)
    {
        var (x, w) = (Numbers(M * K, 7), Numbers(N * K, 5));
        if (!Forward(device, x, w).SequenceEqual(Sums((i, s) => x[i * K + s], (j, s) => w[j * K + s]))
            || !BackwardInput(device, x, w).SequenceEqual(Sums((i, s) => x[i * K + s], (j, s) => w[s * N + j]))
            || !BackwardWeight(device, x, w).SequenceEqual(Sums((i, s) => x[s * M + i], (j, s) => w[s * N + j])))
            throw new PureLoraException($"{device.Name}: {device.Description} cannot multiply in bf16: a small test product gave wrong numbers on it. Update its driver, or set bf16 to false.");
    }

    static float[] Forward(GpuDevice device, float[] x, float[] w)
    {
        using var weights = device.RentCopy<float>(w);
        return Product(device, x, M, (left, packed, y) => MatMul.Forward(device, left, M, Weight.Over(weights, N, K), y, packed: packed));
    }

    static float[] BackwardInput(GpuDevice device, float[] x, float[] w)
    {
        using var weights = device.RentCopy<float>(w);
        return Product(device, x, M, (left, packed, y) => MatMul.BackwardInput(device, left, M, Weight.Over(weights, K, N), y, add: false, packed));
    }

    static float[] BackwardWeight(GpuDevice device, float[] dy, float[] x)
    {
        using var right = device.RentCopy<float>(x);
        using var packed = MatMul.Pack(device, right, K);
        return Product(device, dy, K, (left, packedLeft, dw) =>
        {
            dw.Clear();
            MatMul.BackwardWeight(device, left, right, K, M, N, dw, (packedLeft, packed));
        });
    }

    static float[] Product(GpuDevice device, float[] x, int rows, Action<FloatBuffer, FloatBuffer, FloatBuffer> run)
    {
        using var left = device.RentCopy<float>(x);
        using var packed = MatMul.Pack(device, left, rows);
        using var y = device.Rent<float>(M * N);
        run(left, packed, y);
        return y.ToArray();
    }

    static float[] Numbers(int length, int most) => [.. Enumerable.Range(0, length).Select(i => i * 31 % (2 * most + 1) - most)];

    static float[] Sums(Func<int, int, float> left, Func<int, int, float> right) =>
        [.. Enumerable.Range(0, M * N).Select(i => Enumerable.Range(0, K).Sum(s => left(i / N, s) * right(i % N, s)))];
}
