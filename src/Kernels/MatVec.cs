using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// y = x·Wᵀ for a few rows, as in decoding one token at a time: every weight is read once. Each element is a sum in
/// sixteen lanes, k in lane (k / 2) mod 16, then a fixed tree; so a row's result does not depend on how many rows there
/// are. Training and prefill use <see cref="MatMul"/>, whose order of summation differs.
/// </summary>
static unsafe class MatVec
{
    const int Chunk = 32;

    /// <summary>y [rows, N] = x [rows, K] · W [N, K] transposed.</summary>
    public static void Forward(Device device, FloatBuffer x, int rows, Weight w, FloatBuffer y)
    {
        var (n, k) = (w.Rows, w.Columns);
        var padded = (k + Chunk - 1) / Chunk * Chunk;
        using var split = device.Rent<float>(device.ReadsHostMemory ? (long)rows * padded : 1);
        using var decoded = device.Rent<float>(device.ReadsHostMemory ? (long)device.Workers * padded : 1);
        device.Launch(
            host =>
            {
                for (var row = 0; row < rows; row++)
                    SplitPairs(x.Pointer + (long)row * k, k, padded, split.Pointer + (long)row * padded);
                var parts = Math.Min(host.Workers, Math.Max(1, (int)((long)n * k * rows >> 15)));
                host.ForEach(parts, (part, worker) => Loop(
                    split.Pointer, rows, padded, w, decoded.Pointer + (long)worker * padded, y.Pointer,
                    (int)((long)n * part / parts), (int)((long)n * (part + 1) / parts)));
            },
            gpu => gpu.Run(WeightReaders.For(w, ForwardKernel<F32Reader>, ForwardKernel<BF16Reader>, ForwardKernel<F16Reader>, ForwardKernel<INT8Reader>, ForwardKernel<FourBitReader>, ForwardKernel<NestedFourBitReader>),
                (long)rows * n, x.View, w.View, y.View, rows, n, k));
    }

    /// <summary>For each 32 values: the sixteen of even index, then the sixteen of odd index; zeros after the last.</summary>
    static void SplitPairs(float* source, int k, int padded, float* target)
    {
        for (var i = 0; i < padded; i++)
            target[i / Chunk * Chunk + (i % Chunk >> 1) + (i & 1) * 16] = i < k ? source[i] : 0f;
    }

    static void Loop(float* x, int rows, int padded, Weight w, float* decoded, float* y, int from, int to)
    {
        var (k, n) = (w.Columns, w.Rows);
        new Span<float>(decoded, padded).Clear();
        for (var j = from; j < to; j++)
        {
            var values = w.Floats is not null && k == padded ? w.Floats + (long)j * k : decoded;
            if (values == decoded)
                HostWeights.Decode(w, (long)j * k, k, decoded);
            for (var row = 0; row < rows; row++)
                y[(long)row * n + j] = Dot(x + (long)row * padded, values, padded);
        }
    }

    static float Dot(float* x, float* w, int padded)
    {
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < padded; i += Chunk)
        {
            var (first, second) = (Vector512.Load(w + i), Vector512.Load(w + i + 16));
            sum = Vector512.FusedMultiplyAdd(Vector512.Load(x + i), Even(first, second), sum);
            sum = Vector512.FusedMultiplyAdd(Vector512.Load(x + i + 16), Odd(first, second), sum);
        }
        return VectorMath.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Even(Vector512<float> a, Vector512<float> b) => Avx512F.IsSupported
        ? Avx512F.PermuteVar16x32x2(a, Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), b)
        : Vector512.Create(Half(a, 0), Half(b, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Odd(Vector512<float> a, Vector512<float> b) => Avx512F.IsSupported
        ? Avx512F.PermuteVar16x32x2(a, Vector512.Create(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31), b)
        : Vector512.Create(Half(a, 1), Half(b, 1));

    static Vector256<float> Half(Vector512<float> v, int odd) => Vector256.Create(
        v[odd], v[odd + 2], v[odd + 4], v[odd + 6], v[odd + 8], v[odd + 10], v[odd + 12], v[odd + 14]);

    static void ForwardKernel<TReader>(ArrayView<float> x, WeightView w, ArrayView<float> y, int rows, int n, int k)
        where TReader : struct, IWeightReader
    {
        for (var i = Grid.GlobalIndex.X; i < rows * n; i += Grid.DimX * Group.DimX)
        {
            var row = i / n;
            var column = i - row * n;
            var sum = 0f;
            for (var j = 0; j < k; j++)
                sum += x[row * k + j] * default(TReader).Read(w, (long)column * k + j);
            y[i] = sum;
        }
    }
}
