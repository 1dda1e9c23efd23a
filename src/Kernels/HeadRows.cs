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

    /// <summary>Whether every row of every head begins at a multiple of four.</summary>
    bool Whole => (size & 3) == 0;

    /// <summary>
    /// Of rows first..first + 64 the features from <paramref name="feature"/> on. Zeros stand for what is beyond the last
    /// row or feature.
    /// </summary>
    public void Load(ArrayView<Quad> tile, int first, int feature)
    {
        int quad = AttentionTile.X, row = AttentionTile.Y, last = end - 1 - first;
        var left = size - feature - 4 * quad;
        var at = first * columns + column + feature + 4 * quad;
        // The four loads do not wait for each other: for a row beyond the end they read the last one.
        var a = Quad.Read(x, at + (row < last ? row : last) * columns, left, Whole);
        var b = Quad.Read(x, at + (row + 16 < last ? row + 16 : last) * columns, left, Whole);
        var c = Quad.Read(x, at + (row + 32 < last ? row + 32 : last) * columns, left, Whole);
        var d = Quad.Read(x, at + (row + 48 < last ? row + 48 : last) * columns, left, Whole);
        tile[AttentionTile.Place(row, quad)] = row <= last ? a : default;
        tile[AttentionTile.Place(row + 16, quad)] = row + 16 <= last ? b : default;
        tile[AttentionTile.Place(row + 32, quad)] = row + 32 <= last ? c : default;
        tile[AttentionTile.Place(row + 48, quad)] = row + 48 <= last ? d : default;
    }

    /// <summary>Stores a block in the place of its rows of first..first + 64 and its features from <paramref name="feature"/> on.</summary>
    public void Store(Block4x4 block, int first, int feature)
    {
        var (row, left) = (first + 4 * AttentionTile.Y, size - feature - 4 * AttentionTile.X);
        var at = row * columns + column + feature + 4 * AttentionTile.X;
        Quad.Write(x, at, row < end ? left : 0, Whole, block.A);
        Quad.Write(x, at + columns, row + 1 < end ? left : 0, Whole, block.B);
        Quad.Write(x, at + 2 * columns, row + 2 < end ? left : 0, Whole, block.C);
        Quad.Write(x, at + 3 * columns, row + 3 < end ? left : 0, Whole, block.D);
    }

    /// <summary>Adds a block into where <see cref="Store"/> would put it.</summary>
    public void Add(Block4x4 block, int first, int feature)
    {
        var (row, left) = (first + 4 * AttentionTile.Y, size - feature - 4 * AttentionTile.X);
        var at = row * columns + column + feature + 4 * AttentionTile.X;
        Store(
            new Block4x4
            {
                A = Quad.Plus(Quad.Read(x, at, row < end ? left : 0, Whole), block.A),
                B = Quad.Plus(Quad.Read(x, at + columns, row + 1 < end ? left : 0, Whole), block.B),
                C = Quad.Plus(Quad.Read(x, at + 2 * columns, row + 2 < end ? left : 0, Whole), block.C),
                D = Quad.Plus(Quad.Read(x, at + 3 * columns, row + 3 < end ? left : 0, Whole), block.D),
            },
            first, feature);
    }
}
