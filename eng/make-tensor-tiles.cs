// Writes src/Kernels/Gpu/TensorMatMul.g.cs, one kernel for each tile, form and source of the right side:
//   dotnet run eng/make-tensor-tiles.cs
// ILGPU does not unroll loops, so what a thread holds in registers is written out.
using System.Runtime.CompilerServices;
using System.Text;

// A warp's part of a tile is WarpM x WarpN, and eight warps make it.
(string Name, int M, int N, int WarpM, int WarpN)[] tiles = [("Large", 128, 128, 64, 32), ("Small", 64, 64, 32, 16)];
const int threads = 256, step = 32, eights = step / 8, stages = 3;
var code = new StringBuilder("""
    using ILGPU;

    namespace PureLora.Kernels;

    /// <summary>
    /// y [m, n] = A [m, k] · B [k, n] on tensor cores, or added to what y holds: A in bf16, its rows <c>pitch</c> eights apart,
    /// B a weight, sums in float32. Turned kernels have B as W [n, k], as in x·Wᵀ, those by rows as it lies; copied ones read
    /// bf16 as it is, with rows of whole eights, the others decode it. Those by columns have A as [k, m], as in dyᵀ·x, and B in
    /// bf16 too, the rows of both filled up to whole eights. A group computes one tile of y, over k in steps that
    /// pass through shared memory, the next ones on their way. Of <c>splits</c> groups for a tile, each takes a part of k of
    /// <c>share</c> and writes a part of <c>y</c> of its own, m · n apart. Written by eng/make-tensor-tiles.cs.
    /// </summary>
    static class TensorMatMul
    {

    """);
foreach (var tile in tiles)
{
    code.AppendLine($"    public const int {tile.Name}M = {tile.M}, {tile.Name}N = {tile.N};");
    code.AppendLine();
    foreach (var isTurned in new[] { true, false })
        foreach (var isCopied in new[] { true, false })
            Write(tile.Name, tile.M, tile.N, tile.WarpM, tile.WarpN, byColumns: false, isTurned, isCopied);
    Write(tile.Name, tile.M, tile.N, tile.WarpM, tile.WarpN, byColumns: true, isTurned: false, isCopied: true);
}
code.Length -= Environment.NewLine.Length;
code.AppendLine("}");
File.WriteAllText(Path.Combine(Path.GetDirectoryName(Here())!, "../src/Kernels/Gpu/TensorMatMul.g.cs"), code.ToString());

void Write(string name, int m, int n, int warpM, int warpN, bool byColumns, bool isTurned, bool isCopied)
{
    int down = m / warpM, rows = warpM / 16, columns = warpN / 8;
    if (down * (n / warpN) * 32 != threads)
        throw new InvalidOperationException($"{name} does not have {threads} threads.");
    // A line of a tile is a row in memory: of A, eights along k, or along m by columns; of B, along k when turned, along n when not.
    int lineA = byColumns ? m / 8 : eights, lineB = isTurned ? eights : n / 8, stageA = m * eights, stageB = n * eights, stagesB = isCopied ? stages : 2;
    string Join(int count, Func<int, string> item, string separator = ", ") => string.Join(separator, Enumerable.Range(0, count).Select(item));
    void Line(int depth, string text) => code.Append(' ', 4 * depth).AppendLine(text);
    string Plus(int offset) => offset == 0 ? "" : $" + {offset}";

    var form = byColumns ? "ColumnsKernel" : $"{(isTurned ? "Turned" : "Rows")}{(isCopied ? "CopiedKernel" : "Kernel<TSource>")}";
    Line(1, $"/// <summary>Tiles of {m} x {n}, {step} of k at a time; {warpM} x {warpN} a warp; {stages} stages of A, {stagesB} of B.</summary>");
    Line(1, $"internal static void {name}{form}(ArrayView<Eight> a, {(byColumns ? "ArrayView<Eight> b" : "WeightView w")}, ArrayView<float> y, int m, int n, int k, {(byColumns ? "" : "int pitch, ")}int add, int share)");
    if (!isCopied)
        Line(2, "where TSource : struct, ITensorSource");
    Line(1, "{");
    Line(2, $"var tileA = SharedMemory.Allocate<Eight>({stages * stageA});");
    Line(2, $"var tileB = SharedMemory.Allocate<Eight>({stagesB * stageB});");
    if (byColumns)
        Line(2, "int pitchA = TensorTiles.Pitch(m), pitchB = TensorTiles.Pitch(n);");
    else if (isCopied)
        Line(2, "var b = w.Words.Cast<Eight>();");
    else
        Line(2, "var book = SharedMemory.Allocate<float>(16);");
    Line(2, $"int down = (m + {m - 1}) / {m}, right = (n + {n - 1}) / {n};");
    Line(2, "int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);");
    Line(2, $"int row = tile % down * {m}, column = tile / down * {n};");
    Line(2, "int from = split * share, to = from + share < k ? from + share : k;");
    Line(2, "int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;");
    Line(2, $"int warpRow = warp % {down} * {warpM}, warpColumn = warp / {down} * {warpN};");
    // The eights of a line change places, by its number, so that eight lines' eights lie in all banks.
    string Swizzle(string line, bool alongK) => alongK ? $"(({line} >> 1) & 3)" : $"({line} & 7)";
    Line(2, $"int lineA = thread / {lineA}, partA = thread % {lineA}, placeA = lineA * {lineA} + (partA ^ {Swizzle("lineA", !byColumns)});");
    Line(2, $"int lineB = thread / {lineB}, partB = thread % {lineB}, placeB = lineB * {lineB} + (partB ^ {Swizzle("lineB", isTurned)});");
    if (byColumns)
    {
        Line(2, $"int startA = ((lane & 7) + (lane >> 4) * 8) * {lineA}, eightA = (warpRow >> 3) + ((lane >> 3) & 1);");
        Line(2, $"int {Join(rows, i => $"readA{i} = startA + ((eightA{Plus(2 * i)}) ^ (lane & 7))")};");
    }
    else
    {
        Line(2, "int rowA = warpRow + (lane & 15), swizzleA = (rowA >> 1) & 3;");
        Line(2, $"int {Join(step / 16, s => $"readA{s} = rowA * {eights} + (({2 * s} + (lane >> 4)) ^ swizzleA)")};");
    }
    if (isTurned)
    {
        Line(2, "int rowB = warpColumn + (lane & 7) + (lane >> 4) * 8, swizzleB = (rowB >> 1) & 3;");
        Line(2, $"int {Join(step / 16, s => $"readB{s} = rowB * {eights} + (({2 * s} + ((lane >> 3) & 1)) ^ swizzleB)")};");
    }
    else
        Line(2, $"int {Join(columns / 2, j => $"readB{j} = (lane & 15) * {lineB} + (((warpColumn >> 3) + (lane >> 4){Plus(2 * j)}) ^ (lane & 7))")};");
    for (var i = 0; i < rows; i++)
        Line(2, $"Float4 {Join(columns, j => $"c{i}{j} = default")};");

    void Copies(int depth, string at, string stageOfA, string stageOfB)
    {
        for (var c = 0; c < stageA / threads; c++)
            Line(depth, byColumns
                ? $"TensorTiles.Copy(a, tileA, {stageOfA}placeA{Plus(c * threads)}, {at} + lineA{Plus(c * threads / lineA)}, row + partA * 8, to, m, pitchA);"
                : $"TensorTiles.Copy(a, tileA, {stageOfA}placeA{Plus(c * threads)}, row + lineA{Plus(c * threads / lineA)}, {at} + partA * 8, m, to, pitch);");
        for (var c = 0; c < stageB / threads && isCopied; c++)
            Line(depth, isTurned
                ? $"TensorTiles.Copy(b, tileB, {stageOfB}placeB{Plus(c * threads)}, column + lineB{Plus(c * threads / lineB)}, {at} + partB * 8, n, to, k >> 3);"
                : $"TensorTiles.Copy(b, tileB, {stageOfB}placeB{Plus(c * threads)}, {at} + lineB{Plus(c * threads / lineB)}, column + partB * 8, to, n, {(byColumns ? "pitchB" : "n >> 3")});");
    }
    string PlaceB(int c, string at) => isTurned
        ? $"column + lineB{Plus(c * threads / lineB)}, {at} + partB * 8"
        : $"{at} + lineB{Plus(c * threads / lineB)}, column + partB * 8";
    void Fetch(int depth, string declare, string at)
    {
        for (var c = 0; c < stageB / threads; c++)
            Line(depth, $"{declare}raw{c} = TensorTiles.Fetch<TSource>(w, {PlaceB(c, at)}, {(isTurned ? "n, k" : "k, n")});");
    }
    void Unpack(int depth, string at, string stageOfB)
    {
        for (var c = 0; c < stageB / threads; c++)
            Line(depth, $"tileB[{stageOfB}placeB{Plus(c * threads)}] = TensorTiles.Unpack<TSource>(w, book, {PlaceB(c, at)}, {(isTurned ? "k" : "n")}, raw{c});");
    }

    Copies(2, "from", "", "");
    Line(2, "TensorCores.EndBatch();");
    Line(2, $"if (from + {step} < to)");
    Line(2, "{");
    Copies(3, $"from + {step}", $"{stageA} + ", $"{stageB} + ");
    Line(2, "}");
    Line(2, "TensorCores.EndBatch();");
    if (!isCopied)
    {
        Line(2, "default(TSource).Prepare(w, book);");
        Fetch(2, "var ", "from");
        Unpack(2, "from", "");
    }
    Line(2, "int stage = 0, coming = 2;");
    if (!isCopied)
        Line(2, "var turn = 0;");
    Line(2, $"for (var step = from; step < to; step += {step})");
    Line(2, "{");
    // Before the barrier: what is outside of the weight divides a warp, and all of it must be together at the products.
    if (!isCopied)
    {
        Line(3, $"if (step + {step} < to)");
        Line(3, "{");
        Fetch(4, "", $"step + {step}");
        Line(3, "}");
    }
    Line(3, "TensorCores.WaitForEarlier();");
    Line(3, "GpuIntrinsics.Barrier();");
    Line(3, $"if (step + {2 * step} < to)");
    Line(3, "{");
    Copies(4, $"step + {2 * step}", $"coming * {stageA} + ", $"coming * {stageB} + ");
    Line(3, "}");
    Line(3, "TensorCores.EndBatch();");
    Line(3, $"int atA = stage * {stageA}, atB = {(isCopied ? "stage" : "turn")} * {stageB};");
    for (var s = 0; s < step / 16; s++)
    {
        for (var i = 0; i < rows; i++)
            Line(3, byColumns
                ? $"var a{s}{i} = TensorCores.LoadTurned(ref tileA[atA + readA{i}{Plus(s * 16 * lineA)}]);"
                : $"var a{s}{i} = TensorCores.Load(ref tileA[atA + readA{s}{Plus(i * 16 * lineA)}]);");
        for (var j = 0; j < columns / 2; j++)
            Line(3, isTurned
                ? $"var b{s}{j} = TensorCores.Load(ref tileB[atB + readB{s}{Plus(j * 16 * eights)}]);"
                : $"var b{s}{j} = TensorCores.LoadTurned(ref tileB[atB + readB{j}{Plus(s * 16 * lineB)}]);");
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                Line(3, $"c{i}{j} = TensorCores.Multiply(c{i}{j}, a{s}{i}, b{s}{j / 2}.{"AC"[j % 2]}, b{s}{j / 2}.{"BD"[j % 2]});");
    }
    if (!isCopied)
    {
        Line(3, "turn = 1 - turn;");
        Unpack(3, $"step + {step}", $"turn * {stageB} + ");
    }
    Line(3, $"stage = stage == {stages - 1} ? 0 : stage + 1;");
    Line(3, $"coming = coming == {stages - 1} ? 0 : coming + 1;");
    Line(2, "}");
    Line(2, "var start = (long)split * m * n;");
    Line(2, "row += warpRow + (lane >> 2);");
    Line(2, "column += warpColumn + (lane & 3) * 2;");
    for (var i = 0; i < rows; i++)
        for (var j = 0; j < columns; j++)
        {
            Line(2, $"TensorTiles.Put(y, start, row{Plus(16 * i)}, column{Plus(8 * j)}, m, n, add, c{i}{j}.X, c{i}{j}.Y);");
            Line(2, $"TensorTiles.Put(y, start, row{Plus(16 * i + 8)}, column{Plus(8 * j)}, m, n, add, c{i}{j}.Z, c{i}{j}.W);");
        }
    Line(1, "}");
    code.AppendLine();
}

static string Here([CallerFilePath] string path = "") => path;
