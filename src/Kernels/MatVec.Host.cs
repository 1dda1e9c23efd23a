using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PureLora.Kernels;

/// <summary>
/// The host loop of <see cref="MatVec"/>. x is laid out once so that each 32 values are the sixteen of even index, then
/// the sixteen of odd index; a reader of <see cref="IPairs"/> makes the same of 32 elements of a weight, straight from
/// their codes. Four rows of W go side by side: four chains hide the latency of one, and share what is read of x.
/// </summary>
static unsafe class HostMatVec
{
    public const int Chunk = 32;
    const int RowsAtOnce = 4;

    /// <summary>Products that are worth waking a thread for, and so many that a thread may come to a part late.</summary>
    const int ShortPart = 1 << 15, LongPart = 1 << 20, LongParts = 4;

    /// <summary>Memory is asked for so many bytes, and all four rows, before it is read: what it takes to answer.</summary>
    const int Ahead = 4096;

    static int Padded(int k) => (k + Chunk - 1) / Chunk * Chunk;

    /// <summary>x, then for each worker four rows of W and one that is not in pairs yet.</summary>
    public static long ScratchLength(Device device, int rows, int k) => ((long)rows + device.Workers * (RowsAtOnce + 1)) * Padded(k);

    public static void Run(CpuDevice host, FloatBuffer scratch, FloatBuffer x, int rows, Weight w, FloatBuffer y)
    {
        var (n, k, padded) = (w.Rows, w.Columns, Padded(w.Columns));
        if (k == 0)
        {
            y.Clear();
            return;
        }
        var pairs = scratch.Pointer;
        for (var row = 0; row < rows; row++)
            SplitPairs(x.Pointer + (long)row * k, k, pairs + (long)row * padded);
        var blocks = (n + RowsAtOnce - 1) / RowsAtOnce;
        var products = (long)n * k * rows;
        var parts = (int)Math.Min(blocks, Math.Max(Math.Clamp(products / ShortPart, 1, host.Workers), Math.Min(products / LongPart, LongParts * host.Workers)));
        host.ForEach(parts, (part, worker) =>
        {
            var (from, to) = ((int)((long)blocks * part / parts) * RowsAtOnce, Math.Min((int)((long)blocks * (part + 1) / parts) * RowsAtOnce, n));
            var decoded = pairs + ((long)rows + worker * (RowsAtOnce + 1)) * padded;
            var output = y.Pointer;
            switch (w.Format)
            {
                case WeightFormat.F32: Loop<F32Pairs>(pairs, rows, w, decoded, output, from, to); break;
                case WeightFormat.BF16: Loop<BF16Pairs>(pairs, rows, w, decoded, output, from, to); break;
                case WeightFormat.F16: Loop<F16Pairs>(pairs, rows, w, decoded, output, from, to); break;
                case WeightFormat.INT8: Loop<INT8Pairs>(pairs, rows, w, decoded, output, from, to); break;
                case var _ when w.IsNested: Loop<NestedFourBitPairs>(pairs, rows, w, decoded, output, from, to); break;
                default: Loop<FourBitPairs>(pairs, rows, w, decoded, output, from, to); break;
            }
        });
    }

    /// <summary>Zeros after the last value.</summary>
    public static void SplitPairs(float* source, int k, float* target)
    {
        var i = 0;
        for (; i <= k - Chunk; i += Chunk)
        {
            var (even, odd) = F32Pairs.Read((byte*)(source + i), default);
            even.Store(target + i);
            odd.Store(target + i + 16);
        }
        if (i == k)
            return;
        new Span<float>(target + i, Chunk).Clear();
        for (var j = i; j < k; j++)
            target[i + (j - i >> 1) + (j & 1) * 16] = source[j];
    }

    static void Loop<TPairs>(float* x, int rows, Weight w, float* decoded, float* y, int from, int to) where TPairs : struct, IPairs
    {
        var (k, n, padded) = (w.Columns, w.Rows, Padded(w.Columns));
        var fits = k % Chunk == 0 && k % TPairs.Unit(k) == 0;
        var codes = TPairs.Codes(w);
        var bytes = (nint)TPairs.Bytes * (k / Chunk);
        for (nint line = 0; fits && line < RowsAtOnce * bytes + Ahead; line += RowsAtOnce * TPairs.Bytes)
            Ask<TPairs>(codes + from * bytes + line);
        for (var j = from; j < to; j += RowsAtOnce)
        {
            var count = Math.Min(RowsAtOnce, to - j);
            if (fits && rows == 1 && count == RowsAtOnce)
            {
                Dot<TPairs>(x, w.Quantized, codes + j * bytes, bytes, (long)j * (k / TPairs.Unit(k)), k).Store(y + j);
                continue;
            }
            for (var r = 0; r < RowsAtOnce; r++)
                if (r < count)
                    Split(w, j + r, decoded + RowsAtOnce * padded, decoded + r * padded);
            for (var row = 0; row < rows; row++)
            {
                var sums = Dot<SplitPairs>(x + (long)row * padded, null, (byte*)decoded, sizeof(float) * padded, 0, padded);
                for (var r = 0; r < count; r++)
                    y[(long)row * n + j + r] = sums[r];
            }
        }
    }

    static void Split(Weight w, int row, float* plain, float* target)
    {
        HostWeights.Decode(w, (long)row * w.Columns, w.Columns, plain);
        SplitPairs(plain, w.Columns, target);
    }

    /// <summary>x times the four rows at <paramref name="codes"/>, whose scales begin at number <paramref name="scale"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector128<float> Dot<TPairs>(float* x, QuantizedMatrix? matrix, byte* codes, nint bytes, long scale, int columns) where TPairs : struct, IPairs
    {
        byte* w0 = codes, w1 = w0 + bytes, w2 = w1 + bytes, w3 = w2 + bytes;
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
        var unit = TPairs.Unit(columns);
        nint perRow = columns / unit, at = 0, ahead = RowsAtOnce * bytes + Ahead;
        for (var i = 0; i < perRow; i++, scale++)
        {
            Vector512<float> t0 = TPairs.Scale(matrix, scale), t1 = TPairs.Scale(matrix, scale + perRow);
            Vector512<float> t2 = TPairs.Scale(matrix, scale + 2 * perRow), t3 = TPairs.Scale(matrix, scale + 3 * perRow);
            for (var end = x + unit; x != end; x += Chunk, at += TPairs.Bytes)
            {
                Ask<TPairs>(codes + RowsAtOnce * at + ahead);
                Vector512<float> even = Vector512.Load(x), odd = Vector512.Load(x + 16);
                var pair = TPairs.Read(w0 + at, t0);
                s0 = Vector512.FusedMultiplyAdd(odd, pair.Odd, Vector512.FusedMultiplyAdd(even, pair.Even, s0));
                pair = TPairs.Read(w1 + at, t1);
                s1 = Vector512.FusedMultiplyAdd(odd, pair.Odd, Vector512.FusedMultiplyAdd(even, pair.Even, s1));
                pair = TPairs.Read(w2 + at, t2);
                s2 = Vector512.FusedMultiplyAdd(odd, pair.Odd, Vector512.FusedMultiplyAdd(even, pair.Even, s2));
                pair = TPairs.Read(w3 + at, t3);
                s3 = Vector512.FusedMultiplyAdd(odd, pair.Odd, Vector512.FusedMultiplyAdd(even, pair.Even, s3));
            }
        }
        return VectorMath.Sum(s0, s1, s2, s3);
    }

    /// <summary>
    /// Asks for what four rows take of a chunk, in the order of memory: one stream, which a processor's own prefetcher follows,
    /// where the reading has four that are no longer than a row.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Ask<TPairs>(byte* at) where TPairs : struct, IPairs
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch1(at);
        if (TPairs.Bytes > 16)
            Sse.Prefetch1(at + 64);
        if (TPairs.Bytes > 32)
        {
            Sse.Prefetch1(at + 128);
            Sse.Prefetch1(at + 192);
        }
        if (TPairs.Bytes > 64)
        {
            Sse.Prefetch1(at + 256);
            Sse.Prefetch1(at + 320);
            Sse.Prefetch1(at + 384);
            Sse.Prefetch1(at + 448);
        }
    }
}
