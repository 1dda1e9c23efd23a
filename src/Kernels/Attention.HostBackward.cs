using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

sealed unsafe partial class HostAttention
{
    /// <summary>delta [B·T, H] = do·o of each head, in sixteen lanes.</summary>
    public static void Delta(CpuDevice host, AttentionShape shape, float* o, float* dy, float* delta)
    {
        var size = shape.HeadSize;
        host.For((long)shape.Rows * shape.Heads, 256, (from, to) =>
        {
            for (var i = from; i < to; i++)
                delta[i] = VectorMath.LaneDot(new(o + i * size, size), new(dy + i * size, size));
        });
    }

    /// <summary>dq += Σ over keys of ds·k / √D. <paramref name="values"/> are packed.</summary>
    public void BackwardQueries(CpuDevice host, float* dy, float* values, float* delta, float* dq)
    {
        var blocks = (shape.Length + Queries - 1) / Queries;
        host.ForEach(checked(shape.Batch * shape.Heads * blocks), (task, worker) => BackwardQueryBlock(
            task / blocks / shape.Heads, task / blocks % shape.Heads, task % blocks * Queries,
            scratch + worker * BlockLength(shape), dy, values, delta, dq));
    }

    void BackwardQueryBlock(int batch, int head, int first, float* scores, float* dy, float* values, float* delta, float* dq)
    {
        int size = shape.HeadSize, stride = Stride(shape), columns = shape.QueryColumns;
        int* from = stackalloc int[Queries], to = stackalloc int[Queries];
        var (count, low) = Visible(batch, first, from, to);
        var row = (long)batch * shape.Length + first;
        var slopes = scores + Queries * stride;
        float* scaled = slopes + Queries * stride, dyRows = scaled + Queries * size, sums = dyRows + Queries * size;
        CopyRows(q + row * columns + head * size, shape.Scale, count, scaled);
        CopyRows(dy + row * columns + head * size, 1f, count, dyRows);
        Products(scaled, keys + Packed(batch, head), first, count, low, scores);
        Products(dyRows, values + Packed(batch, head), first, count, low, slopes);
        for (var r = 0; r < count; r++)
            for (var j = from[r]; j < to[r]; j += 16)
            {
                float* s = scores + (long)r * stride + j, dp = slopes + (long)r * stride + j;
                var at = (row + r) * shape.Heads + head;
                var p = VectorMath.Exp(Vector512.Load(s) - Vector512.Create(lse[at]));
                (p * (Vector512.Load(dp) - Vector512.Create(delta[at]))).Store(s);
            }
        new Span<float>(sums, Queries * size).Clear();
        AddRows(scores, k + KeyRow(batch, head), first, count, low, from, to, sums, size);
        for (var r = 0; r < count; r++)
            for (var d = 0; d < size; d++)
            {
                var target = dq + (row + r) * columns + head * size + d;
                *target = float.FusedMultiplyAdd(shape.Scale, sums[r * size + d], *target);
            }
    }

    /// <summary>dk += Σ over queries of ds·q / √D, dv += Σ of p·do: the group's heads ascending, then the queries.</summary>
    public void BackwardKeysAndValues(CpuDevice host, float* dy, float* values, float* delta, float* dk, float* dv)
    {
        var blocks = (shape.Length + Keys - 1) / Keys;
        host.ForEach(checked(shape.Batch * shape.KeyHeads * blocks), (task, worker) =>
        {
            var (part, first) = (task / blocks, task % blocks * Keys);
            for (var member = 0; member < shape.Group; member++)
                for (var query = first / Queries * Queries; query < shape.Length; query += Queries)
                    BackwardTile(part / shape.KeyHeads, part % shape.KeyHeads * shape.Group + member, first, query,
                        scratch + worker * BlockLength(shape), dy, values, delta, dk, dv);
        });
    }

    /// <summary>What the queries first..first + 16 of one head give to the keys key..key + 32.</summary>
    void BackwardTile(int batch, int head, int key, int first, float* weights, float* dy, float* values, float* delta, float* dk, float* dv)
    {
        int size = shape.HeadSize, stride = Stride(shape), columns = shape.QueryColumns;
        int* from = stackalloc int[Queries], to = stackalloc int[Queries];
        var (count, _) = Visible(batch, first, from, to);
        var row = (long)batch * shape.Length + first;
        float* slopes = weights + Queries * Keys, scaled = slopes + Queries * Keys, rows = scaled + Queries * size, dyRows = rows + Queries * size;
        var end = Math.Min(key + Keys, shape.Length);
        var seen = false;
        for (var r = 0; r < count; r++)
            seen |= Math.Max(key, from[r]) < Math.Min(end, to[r]);
        if (!seen)
            return;
        CopyRows(q + row * columns + head * size, shape.Scale, count, scaled);
        CopyRows(q + row * columns + head * size, 1f, count, rows);
        CopyRows(dy + row * columns + head * size, 1f, count, dyRows);
        for (var r = 0; r < count; r += 4)
        {
            RowProduct.Four(scaled + r * size, size, 1, keys + Packed(batch, head) + key, stride, size, weights + r * Keys, Keys, Keys, add: false);
            if (dk is not null)
                RowProduct.Four(dyRows + r * size, size, 1, values + Packed(batch, head) + key, stride, size, slopes + r * Keys, Keys, Keys, add: false);
        }
        for (var r = 0; r < count; r++)
        {
            var at = (row + r) * shape.Heads + head;
            for (var j = r * Keys; j < (r + 1) * Keys; j += 16)
            {
                var p = VectorMath.Exp(Vector512.Load(weights + j) - Vector512.Create(lse[at]));
                p.Store(weights + j);
                (p * (Vector512.Load(slopes + j) - Vector512.Create(delta[at])) * shape.Scale).Store(slopes + j);
            }
        }
        for (var j = key; j < end; j += 4)
        {
            var target = KeyRow(batch, head) + (long)j * shape.KeyColumns;
            if (dk is not null)
                AddColumns(slopes + j - key, rows, j, Math.Min(4, end - j), count, from, to, dk + target);
            if (dv is not null)
                AddColumns(weights + j - key, dyRows, j, Math.Min(4, end - j), count, from, to, dv + target);
        }
    }

    /// <summary>target row of key, key + 1, ... += Σ over the queries r that see it of weights [r, key] · rows [r, D].</summary>
    void AddColumns(float* weights, float* rows, int key, int members, int count, int* from, int* to, float* target)
    {
        int size = shape.HeadSize, columns = shape.KeyColumns;
        for (var r = 0; r < count;)
        {
            var end = r;
            while (members == 4 && end < count && from[end] <= key && to[end] >= key + 4)
                end++;
            if (r < end)
            {
                RowProduct.Four(weights + r * Keys, 1, Keys, rows + r * size, size, end - r, target, columns, size, add: true);
                r = end;
                continue;
            }
            for (var m = 0; m < members; m++)
                if (from[r] <= key + m && key + m < to[r])
                    RowProduct.One(weights + r * Keys + m, Keys, rows + r * size, size, 1, target + (long)m * columns, size);
            r++;
        }
    }
}
