// Writes src/Kernels/Gpu/TensorAttention.g.cs, the kernels for heads of up to 64 and up to 128 features:
//   dotnet run eng/make-tensor-attention.cs
// ILGPU does not unroll loops, so what a thread holds in registers is written out.
using System.Runtime.CompilerServices;
using System.Text;

// Shared memory has room for two tiles of 64 keys, or for two stages of two tiles of so many rows that each is 512 eights.
const int own = 128, keys = 64, stage = 512;
var other = $"{2 * stage} - at";
var code = new StringBuilder("""
    using ILGPU;
    using ILGPU.Algorithms;

    namespace PureLora.Kernels;

    // Written by eng/make-tensor-attention.cs. Letters: s scores or what they become, d products of dy and values, x and y what a
    // warp owns, four numbers of a row to an Eight, b the other side. Tiles in shared memory have rows of eights, permuted (PackedHead.Copy).
    static partial class TensorAttention
    {

    """);
foreach (var size in new[] { 64, 128 })
{
    Forward(size);
    Backward(size, "Query");
    Backward(size, "Key");
    Backward(size, "Value");
}
code.Length -= Environment.NewLine.Length;
code.AppendLine("}");
File.WriteAllText(Path.Combine(Path.GetDirectoryName(Here())!, "../src/Kernels/Gpu/TensorAttention.g.cs"), code.ToString());

void Forward(int size)
{
    int eights = size / 8, columns = keys / 8;
    Line(1, $"/// <summary>o and lse of 128 queries of a head of up to {size} features: values come while scores are made, and the next keys after them.</summary>");
    Line(1, $"internal static void Forward{size}Kernel(");
    Line(2, "ArrayView<Eight> q, ArrayView<Eight> k, ArrayView<Eight> v, ArrayView<int> starts, ArrayView<int> bounds,");
    Line(2, "ArrayView<float> o, ArrayView<float> lse, AttentionShape shape, float scale)");
    Line(1, "{");
    Line(2, $"var tile = SharedMemory.Allocate<Eight>({own * eights});");
    OfQueries();
    Lanes(eights);
    Line(2, "TensorQuery query = TensorQuery.Of(starts, row, end, shape), lower = TensorQuery.Of(starts, row + 8, end, shape);");
    Own("q", "x", eights);
    Line(2, "float max = float.NegativeInfinity, lowerMax = float.NegativeInfinity, sum = 0f, lowerSum = 0f;");
    Zeros(2, "o", eights);
    Line(2, $"var key = begin + (LowestKey(bounds, batch, tileIndex, shape) - begin) / {keys} * {keys};");
    Line(2, "if (key < beyond)");
    Line(3, $"kHead.Copy(tile, 0, key, {keys}, {eights});");
    Line(2, $"for (; key < beyond; key += {keys})");
    Line(2, "{");
    Arrived(3);
    Line(3, $"vHead.Copy(tile, {keys * eights}, key, {keys}, {eights});");
    Zeros(3, "s", columns);
    for (var step = 0; step < eights / 2; step++)
        Products("s", "x", step, columns, eights, "");
    Scores(columns);
    Line(3, "float top = max, lowerTop = lowerMax;");
    for (var j = 0; j < columns; j++)
    {
        Line(3, $"s{j} = TensorQuery.SeenByRows(s{j}, query, lower, key + column{Plus(8 * j)}, float.NegativeInfinity);");
        Line(3, $"(top, lowerTop) = (TensorScores.Largest(top, s{j}.X, s{j}.Y), TensorScores.Largest(lowerTop, s{j}.Z, s{j}.W));");
    }
    Line(3, "(top, lowerTop) = (TensorScores.LargestOfRow(top), TensorScores.LargestOfRow(lowerTop));");
    Line(3, "float fade = TensorScores.Fade(max, top), lowerFade = TensorScores.Fade(lowerMax, lowerTop);");
    Line(3, "(max, lowerMax, sum, lowerSum) = (top, lowerTop, fade * sum, lowerFade * lowerSum);");
    Line(3, "var offsets = TensorScores.OfRows(TensorScores.Offset(max), TensorScores.Offset(lowerMax));");
    for (var j = 0; j < columns; j++)
    {
        Line(3, $"s{j} = TensorScores.Weights(s{j}, offsets);");
        Line(3, $"(sum, lowerSum) = (sum + (s{j}.X + s{j}.Y), lowerSum + (s{j}.Z + s{j}.W));");
    }
    for (var j = 0; j < eights; j++)
        Line(3, $"o{j} = TensorScores.ScaledRows(o{j}, fade, lowerFade);");
    Arrived(3);
    Line(3, $"if (key + {keys} < beyond)");
    Line(4, $"kHead.Copy(tile, 0, key + {keys}, {keys}, {eights});");
    Weighted("o", "s", columns, eights, $"{keys * eights} + ");
    Line(2, "}");
    Line(2, "(sum, lowerSum) = (TensorScores.SumOfRow(sum), TensorScores.SumOfRow(lowerSum));");
    // Whether there is a key is known from the bounds: a sum that is no number must stay one.
    Line(2, "if (column == 0 && row < end)");
    Line(3, "lse[row * shape.Heads + head] = query.Count > 0 ? max + XMath.Log(sum) : 0f;");
    Line(2, "if (column == 0 && row + 8 < end)");
    Line(3, "lse[(row + 8) * shape.Heads + head] = lower.Count > 0 ? lowerMax + XMath.Log(lowerSum) : 0f;");
    Line(2, "float inverse = query.Count > 0 ? 1f / sum : 0f, lowerInverse = lower.Count > 0 ? 1f / lowerSum : 0f;");
    for (var j = 0; j < eights; j++)
        Line(2, $"TensorScores.Put(o, row, shape.Heads, head, end, column{Plus(8 * j)}, shape.HeadSize, 0, TensorScores.ScaledRows(o{j}, inverse, lowerInverse));");
    Line(1, "}");
    code.AppendLine();
}

// Both sides of the scores, and what is summed up with the weights or slopes that come of them.
void Backward(int size, string of)
{
    int eights = size / 8, rows = stage / eights, columns = rows / 8;
    bool ofQueries = of == "Query", ofValues = of == "Value";
    var (sum, weights) = of switch { "Query" => ("dq", "d"), "Key" => ("dk", "d"), _ => ("dv", "s") };
    Line(1, $"/// <summary>Adds {sum} of 128 {(ofQueries ? "queries" : "keys")} of a head of up to {size} features, {rows} {(ofQueries ? "keys" : "queries")} at a time, the next ones on their way.</summary>");
    Line(1, $"internal static void {of}{size}Kernel(");
    Line(2, "ArrayView<Eight> q, ArrayView<Eight> k, ArrayView<Eight> v, ArrayView<Eight> dy, ArrayView<int> starts, ArrayView<int> bounds,");
    Line(2, $"ArrayView<float> lse, ArrayView<float> delta, ArrayView<float> {sum}, AttentionShape shape, float scale)");
    Line(1, "{");
    Line(2, $"var tile = SharedMemory.Allocate<Eight>({4 * stage});");
    if (ofQueries)
        OfQueries();
    else
        OfKeys(rows);
    Lanes(eights);
    Own(ofQueries ? "q" : "k", "x", eights);
    if (!ofValues)
        Own(ofQueries ? "dy" : "v", "y", eights);
    Zeros(2, "sum", eights);
    if (ofQueries)
    {
        Line(2, "var query = TensorQuery.Of(starts, lse, delta, row, end, head, shape);");
        Line(2, "var lower = TensorQuery.Of(starts, lse, delta, row + 8, end, head, shape);");
        Line(2, "Float4 offsets = TensorScores.OfRows(query.Lse, lower.Lse), deltas = TensorScores.OfRows(query.Delta, lower.Delta);");
        Line(2, $"int at = 0, key = begin + (LowestKey(bounds, batch, tileIndex, shape) - begin) / {rows} * {rows};");
        Line(2, "if (key < beyond)");
        KeyTiles("at", "key", 2);
        Line(2, $"for (; key < beyond; key += {rows})");
        Line(2, "{");
        Arrived(3);
        Line(3, $"if (key + {rows} < beyond)");
        KeyTiles(other, $"key + {rows}", 3);
    }
    else
    {
        Line(2, "int at = 0, turn = 0;");
        Line(2, "var step = steps.First;");
        Line(2, "if (steps.Has(step))");
        QueryTiles("at", 2);
        Line(2, $"if (steps.Has(step) && thread < {rows})");
        Line(3, "queries[thread] = TensorQuery.Of(starts, lse, delta, step.Query + thread, end, step.Head, shape);");
        Line(2, "while (steps.Has(step))");
        Line(2, "{");
        Line(3, "step = steps.After(step);");
        Line(3, "var coming = default(TensorQuery);");
        // Before the barrier: what is beyond the last row divides a warp, and all of it must be together at the products.
        Line(3, $"if (steps.Has(step) && thread < {rows})");
        Line(4, "coming = TensorQuery.Of(starts, lse, delta, step.Query + thread, end, step.Head, shape);");
        Arrived(3);
        Line(3, "if (steps.Has(step))");
        QueryTiles(other, 3);
    }
    foreach (var name in ofValues ? ["s"] : new[] { "s", "d" })
        Zeros(3, name, columns);
    for (var step = 0; step < eights / 2; step++)
    {
        Products("s", "x", step, columns, eights, "at + ");
        if (!ofValues)
            Products("d", "y", step, columns, eights, $"at + {stage} + ");
    }
    Scores(columns);
    string Left(int j) => $"queries[turn + column{Plus(8 * j)}]";
    string Right(int j) => $"queries[turn + column{Plus(8 * j + 1)}]";
    for (var j = 0; j < columns; j++)
    {
        var offsets = ofQueries ? "offsets" : $"TensorScores.OfColumns({Left(j)}.Lse, {Right(j)}.Lse)";
        var deltas = ofQueries ? "deltas" : $"TensorScores.OfColumns({Left(j)}.Delta, {Right(j)}.Delta)";
        Line(3, ofValues ? $"s{j} = TensorScores.Weights(s{j}, {offsets});" : $"d{j} = TensorScores.Slopes(s{j}, d{j}, {offsets}, {deltas});");
    }
    if (!ofValues)
        IfCapped(columns, j => $"d{j} = TensorScores.Bent(d{j}, s{j}, shape.SoftCap);");
    for (var j = 0; j < columns; j++)
        Line(3, $"{weights}{j} = {(ofQueries ? $"TensorQuery.SeenByRows(d{j}, query, lower, key + column{Plus(8 * j)}, 0f)" : $"TensorQuery.SeenByColumns({weights}{j}, {Left(j)}, {Right(j)}, row)")};");
    if (!ofQueries)
    {
        Line(3, $"turn = {rows} - turn;");
        Line(3, $"if (thread < {rows})");
        Line(4, "queries[turn + thread] = coming;");
    }
    Weighted("sum", weights, columns, eights, ofValues ? $"at + {stage} + " : "at + ");
    Line(3, $"at = {other};");
    Line(2, "}");
    for (var j = 0; j < eights; j++)
        Line(2, $"TensorScores.Put({sum}, row, {(ofQueries ? "shape.Heads, head" : "shape.KeyHeads, keyHead")}, end, column{Plus(8 * j)}, shape.HeadSize, 1, {(ofValues ? $"sum{j}" : $"TensorScores.Scaled(sum{j}, scale)")});");
    Line(1, "}");
    code.AppendLine();

    void KeyTiles(string at, string key, int depth)
    {
        Line(depth, "{");
        Line(depth + 1, $"kHead.Copy(tile, {at}, {key}, {rows}, {eights});");
        Line(depth + 1, $"vHead.Copy(tile, {at} + {stage}, {key}, {rows}, {eights});");
        Line(depth, "}");
    }
    void QueryTiles(string at, int depth)
    {
        Line(depth, "{");
        Line(depth + 1, $"new PackedHead(q, shape.Heads, step.Head, end, shape.HeadSize).Copy(tile, {at}, step.Query, {rows}, {eights});");
        Line(depth + 1, $"new PackedHead(dy, shape.Heads, step.Head, end, shape.HeadSize).Copy(tile, {at} + {stage}, step.Query, {rows}, {eights});");
        Line(depth, "}");
    }
}

// Tiles with the most keys come first.
void OfQueries()
{
    Line(2, "int head = Grid.IdxX % shape.Heads, rest = Grid.IdxX / shape.Heads, batch = rest % shape.Batch, tileIndex = Tiles(shape) - 1 - rest / shape.Batch;");
    Line(2, $"int begin = batch * shape.Length, end = begin + shape.Length, first = begin + tileIndex * {own};");
    Line(2, $"var beyond = first + {own} < end ? first + {own} : end;");
    Line(2, "var kHead = new PackedHead(k, shape.KeyHeads, head / shape.Group, end, shape.HeadSize);");
    Line(2, "var vHead = new PackedHead(v, shape.KeyHeads, head / shape.Group, end, shape.HeadSize);");
}

void OfKeys(int rows)
{
    Line(2, $"var queries = SharedMemory.Allocate<TensorQuery>({2 * rows});");
    Line(2, "int keyHead = Grid.IdxX % shape.KeyHeads, rest = Grid.IdxX / shape.KeyHeads, batch = rest % shape.Batch;");
    Line(2, $"int end = (batch + 1) * shape.Length, first = batch * shape.Length + rest / shape.Batch * {own};");
    Line(2, $"var steps = new TensorSteps(bounds, shape, keyHead, batch, first, {rows});");
}

// Where a lane reads: its line of what its warp owns, that of a tile by rows, and that of a tile turned over.
void Lanes(int eights)
{
    Line(2, "int thread = Group.IdxX, lane = thread & 31, swizzle = lane & 7, ownRow = (thread >> 5) * 16;");
    Line(2, "int row = first + ownRow + (lane >> 2), column = (lane & 3) * 2;");
    Line(2, $"int ownLine = (ownRow + (lane & 15)) * {eights}, line = ((lane & 7) + (lane >> 4) * 8) * {eights}, turnedLine = (lane & 15) * {eights};");
    Line(2, $"int {Join(4, i => $"read{i} = line + (({2 * i} + ((lane >> 3) & 1)) ^ swizzle)")};");
    Line(2, $"int {Join(4, i => $"turned{i} = turnedLine + (({2 * i} + (lane >> 4)) ^ swizzle)")};");
}

// What the warp owns, for all features, through the shared memory that the other side passes through later.
void Own(string source, string name, int eights)
{
    var heads = source is "q" or "dy" ? "shape.Heads, head" : "shape.KeyHeads, keyHead";
    Line(2, $"new PackedHead({source}, {heads}, end, shape.HeadSize).Copy(tile, 0, first, {own}, {eights});");
    Arrived(2);
    for (var step = 0; step < eights / 2; step++)
        Line(2, $"var {name}{step} = TensorCores.Load(ref tile[ownLine + (({2 * step} + (lane >> 4)) ^ swizzle)]);");
    Line(2, "GpuIntrinsics.Barrier();");
}

// What all threads copied is there, and nobody reads any more what comes next to its place.
void Arrived(int depth)
{
    Line(depth, "TensorCores.WaitForAll();");
    Line(depth, "GpuIntrinsics.Barrier();");
}

void Zeros(int depth, string name, int count)
{
    for (var from = 0; from < count; from += 8)
        Line(depth, $"Float4 {Join(Math.Min(8, count - from), i => $"{name}{from + i} = default")};");
}

// Sixteen features of the warp's rows times those of all rows of a tile.
void Products(string name, string owned, int step, int columns, int eights, string at)
{
    for (var pair = 0; pair < columns / 2; pair++)
    {
        var b = $"b{name}{step}{(char)('a' + pair)}";
        Line(3, $"var {b} = TensorCores.Load(ref tile[{at}read{step % 4}{Plus(pair * 16 * eights + step / 4 * 8)}]);");
        Line(3, $"{name}{2 * pair} = TensorCores.Multiply({name}{2 * pair}, {owned}{step}, {b}.A, {b}.B);");
        Line(3, $"{name}{2 * pair + 1} = TensorCores.Multiply({name}{2 * pair + 1}, {owned}{step}, {b}.C, {b}.D);");
    }
}

// Weights as they lie, rounded, are the left side of the product with the rows of a tile.
void Weighted(string name, string weights, int columns, int eights, string at)
{
    for (var step = 0; step < columns / 2; step++)
        Line(3, $"var w{step} = TensorTiles.Round({weights}{2 * step}, {weights}{2 * step + 1});");
    for (var step = 0; step < columns / 2; step++)
        for (var pair = 0; pair < eights / 2; pair++)
        {
            var b = $"t{step}{(char)('a' + pair)}";
            Line(3, $"var {b} = TensorCores.LoadTurned(ref tile[{at}turned{pair % 4}{Plus(step * 16 * eights + pair / 4 * 8)}]);");
            Line(3, $"{name}{2 * pair} = TensorCores.Multiply({name}{2 * pair}, w{step}, {b}.A, {b}.B);");
            Line(3, $"{name}{2 * pair + 1} = TensorCores.Multiply({name}{2 * pair + 1}, w{step}, {b}.C, {b}.D);");
        }
}

void Scores(int columns)
{
    for (var j = 0; j < columns; j++)
        Line(3, $"s{j} = TensorScores.Scaled(s{j}, scale);");
    IfCapped(columns, j => $"s{j} = Attention.Capped(s{j}, shape.SoftCap);");
}

void IfCapped(int columns, Func<int, string> line)
{
    Line(3, "if (shape.SoftCap != 0f)");
    Line(3, "{");
    for (var j = 0; j < columns; j++)
        Line(4, line(j));
    // The curve divides a warp.
    Line(4, "Warp.Barrier();");
    Line(3, "}");
}

void Line(int depth, string text) => code.Append(' ', 4 * depth).AppendLine(text);

static string Join(int count, Func<int, string> item) => string.Join(", ", Enumerable.Range(0, count).Select(item));
static string Plus(int offset) => offset == 0 ? "" : $" + {offset}";
static string Here([CallerFilePath] string path = "") => path;
