using ILGPU;

namespace PureLora.Kernels;

/// <summary>What one thread holds of a tile: four rows of four columns.</summary>
struct Block4x4
{
    public Float4 A, B, C, D;
}

/// <summary>
/// Of the sixteen quads in a row of a tile: from which to which any of a thread's four rows sees a column, and from which to
/// which all see all four.
/// </summary>
readonly struct SeenQuads(int from, int to, int allFrom, int allTo)
{
    public readonly int From = Clamped(from), To = Clamped(to), AllFrom = allFrom, AllTo = allTo;

    static int Clamped(int quad) => quad < 0 ? 0 : quad > AttentionTile.RowQuads ? AttentionTile.RowQuads : quad;
}

/// <summary>
/// Tiles of 64 rows and 64 columns for a group of 16 x 16 threads: thread (y, x) holds rows 4y..4y + 4 and columns
/// 4x..4x + 4. In shared memory a row is sixteen quads. Tiles whose products are summed up are transposed, a row to a
/// feature, so that a thread's four rows or columns are one quad.
/// </summary>
static class AttentionTile
{
    public const int Size = 64;

    /// <summary>Quads of a tile, and of a row.</summary>
    public const int Quads = Size * RowQuads, RowQuads = Size / 4;

    public static int X => Group.IdxX & 15;

    public static int Y => Group.IdxX >> 4;

    /// <summary>
    /// Where feature 4·<paramref name="quad"/> of the four rows from 4·<paramref name="rows"/> on lies in a transposed tile;
    /// its next ones follow a row apart. Permuted by quad: the threads that store side by side have different banks.
    /// </summary>
    public static int Transposed(int quad, int rows) => 4 * RowQuads * quad + (rows ^ (quad & 7));

    /// <summary>sum + rowsᵀ · columns, both transposed tiles, over their first <paramref name="count"/> features.</summary>
    public static Block4x4 AddProducts(Block4x4 sum, ArrayView<Float4> rows, ArrayView<Float4> columns, int count)
    {
        int y = Y, x = X;
        for (var quad = 0; 4 * quad < count; quad++)
        {
            int i = Transposed(quad, y), j = Transposed(quad, x);
            sum = AddProduct(sum, rows[i], columns[j]);
            sum = AddProduct(sum, rows[i + RowQuads], columns[j + RowQuads]);
            sum = AddProduct(sum, rows[i + 2 * RowQuads], columns[j + 2 * RowQuads]);
            sum = AddProduct(sum, rows[i + 3 * RowQuads], columns[j + 3 * RowQuads]);
        }
        return sum;
    }

    static Block4x4 AddProduct(Block4x4 sum, Float4 rows, Float4 columns) => new()
    {
        A = Float4.Add(sum.A, rows.X, columns),
        B = Float4.Add(sum.B, rows.Y, columns),
        C = Float4.Add(sum.C, rows.Z, columns),
        D = Float4.Add(sum.D, rows.W, columns),
    };

    /// <summary>Each thread's block in its place.</summary>
    public static void Store(ArrayView<Float4> weights, Block4x4 block)
    {
        var at = 4 * RowQuads * Y + X;
        weights[at] = block.A;
        weights[at + RowQuads] = block.B;
        weights[at + 2 * RowQuads] = block.C;
        weights[at + 3 * RowQuads] = block.D;
    }

    /// <summary>
    /// sum + weights · rows, neither transposed, over the quads of weights that are seen. Where not all four rows see all of
    /// a quad, weights of zero are left out: the row may be no number, and belong to another document.
    /// </summary>
    public static Block4x4 AddRows(Block4x4 sum, ArrayView<Float4> weights, ArrayView<Float4> rows, SeenQuads seen)
    {
        int y = 4 * RowQuads * Y, x = X;
        for (var quad = seen.From; quad < seen.To; quad++)
        {
            int i = y + quad, j = 4 * RowQuads * quad + x;
            Float4 a = weights[i], b = weights[i + RowQuads], c = weights[i + 2 * RowQuads], d = weights[i + 3 * RowQuads];
            Float4 p = rows[j], q = rows[j + RowQuads], r = rows[j + 2 * RowQuads], s = rows[j + 3 * RowQuads];
            if (seen.AllFrom <= quad && quad < seen.AllTo)
                sum = new()
                {
                    A = Weighted(sum.A, a, p, q, r, s),
                    B = Weighted(sum.B, b, p, q, r, s),
                    C = Weighted(sum.C, c, p, q, r, s),
                    D = Weighted(sum.D, d, p, q, r, s),
                };
            else
                sum = new()
                {
                    A = WeightedUnlessZero(sum.A, a, p, q, r, s),
                    B = WeightedUnlessZero(sum.B, b, p, q, r, s),
                    C = WeightedUnlessZero(sum.C, c, p, q, r, s),
                    D = WeightedUnlessZero(sum.D, d, p, q, r, s),
                };
        }
        return sum;
    }

    static Float4 Weighted(Float4 sum, Float4 weights, Float4 p, Float4 q, Float4 r, Float4 s) =>
        Float4.Add(Float4.Add(Float4.Add(Float4.Add(sum, weights.X, p), weights.Y, q), weights.Z, r), weights.W, s);

    static Float4 WeightedUnlessZero(Float4 sum, Float4 weights, Float4 p, Float4 q, Float4 r, Float4 s)
    {
        if (weights.X != 0f)
            sum = Float4.Add(sum, weights.X, p);
        if (weights.Y != 0f)
            sum = Float4.Add(sum, weights.Y, q);
        if (weights.Z != 0f)
            sum = Float4.Add(sum, weights.Z, r);
        if (weights.W != 0f)
            sum = Float4.Add(sum, weights.W, s);
        return sum;
    }

    /// <summary>Each row times its factor.</summary>
    public static Block4x4 Scaled(Block4x4 block, Float4 factors) => new()
    {
        A = Float4.Times(block.A, Float4.Of(factors.X)),
        B = Float4.Times(block.B, Float4.Of(factors.Y)),
        C = Float4.Times(block.C, Float4.Of(factors.Z)),
        D = Float4.Times(block.D, Float4.Of(factors.W)),
    };
}
