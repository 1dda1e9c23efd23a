using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <summary>
/// Attention on the host, a block of <see cref="Queries"/> rows of one head at a time. Scores are vectors over keys (K is
/// packed transposed), outputs vectors over features; every sum is a chain over the features or over a row's own keys,
/// ascending, so neither blocks, threads, padding nor other documents show in the bits. Tokens count from the first of
/// their row of the batch.
/// </summary>
sealed unsafe partial class HostAttention(
    AttentionShape shape, float* q, float* k, float* v, float* keys, int* starts, float* lse, float* scratch)
{
    const int Queries = 16, Keys = 32, PackedTokens = 64;

    /// <summary>Floats between a feature and the next in packed keys, and between rows of scores.</summary>
    static int Stride(AttentionShape shape) => (shape.Length + Keys - 1) / Keys * Keys + 16;

    /// <summary>Floats for packed keys or values: [B, KeyHeads, D, stride].</summary>
    public static long PackedLength(Device device, AttentionShape shape) =>
        device.ReadsHostMemory ? (long)shape.Batch * shape.KeyColumns * Stride(shape) : 1;

    /// <summary>Floats for every worker's block: two of scores, three of rows.</summary>
    public static long ScratchLength(Device device, AttentionShape shape) =>
        device.ReadsHostMemory ? device.Workers * BlockLength(shape) : 1;

    static long BlockLength(AttentionShape shape) => (long)Queries * (2 * Stride(shape) + 3 * shape.HeadSize);

    /// <summary>Keys or values [B·T, KeyHeads·D] to [B, KeyHeads, D, stride], zeros after the last token.</summary>
    public static void Pack(CpuDevice host, AttentionShape shape, float* source, float* target)
    {
        int length = shape.Length, size = shape.HeadSize, stride = Stride(shape);
        var blocks = (stride + PackedTokens - 1) / PackedTokens;
        host.ForEach(checked(shape.Batch * shape.KeyHeads * blocks), (task, _) =>
        {
            var (part, block) = Math.DivRem(task, blocks);
            var (row, head) = Math.DivRem(part, shape.KeyHeads);
            var from = source + (long)row * length * shape.KeyColumns + (long)head * size;
            var to = target + (long)part * size * stride;
            for (var d = 0; d < size; d++)
                for (var t = block * PackedTokens; t < Math.Min((block + 1) * PackedTokens, stride); t++)
                    to[(long)d * stride + t] = t < length ? from[(long)t * shape.KeyColumns + d] : 0f;
        });
    }

    /// <summary>o [B·T, H·D], and lse.</summary>
    public void Forward(CpuDevice host, float* o)
    {
        var blocks = (shape.Length + Queries - 1) / Queries;
        host.ForEach(checked(shape.Batch * shape.Heads * blocks), (task, worker) =>
            ForwardBlock(task / blocks / shape.Heads, task / blocks % shape.Heads, task % blocks * Queries, scratch + worker * BlockLength(shape), o));
    }

    void ForwardBlock(int batch, int head, int first, float* scores, float* o)
    {
        int size = shape.HeadSize, stride = Stride(shape), columns = shape.QueryColumns;
        int* from = stackalloc int[Queries], to = stackalloc int[Queries];
        var (count, low) = Visible(batch, first, from, to);
        var row = (long)batch * shape.Length + first;
        o += row * columns + head * size;
        for (var r = 0; r < count; r++)
            new Span<float>(o + (long)r * columns, size).Clear();
        var scaled = scores + Queries * stride;
        CopyRows(q + row * columns + head * size, shape.Scale, count, scaled);
        Products(scaled, keys + Packed(batch, head), first, count, low, scores);
        var inverse = stackalloc float[Queries];
        for (var r = 0; r < count; r++)
        {
            var (max, sum) = from[r] < to[r] ? Softmax(scores + (long)r * stride + from[r], to[r] - from[r]) : (0f, 1f);
            lse[(row + r) * shape.Heads + head] = max + VectorMath.Log(sum);
            inverse[r] = 1f / sum;
        }
        AddRows(scores, v + KeyRow(batch, head), first, count, low, from, to, o, columns);
        for (var r = 0; r < count; r++)
            Multiply(o + (long)r * columns, inverse[r], size, o + (long)r * columns);
    }

    /// <summary>
    /// s becomes exp(s - max), unnormalised; returns max and the sum, whose lane is the key's distance from the first
    /// mod 16. Writes zeros up to the next multiple of sixteen.
    /// </summary>
    internal static (float Max, float Sum) Softmax(float* s, int count)
    {
        var (lanes, sums) = (Vector512.Create(float.NegativeInfinity), Vector512<float>.Zero);
        var whole = count / 16 * 16;
        for (var j = 0; j < whole; j += 16)
            lanes = Larger(Vector512.Load(s + j), lanes);
        var rest = Vector512.LessThan(Vector512<float>.Indices, Vector512.Create((float)(count - whole)));
        if (whole < count)
            lanes = Larger(Vector512.ConditionalSelect(rest, Vector512.Load(s + whole), lanes), lanes);
        var max = VectorMath.Max(lanes);
        for (var j = 0; j < count; j += 16)
        {
            var p = VectorMath.Exp(Vector512.Load(s + j) - Vector512.Create(max));
            if (j == whole)
                p = Vector512.ConditionalSelect(rest, p, Vector512<float>.Zero);
            sums += p;
            p.Store(s + j);
        }
        return (max, VectorMath.Sum(sums));
    }

    static Vector512<float> Larger(Vector512<float> a, Vector512<float> b) => Vector512.ConditionalSelect(Vector512.GreaterThan(a, b), a, b);

    /// <summary>
    /// The keys from..to that each query of the block at <paramref name="first"/> sees (none: from >= to), how many
    /// queries there are, and the first key that any of them sees.
    /// </summary>
    (int Count, int Low) Visible(int batch, int first, int* from, int* to)
    {
        int count = Math.Min(Queries, shape.Length - first), low = shape.Length, row = batch * shape.Length;
        for (var r = 0; r < Queries; r++)
        {
            (from[r], to[r]) = r < count ? (Math.Max(0, starts[row + first + r] - row), first + r + 1) : (0, 0);
            if (from[r] < to[r])
                low = Math.Min(low, from[r]);
        }
        return (count, low);
    }

    /// <summary>Rows of one head times a factor, then zeros up to <see cref="Queries"/> rows.</summary>
    void CopyRows(float* source, float factor, int count, float* target)
    {
        var size = shape.HeadSize;
        for (var r = 0; r < count; r++)
            Multiply(source + (long)r * shape.QueryColumns, factor, size, target + r * size);
        new Span<float>(target + count * size, (Queries - count) * size).Clear();
    }

    internal static void Multiply(float* source, float factor, int count, float* target)
    {
        var i = 0;
        for (; i <= count - 16; i += 16)
            (Vector512.Load(source + i) * factor).Store(target + i);
        for (; i < count; i++)
            target[i] = source[i] * factor;
    }

    /// <summary>result [Queries, stride] = rows · packed keys (or values), from the block of key <paramref name="low"/> on.</summary>
    void Products(float* rows, float* packed, int first, int count, int low, float* result)
    {
        int size = shape.HeadSize, stride = Stride(shape);
        for (var key = low / Keys * Keys; key < first + count; key += Keys)
            for (var r = 0; r < count; r += 4)
                if (key < first + r + 4)
                    RowProduct.Four(rows + r * size, size, 1, packed + key, stride, size, result + (long)r * stride + key, stride, Keys, add: false);
    }

    /// <summary>target row r += Σ over the keys it sees of weights[r, key] · row of the keys (or values).</summary>
    void AddRows(float* weights, float* rows, int first, int count, int low, int* from, int* to, float* target, int targetRow)
    {
        int stride = Stride(shape), columns = shape.KeyColumns;
        for (var key = low / Keys * Keys; key < first + count; key += Keys)
            for (var r = 0; r < count; r += 4)
            {
                int members = Math.Min(4, count - r), begin = key, end = members == 4 ? key + Keys : key;
                for (var m = r; m < r + members; m++)
                    (begin, end) = (Math.Max(begin, from[m]), Math.Min(end, to[m]));
                // Keys that all four see go together; those before and after them, row by row.
                end = Math.Max(begin, end);
                for (var m = r; m < r + members; m++)
                    AddRow(m, Math.Max(key, from[m]), Math.Min(begin, Math.Min(key + Keys, to[m])));
                if (begin < end)
                    RowProduct.Four(weights + (long)r * stride + begin, stride, 1, rows + (long)begin * columns, columns, end - begin,
                        target + (long)r * targetRow, targetRow, shape.HeadSize, add: true);
                for (var m = r; m < r + members; m++)
                    AddRow(m, Math.Max(end, Math.Max(key, from[m])), Math.Min(key + Keys, to[m]));
            }

        void AddRow(int r, int begin, int end)
        {
            if (begin < end)
                RowProduct.One(weights + (long)r * stride + begin, 1, rows + (long)begin * columns, columns, end - begin, target + (long)r * targetRow, shape.HeadSize);
        }
    }

    /// <summary>Where the packed keys of a query head begin.</summary>
    long Packed(int batch, int head) => ((long)batch * shape.KeyHeads + head / shape.Group) * shape.HeadSize * Stride(shape);

    /// <summary>Where the keys (or values) of a query head begin.</summary>
    long KeyRow(int batch, int head) => (long)batch * shape.Length * shape.KeyColumns + head / shape.Group * shape.HeadSize;
}
