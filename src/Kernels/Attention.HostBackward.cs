using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <remarks>
/// Backward goes over each tile of scores once. A strip of keys stays with one worker while all queries that see it pass
/// by, so its dk and dv are chains over the queries; dq is a chain over the keys because a strip takes a block of queries
/// only after the strip before it did. Strips are handed out ascending, so the one that is waited for is at work.
/// </remarks>
sealed unsafe partial class HostAttention
{
    static int Strips(AttentionShape shape) => (shape.Length + Keys - 1) / Keys;

    static int Blocks(AttentionShape shape) => (shape.Length + Queries - 1) / Queries;

    /// <summary>Floats for every worker's strip and block.</summary>
    public static long StripLength(Device device, AttentionShape shape) => device.ReadsHostMemory ? device.Workers * Strip.Length(shape.HeadSize) : 1;

    /// <summary>For each strip, how many blocks of queries it has taken.</summary>
    public static long StepsLength(Device device, AttentionShape shape) =>
        device.ReadsHostMemory ? (long)shape.Batch * shape.KeyHeads * Strips(shape) : 1;

    /// <summary>Floats for Σ over keys of ds·k: [B, H, T, D].</summary>
    public static long SumsLength(Device device, AttentionShape shape) => device.ReadsHostMemory ? (long)shape.Rows * shape.QueryColumns : 1;

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

    /// <summary>
    /// dq += scale · Σ over keys of ds·k; dk += scale · Σ over queries of ds·q and dv += Σ of p·do, the group's heads ascending,
    /// then the queries.
    /// </summary>
    public void Backward(CpuDevice host, float* dy, float* delta, int* steps, float* sums, float* dq, float* dk, float* dv)
    {
        var (parts, strips) = (shape.Batch * shape.KeyHeads, Strips(shape));
        new Span<int>(steps, checked(parts * strips)).Clear();
        host.ForEach(parts * strips, (task, worker) =>
        {
            // As many parts at a time as there are workers: each finds its queries in its own cache again.
            var (round, place) = Math.DivRem(task, host.Workers * strips);
            var (strip, part) = Math.DivRem(place, Math.Min(host.Workers, parts - round * host.Workers));
            part += round * host.Workers;
            var memory = new Strip(scratch + worker * Strip.Length(size), size);
            BackwardStrip(part, strip, memory, dy, delta, steps + (long)part * strips + strip, sums, dq, dk, dv);
        });
    }

    void BackwardStrip(int part, int strip, Strip memory, float* dy, float* delta, int* steps, float* sums, float* dq, float* dk, float* dv)
    {
        int first = strip * Keys, count = Math.Min(Keys, shape.Length - first), columns = shape.KeyColumns, blocks = Blocks(shape);
        var place = KeyRow(part, first);
        for (var key = 0; key < count; key += Panel)
        {
            var rows = Math.Min(Panel, count - key);
            Packing.Transpose(k + place + (long)key * columns, columns, rows, size, memory.KeyPanels + key * size, Panel);
            Packing.Transpose(v + place + (long)key * columns, columns, rows, size, memory.ValuePanels + key * size, Panel);
        }
        CopyRows(k + place, columns, 1f, count, memory.KeyRows);
        if (dk is not null)
            CopyRows(dk + place, columns, 1f, count, memory.Dk);
        if (dv is not null)
            CopyRows(dv + place, columns, 1f, count, memory.Dv);
        for (var member = 0; member < shape.Group; member++)
            for (var block = first / Queries; block < blocks && FirstKey(block * Queries) < first + Keys; block++)
            {
                var (step, query) = (member * blocks + block, block * Queries);
                int batch = part / shape.KeyHeads, head = part % shape.KeyHeads * shape.Group + member;
                var target = dq is null ? null : sums + (((long)batch * shape.Heads + head) * shape.Length + query) * size;
                if (dq is not null && strip == FirstKey(query) / Keys)
                    new Span<float>(target, Math.Min(Queries, shape.Length - query) * size).Clear();
                else if (dq is not null)
                    WaitFor(steps - 1, step);
                BackwardTile(batch, head, first, count, query, memory, dy, delta, target, dk is not null, dv is not null);
                if (dq is not null && query / Keys == strip)
                    AddToQueries(batch, head, query, target, dq);
                Volatile.Write(ref *steps, step + 1);
            }
        for (var r = 0; r < count; r++)
        {
            if (dk is not null)
                Multiply(memory.Dk + r * size, 1f, size, dk + place + (long)r * columns);
            if (dv is not null)
                Multiply(memory.Dv + r * size, 1f, size, dv + place + (long)r * columns);
        }
    }

    static void WaitFor(int* steps, int step)
    {
        var spin = new SpinWait();
        while (Volatile.Read(ref *steps) <= step)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    /// <summary>What the queries first..first + 32 of one head and the keys key..key + keys give to each other.</summary>
    void BackwardTile(int batch, int head, int key, int keys, int first, Strip memory, float* dy, float* delta, float* sums, bool wantsKeys, bool wantsValues)
    {
        int* from = stackalloc int[Queries], to = stackalloc int[Queries];
        var (count, low) = Visible(batch, first, from, to);
        if (low >= key + keys)
            return;
        for (var r = 0; r < count; r++)
            (from[r], to[r]) = (Math.Max(from[r] - key, 0), Math.Min(to[r] - key, keys));
        var (row, columns) = ((long)batch * shape.Length + first, shape.QueryColumns);
        var place = row * columns + head * size;
        CopyRows(q + place, columns, scale, count, memory.Scaled);
        CopyRows(q + place, columns, 1f, count, memory.Q);
        CopyRows(dy + place, columns, 1f, count, memory.Dy);
        for (var panel = 0; panel < keys; panel += Panel)
        {
            Products(memory.Scaled, memory.KeyPanels + panel * size, panel, count, from, to, memory.Weights + panel, Keys);
            Products(memory.Dy, memory.ValuePanels + panel * size, panel, count, from, to, memory.Slopes + panel, Keys);
        }
        for (var r = 0; r < count; r++)
        {
            var at = (row + r) * shape.Heads + head;
            for (var j = from[r] / 16 * 16; j < to[r]; j += 16)
            {
                float* s = memory.Weights + r * Keys + j, dp = memory.Slopes + r * Keys + j;
                var score = Vector512.Load(s);
                var slope = Vector512<float>.One;
                if (cap != 0)
                {
                    var t = VectorMath.Tanh(score * (1f / cap));
                    (score, slope) = (t * cap, Vector512.FusedMultiplyAdd(-t, t, slope));
                }
                var p = VectorMath.Exp(score - Vector512.Create(lse[at]));
                p.Store(s);
                (p * (Vector512.Load(dp) - Vector512.Create(delta[at])) * slope).Store(dp);
            }
        }
        if (sums is not null)
            AddRows(memory.Slopes, Keys, memory.KeyRows, 0, count, from, to, sums);
        if (wantsKeys)
        {
            Multiply(memory.Slopes, scale, count * Keys, memory.Slopes);
            AddColumns(memory.Slopes, memory.Q, keys, first - key, count, from, to, memory.Dk);
        }
        if (wantsValues)
            AddColumns(memory.Weights, memory.Dy, keys, first - key, count, from, to, memory.Dv);
    }

    /// <summary>
    /// target row of each key += Σ over the queries r that see it of weights [r, key] · rows [r, D]. Query 0 is
    /// <paramref name="lead"/> tokens after key 0.
    /// </summary>
    void AddColumns(float* weights, float* rows, int keys, int lead, int count, int* from, int* to, float* target)
    {
        var begin = 0;
        for (var r = 0; r < count; r++)
            begin = Math.Max(begin, from[r]);
        for (var key = 0; key < keys; key += 4)
        {
            var members = Math.Min(4, keys - key);
            for (var r = Math.Max(0, key - lead); r < count;)
            {
                // From its own row on every query sees a key, where no document begins after it.
                var end = members == 4 && begin <= key && r >= key + 3 - lead ? count : r;
                while (members == 4 && end < count && from[end] <= key && to[end] >= key + 4)
                    end++;
                if (r < end)
                {
                    RowProduct.Four(weights + r * Keys + key, 1, Keys, rows + r * size, size, end - r, target + key * size, size, size, add: true);
                    r = end;
                    continue;
                }
                for (var m = key; m < key + members; m++)
                    if (from[r] <= m && m < to[r])
                        RowProduct.One(weights + r * Keys + m, Keys, rows + r * size, size, 1, target + m * size, size);
                r++;
            }
        }
    }

    /// <summary>dq += scale · sums for a block of queries.</summary>
    void AddToQueries(int batch, int head, int first, float* sums, float* dq)
    {
        var count = Math.Min(Queries, shape.Length - first);
        dq += ((long)batch * shape.Length + first) * shape.QueryColumns + head * size;
        for (var r = 0; r < count; r++, sums += size, dq += shape.QueryColumns)
        {
            var d = 0;
            for (; d <= size - 16; d += 16)
                Vector512.FusedMultiplyAdd(Vector512.Create(scale), Vector512.Load(sums + d), Vector512.Load(dq + d)).Store(dq + d);
            for (; d < size; d++)
                dq[d] = float.FusedMultiplyAdd(scale, sums[d], dq[d]);
        }
    }

    /// <summary>A worker's memory: of the strip, keys and values in both layouts and their gradients; of the block, what it reads, p and ds.</summary>
    readonly struct Strip(float* memory, int size)
    {
        public static long Length(int size) => size * (5L * Keys + 3 * Queries) + 2 * Queries * Keys;

        public float* KeyPanels => memory;

        public float* ValuePanels => memory + Keys * size;

        public float* KeyRows => memory + 2 * Keys * size;

        public float* Dk => memory + 3 * Keys * size;

        public float* Dv => memory + 4 * Keys * size;

        public float* Scaled => memory + 5 * Keys * size;

        public float* Q => Scaled + Queries * size;

        public float* Dy => Q + Queries * size;

        public float* Weights => Dy + Queries * size;

        public float* Slopes => Weights + Queries * Keys;
    }
}
