using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// How a group of a product on tensor cores brings eight numbers into a tile in shared memory, and its sums out. What lies
/// outside of a matrix is zero.
/// </summary>
static class TensorTiles
{
    /// <summary>Of k, brought at once.</summary>
    public const int Step = 32;

    /// <summary>Numbers of a row of bf16 in memory, in eights: the last may have zeros at its end.</summary>
    public static int Pitch(int columns) => (columns + 7) / 8;

    /// <summary>Begins to copy numbers <paramref name="at"/> to at + 7 of a row; rows are <paramref name="pitch"/> eights apart.</summary>
    public static void Copy(ArrayView<Eight> source, ArrayView<Eight> tile, int place, int row, int at, int rows, int columns, int pitch)
    {
        var isInside = row < rows && at < columns;
        TensorCores.Copy(ref tile[place], ref source[isInside ? (long)row * pitch + (at >> 3) : 0L], isInside ? 16 : 0);
    }

    /// <summary>The same of a weight, decoded and rounded.</summary>
    public static Eight Decode<TReader>(WeightView w, ArrayView<float> book, int row, int at, int rows, int columns) where TReader : struct, IWeightReader
    {
        var (low, high) = (default(Float4), default(Float4));
        if (row < rows && at < columns)
        {
            var index = (long)row * columns + at;
            var left = columns - at;
            if ((columns & 3) == 0)
            {
                low = default(TReader).Read4(w, book, index);
                if (left > 4)
                    high = default(TReader).Read4(w, book, index + 4);
            }
            else
            {
                low = MatrixTiles.Some<TReader>(w, index, left);
                if (left > 4)
                    high = MatrixTiles.Some<TReader>(w, index + 4, left - 4);
            }
        }
        return Round(low, high);
    }

    public static Eight Round(Float4 low, Float4 high) => new()
    {
        A = TensorCores.Round(low.X, low.Y),
        B = TensorCores.Round(low.Z, low.W),
        C = TensorCores.Round(high.X, high.Y),
        D = TensorCores.Round(high.Z, high.W),
    };

    /// <summary>Two neighbours of a row of y [m, n], which begins at <paramref name="start"/>, or added to what it holds there.</summary>
    public static void Put(ArrayView<float> y, long start, int row, int column, int m, int n, int add, float first, float second)
    {
        if (row < m && column < n)
        {
            var at = start + (long)row * n + column;
            if ((n & 1) == 0)
            {
                var pairs = y.Cast<Float2>();
                var held = default(Float2);
                if (add == 1)
                    held = pairs[at >> 1];
                pairs[at >> 1] = new Float2 { X = held.X + first, Y = held.Y + second };
            }
            else
            {
                y[at] = (add == 1 ? y[at] : 0f) + first;
                if (column + 1 < n)
                    y[at + 1] = (add == 1 ? y[at + 1] : 0f) + second;
            }
        }
    }
}
