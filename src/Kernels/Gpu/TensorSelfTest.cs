namespace PureLora.Kernels;

/// <summary>
/// Before a device is trusted to multiply in bf16: the three forms of a product of small whole numbers, which are exact in bf16 and
/// whose sums are exact in float32, on shapes that fill no tile; and attention whose weights are all the same.
/// </summary>
static class TensorSelfTest
{
    const int M = 70, N = 40, K = 72;

    public static void Run(GpuDevice device)
    {
        var (x, w) = (Numbers(M * K, 7), Numbers(N * K, 5));
        if (!Forward(device, x, w).SequenceEqual(Sums((i, s) => x[i * K + s], (j, s) => w[j * K + s]))
            || !BackwardInput(device, x, w).SequenceEqual(Sums((i, s) => x[i * K + s], (j, s) => w[s * N + j]))
            || !ForwardInBF16(device, x, w).SequenceEqual(Forward(device, x, w))
            || !Attends(device, 40) || !Attends(device, 72)
            || !BackwardWeight(device, x, w).SequenceEqual(Sums((i, s) => x[s * M + i], (j, s) => w[s * N + j])))
            throw new PureLoraException($"{device.Name}: {device.Description} cannot multiply in bf16: a small test gave wrong numbers on it. Update its driver, or set bf16 to false.");
    }

    static float[] Forward(GpuDevice device, float[] x, float[] w)
    {
        using var weights = device.RentCopy<float>(w);
        return Product(device, x, M, (left, packed, y) => MatMul.Forward(device, left, M, Weight.Over(weights, N, K), y, packed: packed));
    }

    /// <summary>Over a weight that is bf16 already, and copied as it is.</summary>
    static unsafe float[] ForwardInBF16(GpuDevice device, float[] x, float[] w)
    {
        fixed (ushort* bits = w.Select(HalfFloats.ToBF16).ToArray())
        {
            using var weight = Weight.Over(device, WeightFormat.BF16, N, K, (byte*)bits);
            return Product(device, x, M, (left, packed, y) => MatMul.Forward(device, left, M, weight, y, packed: packed));
        }
    }

    /// <summary>Of queries of zeros every row is the average of the values up to it.</summary>
    static bool Attends(GpuDevice device, int size)
    {
        var shape = new AttentionShape(1, M, 1, 1, size);
        var values = Numbers(M * size, 7);
        using var starts = device.RentZeroed<int>(M);
        using FloatBuffer q = device.RentZeroed<float>(M * size), k = device.RentCopy<float>(Numbers(M * size, 5)), v = device.RentCopy<float>(values);
        using FloatBuffer o = device.Rent<float>(M * size), lse = device.Rent<float>(M);
        Attention.Forward(device, q, k, v, starts, shape, o, lse);
        var sums = new float[size];
        // The sums are exact, and a quotient is off by a few roundings.
        return o.ToArray().Select((x, i) => Math.Abs(x - (sums[i % size] += values[i]) / (i / size + 1)) <= 1e-5f).All(isNear => isNear);
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
