using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// How a group of a product on tensor cores brings eight numbers into a tile in shared memory, and its sums out.
/// </summary>
static class TensorTiles
{
    /// <summary>Of k, brought at once.</summary>
    public const int Step = 32;

    /// <summary>Numbers of a row of bf16 in memory, in eights: the last may have zeros at its end.</summary>
    public static int Pitch(int columns) => (columns + 7) / 8;

    /// <summary>Begins to copy numbers <paramref name="at"/> to at + 7 of a row, zeros outside; rows are <paramref name="pitch"/> eights apart.</summary>
    public static void Copy(ArrayView<Eight> source, ArrayView<Eight> tile, int place, int row, int at, int rows, int columns, int pitch)
    {
        var isInside = row < rows && at < columns;
        TensorCores.Copy(ref tile[place], ref source[isInside ? (long)row * pitch + (at >> 3) : 0L], isInside ? 16 : 0);
    }

    /// <summary>Fetches numbers <paramref name="at"/> to at + 7 of a row of a weight [rows, columns].</summary>
    public static RawEight Fetch<TSource>(WeightView w, int row, int at, int rows, int columns) where TSource : struct, ITensorSource
    {
        var raw = default(RawEight);
        if (row < rows && at < columns)
        {
            var index = (long)row * columns + at;
            if ((columns & 7) == 0)
                raw = default(TSource).Fetch(w, row, index);
            else
                raw = One<TSource>(w, index, columns - at);
        }
        return raw;
    }

    static RawEight One<TSource>(WeightView w, long index, int left) where TSource : struct, ITensorSource => new()
    {
        A = Interop.FloatAsInt(default(TSource).Read(w, index)),
        B = left > 1 ? Interop.FloatAsInt(default(TSource).Read(w, index + 1)) : 0u,
        C = left > 2 ? Interop.FloatAsInt(default(TSource).Read(w, index + 2)) : 0u,
        D = left > 3 ? Interop.FloatAsInt(default(TSource).Read(w, index + 3)) : 0u,
        E = left > 4 ? Interop.FloatAsInt(default(TSource).Read(w, index + 4)) : 0u,
        F = left > 5 ? Interop.FloatAsInt(default(TSource).Read(w, index + 5)) : 0u,
        G = left > 6 ? Interop.FloatAsInt(default(TSource).Read(w, index + 6)) : 0u,
        H = left > 7 ? Interop.FloatAsInt(default(TSource).Read(w, index + 7)) : 0u,
    };

    /// <summary>What was fetched, decoded and rounded. Beyond the weight it is anything finite: A is zero there, or y ends.</summary>
    public static Eight Unpack<TSource>(WeightView w, ArrayView<float> book, int row, int at, int columns, RawEight raw) where TSource : struct, ITensorSource
    {
        Eight unpacked;
        if ((columns & 7) == 0)
            unpacked = default(TSource).Unpack(w, book, (long)row * columns + at, raw);
        else
            unpacked = F32Source.Round(raw);
        return unpacked;
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
