using ILGPU;

namespace PureLora.Kernels;

/// <summary>What one thread holds of a tile: four rows of four columns.</summary>
struct Block4x4
{
    public Quad A, B, C, D;
}

/// <summary>
/// Tiles of 64 rows and 64 columns for a group of 16 x 16 threads: thread (y, x) holds rows 4y..4y + 4 and columns
/// 4x..4x + 4. In shared memory a row is sixteen quads. Those of a loaded tile are permuted by row, so that threads with
/// neighbouring x read different banks, whether x counts rows or columns; weights lie as they are.
/// </summary>
static class AttentionTile
{
    public const int Size = 64;

    /// <summary>Quads of a tile, and of a row.</summary>
    public const int Quads = Size * RowQuads, RowQuads = Size / 4;

    public static int X => Group.IdxX & 15;

    public static int Y => Group.IdxX >> 4;

    public static int Place(int row, int quad) => row * RowQuads + (quad ^ (row >> 2 & 7));

    /// <summary>sum + rows · columnsᵀ, both loaded tiles, over their first <paramref name="count"/> features.</summary>
    public static Block4x4 AddProducts(Block4x4 sum, ArrayView<Quad> rows, ArrayView<Quad> columns, int count)
    {
        int y = Y, x = X;
        for (var quad = 0; 4 * quad < count; quad++)
        {
            int i = 4 * RowQuads * y + (quad ^ (y & 7)), j = 4 * RowQuads * x + (quad ^ (x & 7));
            Quad p = columns[j], q = columns[j + RowQuads], r = columns[j + 2 * RowQuads], s = columns[j + 3 * RowQuads];
            sum.A = Dots(sum.A, rows[i], p, q, r, s);
            sum.B = Dots(sum.B, rows[i + RowQuads], p, q, r, s);
            sum.C = Dots(sum.C, rows[i + 2 * RowQuads], p, q, r, s);
            sum.D = Dots(sum.D, rows[i + 3 * RowQuads], p, q, r, s);
        }
        return sum;
    }

    static Quad Dots(Quad sum, Quad row, Quad p, Quad q, Quad r, Quad s) => new()
    {
        X = Quad.Dot(sum.X, row, p),
        Y = Quad.Dot(sum.Y, row, q),
        Z = Quad.Dot(sum.Z, row, r),
        W = Quad.Dot(sum.W, row, s),
    };

    public static void Store(ArrayView<Quad> weights, Block4x4 block)
    {
        var at = 4 * RowQuads * Y + X;
        weights[at] = block.A;
        weights[at + RowQuads] = block.B;
        weights[at + 2 * RowQuads] = block.C;
        weights[at + 3 * RowQuads] = block.D;
    }

    /// <summary>
    /// sum + weights · rows, rows a loaded tile. Unless every weight counts, those that are zero are left out: the row may
    /// be no number, and belong to another document.
    /// </summary>
    public static Block4x4 AddRows(Block4x4 sum, ArrayView<Quad> weights, ArrayView<Quad> rows, bool all)
    {
        int y = 4 * RowQuads * Y, x = X;
        if (all)
            for (var quad = 0; quad < RowQuads; quad++)
            {
                int i = y + quad, j = 4 * RowQuads * quad + (x ^ (quad & 7));
                Quad p = rows[j], q = rows[j + RowQuads], r = rows[j + 2 * RowQuads], s = rows[j + 3 * RowQuads];
                sum.A = Weighted(sum.A, weights[i], p, q, r, s);
                sum.B = Weighted(sum.B, weights[i + RowQuads], p, q, r, s);
                sum.C = Weighted(sum.C, weights[i + 2 * RowQuads], p, q, r, s);
                sum.D = Weighted(sum.D, weights[i + 3 * RowQuads], p, q, r, s);
            }
        else
            for (var quad = 0; quad < RowQuads; quad++)
            {
                int i = y + quad, j = 4 * RowQuads * quad + (x ^ (quad & 7));
                Quad p = rows[j], q = rows[j + RowQuads], r = rows[j + 2 * RowQuads], s = rows[j + 3 * RowQuads];
                sum.A = WeightedUnlessZero(sum.A, weights[i], p, q, r, s);
                sum.B = WeightedUnlessZero(sum.B, weights[i + RowQuads], p, q, r, s);
                sum.C = WeightedUnlessZero(sum.C, weights[i + 2 * RowQuads], p, q, r, s);
                sum.D = WeightedUnlessZero(sum.D, weights[i + 3 * RowQuads], p, q, r, s);
            }
        return sum;
    }

    static Quad Weighted(Quad sum, Quad weights, Quad p, Quad q, Quad r, Quad s) =>
        Quad.Add(Quad.Add(Quad.Add(Quad.Add(sum, weights.X, p), weights.Y, q), weights.Z, r), weights.W, s);

    static Quad WeightedUnlessZero(Quad sum, Quad weights, Quad p, Quad q, Quad r, Quad s)
    {
        if (weights.X != 0f)
            sum = Quad.Add(sum, weights.X, p);
        if (weights.Y != 0f)
            sum = Quad.Add(sum, weights.Y, q);
        if (weights.Z != 0f)
            sum = Quad.Add(sum, weights.Z, r);
        if (weights.W != 0f)
            sum = Quad.Add(sum, weights.W, s);
        return sum;
    }

    /// <summary>Each row times its factor.</summary>
    public static Block4x4 Scaled(Block4x4 block, Quad factors) => new()
    {
        A = Quad.Times(block.A, Quad.Of(factors.X)),
        B = Quad.Times(block.B, Quad.Of(factors.Y)),
        C = Quad.Times(block.C, Quad.Of(factors.Z)),
        D = Quad.Times(block.D, Quad.Of(factors.W)),
    };
}
