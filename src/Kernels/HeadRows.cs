using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// One head of a matrix in a GPU's memory, for the tiles of <see cref="AttentionTile"/>: its columns from
/// <paramref name="column"/> on, and rows up to <paramref name="end"/>.
/// </summary>
readonly struct HeadRows(ArrayView<float> x, int end, int columns, int column, int size)
{
    readonly ArrayView<float> x = x;
    readonly int end = end, columns = columns, column = column, size = size;

    /// <summary>Whether every row of every head begins at a multiple of four floats.</summary>
    bool Whole => (size & 3) == 0;

    /// <summary>
    /// Of rows first..first + 64 the features from <paramref name="feature"/> on. Zeros stand for what is beyond the last
    /// row or feature.
    /// </summary>
    public void Load(ArrayView<Float4> tile, int first, int feature)
    {
        int quad = AttentionTile.X, row = first + AttentionTile.Y;
        // Four loads that do not wait for each other.
        var (a, b, c, d) = (Read(row, feature, quad), Read(row + 16, feature, quad), Read(row + 32, feature, quad), Read(row + 48, feature, quad));
        tile[Group.IdxX] = a;
        tile[Group.IdxX + GpuDevice.GroupSize] = b;
        tile[Group.IdxX + 2 * GpuDevice.GroupSize] = c;
        tile[Group.IdxX + 3 * GpuDevice.GroupSize] = d;
    }

    /// <summary>The same, a feature to a row of the tile.</summary>
    public void LoadTransposed(ArrayView<Float4> tile, int first, int feature)
    {
        int quad = AttentionTile.X, rows = AttentionTile.Y, row = first + 4 * rows, at = AttentionTile.Transposed(quad, rows);
        var (a, b, c, d) = (Read(row, feature, quad), Read(row + 1, feature, quad), Read(row + 2, feature, quad), Read(row + 3, feature, quad));
        tile[at] = new() { X = a.X, Y = b.X, Z = c.X, W = d.X };
        tile[at + AttentionTile.RowQuads] = new() { X = a.Y, Y = b.Y, Z = c.Y, W = d.Y };
        tile[at + 2 * AttentionTile.RowQuads] = new() { X = a.Z, Y = b.Z, Z = c.Z, W = d.Z };
        tile[at + 3 * AttentionTile.RowQuads] = new() { X = a.W, Y = b.W, Z = c.W, W = d.W };
    }

    Float4 Read(int row, int feature, int quad) =>
        Float4.Read(x, row * columns + column + feature + 4 * quad, row < end ? size - feature - 4 * quad : 0, Whole);

    /// <summary>Stores a block in the place of its rows of first..first + 64 and its features from <paramref name="feature"/> on.</summary>
    public void Store(Block4x4 block, int first, int feature)
    {
        var (row, left) = (first + 4 * AttentionTile.Y, size - feature - 4 * AttentionTile.X);
        var at = row * columns + column + feature + 4 * AttentionTile.X;
        Float4.Write(x, at, row < end ? left : 0, Whole, block.A);
        Float4.Write(x, at + columns, row + 1 < end ? left : 0, Whole, block.B);
        Float4.Write(x, at + 2 * columns, row + 2 < end ? left : 0, Whole, block.C);
        Float4.Write(x, at + 3 * columns, row + 3 < end ? left : 0, Whole, block.D);
    }

    /// <summary>Adds a block into where <see cref="Store"/> would put it.</summary>
    public void Add(Block4x4 block, int first, int feature)
    {
        var (row, left) = (first + 4 * AttentionTile.Y, size - feature - 4 * AttentionTile.X);
        var at = row * columns + column + feature + 4 * AttentionTile.X;
        Store(
            new Block4x4
            {
                A = Float4.Plus(Float4.Read(x, at, row < end ? left : 0, Whole), block.A),
                B = Float4.Plus(Float4.Read(x, at + columns, row + 1 < end ? left : 0, Whole), block.B),
                C = Float4.Plus(Float4.Read(x, at + 2 * columns, row + 2 < end ? left : 0, Whole), block.C),
                D = Float4.Plus(Float4.Read(x, at + 3 * columns, row + 3 < end ? left : 0, Whole), block.D),
            },
            first, feature);
    }
}
