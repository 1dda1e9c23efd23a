using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <summary>
/// Attention on the host, a block of <see cref="Queries"/> rows of one head at a time. Scores are vectors over keys (K is
/// packed transposed), outputs vectors over features; every sum is a chain over the features or over a row's own keys,
/// ascending, so neither blocks, threads, padding nor other documents show in the bits. Tokens count from the first of
/// their row of the batch.
/// </summary>
sealed unsafe partial class HostAttention(AttentionShape shape, float* q, float* k, float* v, int* starts, float* lse, float* scratch)
{
    /// <summary>Of keys, a panel is what a tile of scores is wide, a strip what stays in the cache while queries pass by.</summary>
    const int Queries = 32, Panel = 32, Keys = 64;

    readonly int size = shape.HeadSize;
    readonly float scale = shape.Scale, cap = shape.SoftCap;

    /// <summary>Tokens, rounded up to whole panels.</summary>
    static int Padded(AttentionShape shape) => (shape.Length + Panel - 1) / Panel * Panel;

    /// <summary>Floats between rows of scores: softmax clears up to a vector after a row's last key.</summary>
    static int Stride(AttentionShape shape) => Padded(shape) + 16;

    /// <summary>Floats for packed keys and values of all parts; a part is a key head of a row of the batch.</summary>
    public static long PackedLength(Device device, AttentionShape shape) =>
        device.ReadsHostMemory ? 2L * shape.Batch * shape.KeyColumns * Padded(shape) : 1;

    /// <summary>Floats for every worker's block of scores, of queries and of sums.</summary>
    public static long ScratchLength(Device device, AttentionShape shape) => device.ReadsHostMemory ? device.Workers * BlockLength(shape) : 1;

    static long BlockLength(AttentionShape shape) => (long)Queries * (Stride(shape) + 2 * shape.HeadSize);

    /// <summary>Of each part, keys to panels [T / 32, D, 32] with zeros after the last token, then values to [T, D].</summary>
    public void Pack(CpuDevice host, float* packed)
    {
        var (panels, padded) = (Padded(shape) / Panel, Padded(shape));
        host.ForEach(checked(shape.Batch * shape.KeyHeads * panels), (task, _) =>
        {
            var (part, first) = (task / panels, task % panels * Panel);
            var (source, count) = (KeyRow(part, first), Math.Min(Panel, shape.Length - first));
            var target = packed + (2L * part * padded + first) * size;
            Packing.Transpose(k + source, shape.KeyColumns, count, size, target, Panel);
            CopyRows(v + source, shape.KeyColumns, 1f, count, target + (long)padded * size);
        });
    }

    /// <summary>o [B·T, H·D], and lse.</summary>
    public void Forward(CpuDevice host, float* packed, float* o)
    {
        var (blocks, padded) = (Blocks(shape), (long)Padded(shape) * size);
        host.ForEach(checked(shape.Batch * shape.Heads * blocks), (task, worker) =>
        {
            var (batch, head) = Math.DivRem(task / blocks, shape.Heads);
            var keys = packed + (batch * shape.KeyHeads + head / shape.Group) * 2 * padded;
            ForwardBlock(batch, head, task % blocks * Queries, keys, keys + padded, scratch + worker * BlockLength(shape), o);
        });
    }

    void ForwardBlock(int batch, int head, int first, float* keys, float* values, float* scores, float* o)
    {
        int stride = Stride(shape), columns = shape.QueryColumns;
        int* from = stackalloc int[Queries], to = stackalloc int[Queries];
        var (count, low) = Visible(batch, first, from, to);
        float* scaled = scores + Queries * stride, sums = scaled + Queries * size;
        var row = (long)batch * shape.Length + first;
        var place = row * columns + head * size;
        CopyRows(q + place, columns, scale, count, scaled);
        for (var key = low / Panel * Panel; key < first + count; key += Panel)
            Products(scaled, keys + (long)key * size, key, count, from, to, scores + key, stride);
        var inverse = stackalloc float[Queries];
        for (var r = 0; r < count; r++)
        {
            if (cap != 0)
                Cap(scores + (long)r * stride, from[r], to[r]);
            var (max, sum) = from[r] < to[r] ? Softmax(scores + (long)r * stride + from[r], to[r] - from[r]) : (0f, 1f);
            lse[(row + r) * shape.Heads + head] = max + VectorMath.Log(sum);
            inverse[r] = 1f / sum;
        }
        new Span<float>(sums, count * size).Clear();
        for (var key = low / Keys * Keys; key < first + count; key += Keys)
            AddRows(scores + key, stride, values + (long)key * size, key, count, from, to, sums);
        for (var r = 0; r < count; r++)
            Multiply(sums + r * size, inverse[r], size, o + place + (long)r * columns);
    }

    /// <summary>s = cap·tanh(s / cap) in whole vectors over from..to.</summary>
    void Cap(float* scores, int from, int to)
    {
        for (var j = from / 16 * 16; j < to; j += 16)
            SoftCap.Bend(scores + j, cap, scores + j, 16);
    }

    /// <summary>
    /// The scores s[0..count) to e^(s - max), with the largest score and the sum over sixteen lanes, score j in lane j
    /// mod 16. Writes zeros up to the next multiple of sixteen.
    /// </summary>
    internal static (float Max, float Sum) Softmax(float* s, int count)
    {
        Vector512<float> lanes = Vector512.Create(float.NegativeInfinity), others = lanes, sums = Vector512<float>.Zero;
        int whole = count / 16 * 16, i = 0;
        for (; i <= whole - 32; i += 32)
            (lanes, others) = (Larger(Vector512.Load(s + i), lanes), Larger(Vector512.Load(s + i + 16), others));
        if (i < whole)
            lanes = Larger(Vector512.Load(s + i), lanes);
        lanes = Larger(lanes, others);
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

    /// <summary>The first key that a window leaves a query; of the queries after it, none sees an earlier one.</summary>
    int FirstKey(int query) => shape.Window > 0 ? Math.Max(0, query + 1 - shape.Window) : 0;

    /// <summary>
    /// The keys from..to that each query of the block at <paramref name="first"/> sees (none: from >= to), how many
    /// queries there are, and the first key that any of them sees.
    /// </summary>
    (int Count, int Low) Visible(int batch, int first, int* from, int* to)
    {
        int count = Math.Min(Queries, shape.Length - first), low = shape.Length, row = batch * shape.Length;
        for (var r = 0; r < Queries; r++)
        {
            (from[r], to[r]) = r < count ? (Math.Max(FirstKey(first + r), starts[row + first + r] - row), first + r + 1) : (0, 0);
            if (from[r] < to[r])
                low = Math.Min(low, from[r]);
        }
        return (count, low);
    }

    /// <summary>Whether one of the rows r..r + 4 sees one of the keys key..end.</summary>
    static bool Sees(int r, int key, int end, int* from, int* to)
    {
        for (var m = r; m < r + 4; m++)
            if (Math.Max(key, from[m]) < Math.Min(end, to[m]))
                return true;
        return false;
    }

    /// <summary>Rows of one head times a factor, one after another, then zeros up to the next fourth row.</summary>
    void CopyRows(float* source, long stride, float factor, int count, float* target)
    {
        for (var r = 0; r < count; r++)
            Multiply(source + r * stride, factor, size, target + r * size);
        new Span<float>(target + count * size, (-count & 3) * size).Clear();
    }

    internal static void Multiply(float* source, float factor, int count, float* target)
    {
        var i = 0;
        for (; i <= count - 16; i += 16)
            (Vector512.Load(source + i) * factor).Store(target + i);
        for (; i < count; i++)
            target[i] = source[i] * factor;
    }

    /// <summary>result [Queries, stride] = rows · a panel of keys (or values) that begins at key <paramref name="key"/>.</summary>
    void Products(float* rows, float* panel, int key, int count, int* from, int* to, float* result, int stride)
    {
        for (var r = 0; r < count; r += 4)
            if (Sees(r, key, key + Panel, from, to))
                RowProduct.Four(rows + r * size, size, 1, panel, Panel, size, result + r * stride, stride, Panel, add: false);
    }

    /// <summary>
    /// target row r += Σ over the keys key..key + 64 that it sees of weights[r, key] · row of the keys (or values), with
    /// weights and rows given from <paramref name="key"/> on.
    /// </summary>
    void AddRows(float* weights, int stride, float* rows, int key, int count, int* from, int* to, float* target)
    {
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
                RowProduct.Four(weights + r * stride + begin - key, stride, 1, rows + (begin - key) * size, size, end - begin, target + r * size, size, size, add: true);
            for (var m = r; m < r + members; m++)
                AddRow(m, Math.Max(end, Math.Max(key, from[m])), Math.Min(key + Keys, to[m]));
        }

        void AddRow(int r, int begin, int end)
        {
            if (begin < end)
                RowProduct.One(weights + r * stride + begin - key, 1, rows + (begin - key) * size, size, end - begin, target + r * size, size);
        }
    }

    /// <summary>Where a token's key (or value) lies.</summary>
    long KeyRow(int part, int token) => ((long)(part / shape.KeyHeads) * shape.Length + token) * shape.KeyColumns + part % shape.KeyHeads * size;
}
