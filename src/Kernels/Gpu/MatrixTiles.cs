using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// How a group brings a part of the left matrix A [m, k] into shared memory, as k-rows of <c>pitch</c> floats: element
/// (i, s) lies at s · pitch + i. What lies outside of the matrix is zero. <c>size</c> is the tile's height, <c>depth</c>
/// its share of k.
/// </summary>
interface ILeftTile
{
    void Bring(ArrayView<float> a, ArrayView<float> tile, int first, int from, int m, int k, int size, int depth, int pitch);
}

/// <summary>A lies in memory row by row: a[i · k + s].</summary>
readonly struct LeftRows : ILeftTile
{
    public void Bring(ArrayView<float> a, ArrayView<float> tile, int first, int from, int m, int k, int size, int depth, int pitch)
    {
        var fours = a.Cast<Float4>();
        for (var e = Group.IdxX; e < size * depth / 4; e += GpuDevice.GroupSize)
        {
            int row = e / (depth / 4), s = e % (depth / 4) * 4, i = first + row, j = from + s;
            var v = default(Float4);
            if (i < m && j < k)
            {
                if ((k & 3) == 0)
                    v = fours[((long)i * k + j) >> 2];
                else
                    v = MatrixTiles.Some(a, (long)i * k + j, k - j);
            }
            MatrixTiles.Down(tile, s * pitch + row, pitch, v);
        }
    }
}

/// <summary>A lies in memory column by column: a[s · m + i].</summary>
readonly struct LeftColumns : ILeftTile
{
    public void Bring(ArrayView<float> a, ArrayView<float> tile, int first, int from, int m, int k, int size, int depth, int pitch)
    {
        var fours = a.Cast<Float4>();
        var rows = tile.Cast<Float4>();
        for (var e = Group.IdxX; e < size * depth / 4; e += GpuDevice.GroupSize)
        {
            int s = e / (size / 4), column = e % (size / 4) * 4, i = first + column, j = from + s;
            var v = default(Float4);
            if (i < m && j < k)
            {
                if ((m & 3) == 0)
                    v = fours[((long)j * m + i) >> 2];
                else
                    v = MatrixTiles.Some(a, (long)j * m + i, m - i);
            }
            rows[(s * pitch + column) >> 2] = v;
        }
    }
}

/// <summary>The same for the right matrix B [k, n], a weight decoded on the way: element (s, j) lies at s · pitch + j.</summary>
interface IRightTile
{
    /// <summary>Called once, before the first part: the code book of a four-bit weight comes into shared memory.</summary>
    void Prepare(WeightView w, ArrayView<float> book);

    void Bring(WeightView w, ArrayView<float> book, ArrayView<float> tile, int first, int from, int n, int k, int size, int depth, int pitch);
}

/// <summary>B is a weight [n, k] turned over, as in x·Wᵀ: element (s, j) is w[j · k + s].</summary>
readonly struct RightTurned<TReader> : IRightTile where TReader : struct, IWeightReader
{
    public void Prepare(WeightView w, ArrayView<float> book) => default(TReader).Prepare(w, book);

    public void Bring(WeightView w, ArrayView<float> book, ArrayView<float> tile, int first, int from, int n, int k, int size, int depth, int pitch)
    {
        for (var e = Group.IdxX; e < size * depth / 4; e += GpuDevice.GroupSize)
        {
            int column = e / (depth / 4), s = e % (depth / 4) * 4, i = first + column, j = from + s;
            var v = default(Float4);
            if (i < n && j < k)
            {
                if ((k & 3) == 0)
                    v = default(TReader).Read4(w, book, i, (long)i * k + j);
                else
                    v = MatrixTiles.Some<TReader>(w, (long)i * k + j, k - j);
            }
            MatrixTiles.Down(tile, s * pitch + column, pitch, v);
        }
    }
}

/// <summary>B is a weight [k, n] as it lies, as in dy·W: element (s, j) is w[s · n + j].</summary>
readonly struct RightRows<TReader> : IRightTile where TReader : struct, IWeightReader
{
    public void Prepare(WeightView w, ArrayView<float> book) => default(TReader).Prepare(w, book);

    public void Bring(WeightView w, ArrayView<float> book, ArrayView<float> tile, int first, int from, int n, int k, int size, int depth, int pitch)
    {
        var rows = tile.Cast<Float4>();
        for (var e = Group.IdxX; e < size * depth / 4; e += GpuDevice.GroupSize)
        {
            int s = e / (size / 4), column = e % (size / 4) * 4, i = first + column, j = from + s;
            var v = default(Float4);
            if (i < n && j < k)
            {
                if ((n & 3) == 0)
                    v = default(TReader).Read4(w, book, j, (long)j * n + i);
                else
                    v = MatrixTiles.Some<TReader>(w, (long)j * n + i, n - i);
            }
            rows[(s * pitch + column) >> 2] = v;
        }
    }
}

static class MatrixTiles
{
    /// <summary>The first <paramref name="left"/> of four floats, and zeros.</summary>
    public static Float4 Some(ArrayView<float> a, long at, int left) => new()
    {
        X = a[at],
        Y = left > 1 ? a[at + 1] : 0f,
        Z = left > 2 ? a[at + 2] : 0f,
        W = left > 3 ? a[at + 3] : 0f,
    };

    public static Float4 Some<TReader>(WeightView w, long at, int left) where TReader : struct, IWeightReader => new()
    {
        X = default(TReader).Read(w, at),
        Y = left > 1 ? default(TReader).Read(w, at + 1) : 0f,
        Z = left > 2 ? default(TReader).Read(w, at + 2) : 0f,
        W = left > 3 ? default(TReader).Read(w, at + 3) : 0f,
    };

    /// <summary>Four values into four rows of a tile.</summary>
    public static void Down(ArrayView<float> tile, int at, int pitch, Float4 v)
    {
        tile[at] = v.X;
        tile[at + pitch] = v.Y;
        tile[at + 2 * pitch] = v.Z;
        tile[at + 3 * pitch] = v.W;
    }
}
