using System.Numerics;

namespace PureLora.Kernels;

/// <summary>
/// The sum of f32 numbers in the order of PyTorch's CPU reduction, so that the offset of doubly quantized scales has
/// the bits of bitsandbytes' own (whatever the width of our vectors). Rows of 32 numbers, four times eight lanes, are
/// added up in four levels: a level passes its sums on to the next after 2^k rows, so that rounding grows slowly.
/// </summary>
static unsafe class CascadeSum
{
    const int Lanes = 8, Row = 4 * Lanes, Levels = 4;

    public static float Sum(float* x, long count)
    {
        var sums = stackalloc float[Levels * Row];
        new Span<float>(sums, Levels * Row).Clear();
        var rows = count / Row;
        AddRows(x, rows, sums);
        for (var level = 1; level < Levels; level++)
            Add(sums + level * Row, sums, Row);
        var i = rows * Row;
        for (; i <= count - Lanes; i += Lanes)
            Add(x + i, sums, Lanes);
        for (var k = 1; k < Row / Lanes; k++)
            Add(sums + k * Lanes, sums, Lanes);
        var sum = 0f;
        for (; i < count; i++)
            sum += x[i];
        for (var lane = 0; lane < Lanes; lane++)
            sum += sums[lane];
        return sum;
    }

    static void AddRows(float* x, long rows, float* sums)
    {
        var bits = Math.Max(4, (rows <= 1 ? 0 : BitOperations.Log2((ulong)(rows - 1)) + 1) / Levels);
        for (long row = 1; row <= rows; row++, x += Row)
        {
            Add(x, sums, Row);
            // Level 0 is full after 2^bits rows, level 1 after 2^(2·bits), ...; the last rows stay where they are.
            for (var level = 1; level < Levels && (row & ((1L << (level * bits)) - 1)) == 0; level++)
            {
                Add(sums + (level - 1) * Row, sums + level * Row, Row);
                new Span<float>(sums + (level - 1) * Row, Row).Clear();
            }
        }
    }

    static void Add(float* source, float* target, int count)
    {
        for (var i = 0; i < count; i++)
            target[i] += source[i];
    }
}
