// Writes src/Kernels/Gpu/TiledMatMul.g.cs, one kernel for each tile:
//   dotnet run eng/make-tiles.cs
// ILGPU does not unroll loops, so what a thread holds in registers is written out.
using System.Runtime.CompilerServices;
using System.Text;

(string Name, int M, int N, int K, int ThreadM, int ThreadN, int Unrolled)[] tiles =
[
    ("Large", 128, 128, 8, 8, 8, 8),
    ("Small", 128, 64, 8, 8, 4, 8),
    ("Tall", 256, 16, 8, 4, 4, 8),
    ("Wide", 16, 256, 8, 4, 4, 8),
];
const int threads = 256;
var code = new StringBuilder("""
    using ILGPU;

    namespace PureLora.Kernels;

    /// <summary>
    /// y [m, n] = A [m, k] · B [k, n], or added to what y holds: a group computes one tile of y, each thread a small block of
    /// it in registers, over k in steps that pass through shared memory. Of <c>splits</c> groups for a tile, each takes a
    /// part of k of <c>share</c> and writes a part of <c>y</c> of its own, m · n apart. Written by eng/make-tiles.cs.
    /// </summary>
    static class TiledMatMul
    {

    """);
foreach (var tile in tiles)
    Write(tile.Name, tile.M, tile.N, tile.K, tile.ThreadM, tile.ThreadN, tile.Unrolled);
code.Length -= Environment.NewLine.Length;
code.AppendLine("}");
File.WriteAllText(Path.Combine(Path.GetDirectoryName(Here())!, "../src/Kernels/Gpu/TiledMatMul.g.cs"), code.ToString());

void Write(string name, int m, int n, int k, int threadM, int threadN, int unrolled)
{
    int across = n / threadN, pitchA = m + 4, pitchB = n + 4;
    if (across * (m / threadM) != threads)
        throw new InvalidOperationException($"{name} has {across * (m / threadM)} threads.");
    string Join(int count, Func<int, string> item, string separator = ", ") => string.Join(separator, Enumerable.Range(0, count).Select(item));
    void Line(int depth, string text) => code.Append(' ', 4 * depth).AppendLine(text);
    Line(1, $"public const int {name}M = {m}, {name}N = {n};");
    code.AppendLine();
    Line(1, $"/// <summary>Tiles of {m} x {n}, {k} of k at a time; {threadM} x {threadN} a thread.</summary>");
    Line(1, $"internal static void {name}Kernel<TLeft, TRight>(ArrayView<float> a, WeightView w, ArrayView<float> y, int m, int n, int k, int add, int share)");
    Line(2, "where TLeft : struct, ILeftTile where TRight : struct, IRightTile");
    Line(1, "{");
    Line(2, $"var tileA = SharedMemory.Allocate<Float4>({k * pitchA / 4});");
    Line(2, $"var tileB = SharedMemory.Allocate<Float4>({k * pitchB / 4});");
    Line(2, "var book = SharedMemory.Allocate<float>(16);");
    Line(2, $"int down = (m + {m - 1}) / {m}, right = (n + {n - 1}) / {n};");
    Line(2, "int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);");
    Line(2, $"int row = tile % down * {m}, column = tile / down * {n};");
    Line(2, "int from = split * share, to = from + share < k ? from + share : k;");
    Line(2, $"int blockRow = Group.IdxX / {across}, blockColumn = Group.IdxX % {across};");
    Line(2, "default(TRight).Prepare(w, book);");
    for (var i = 0; i < threadM; i++)
        Line(2, $"float {Join(threadN, j => $"c{i}{j} = 0f")};");
    Line(2, $"for (var step = from; step < to; step += {k})");
    Line(2, "{");
    Line(3, $"default(TLeft).Bring(a, tileA.Cast<float>(), row, step, m, k, {m}, {k}, {pitchA});");
    Line(3, $"default(TRight).Bring(w, book, tileB.Cast<float>(), column, step, n, k, {n}, {k}, {pitchB});");
    Line(3, "GpuIntrinsics.Barrier();");
    Line(3, $"for (var s = 0; s < {k}; s += {unrolled})");
    Line(3, "{");
    for (var u = 0; u < unrolled; u++)
    {
        for (var q = 0; q < threadM / 4; q++)
            Line(4, $"var a{u}{q} = tileA[(s + {u}) * {pitchA / 4} + blockRow * {threadM / 4} + {q}];");
        for (var q = 0; q < threadN / 4; q++)
            Line(4, $"var b{u}{q} = tileB[(s + {u}) * {pitchB / 4} + blockColumn * {threadN / 4} + {q}];");
        for (var i = 0; i < threadM; i++)
            for (var j = 0; j < threadN; j++)
                Line(4, $"c{i}{j} = GpuIntrinsics.Fma(a{u}{i / 4}.{"XYZW"[i % 4]}, b{u}{j / 4}.{"XYZW"[j % 4]}, c{i}{j});");
    }
    Line(3, "}");
    Line(3, "GpuIntrinsics.Barrier();");
    Line(2, "}");
    Line(2, "var target = (long)split * m * n;");
    Line(2, $"row += blockRow * {threadM};");
    Line(2, $"column += blockColumn * {threadN};");
    for (var i = 0; i < threadM; i++)
    {
        Line(2, $"if (row + {i} < m)");
        Line(2, "{");
        Line(3, $"var at = target + (long)(row + {i}) * n + column;");
        for (var j = 0; j < threadN; j++)
        {
            Line(3, $"if (column + {j} < n)");
            Line(4, $"y[at + {j}] = (add == 1 ? y[at + {j}] : 0f) + c{i}{j};");
        }
        Line(2, "}");
    }
    Line(1, "}");
    code.AppendLine();
}

static string Here([CallerFilePath] string path = "") => path;
