using System.Runtime.Intrinsics;

namespace PureLora.Kernels;

/// <summary>
/// A tile of at most <see cref="Rows"/> by <see cref="Columns"/> of C, held in registers while k runs: for each k, one
/// fused multiply-add per element. a is a panel [depth][Rows]; b a panel [depth][bRow], or rows of a matrix in place.
/// The tile is as many register blocks as the processor's vectors need: in each the same chains, and so the same bits.
/// </summary>
static unsafe partial class MicroKernel
{
    public const int Rows = 12, Columns = 32, HalfColumns = 16;

    /// <summary>Of a panel of B with so many columns left: half as wide where that is enough.</summary>
    public static int PanelColumns(int left) => left <= HalfColumns ? HalfColumns : Columns;

    /// <summary>Rows of a tile of so many columns come in steps of this.</summary>
    public static int RowStep(int columns) => !Vector512.IsHardwareAccelerated ? 6 : columns == HalfColumns ? Rows : 4;

    /// <summary>
    /// C = (load ? C : 0) + Σ a[k][i]·b[k][j] over k below <paramref name="depth"/>, ascending, for
    /// <paramref name="rows"/>, a multiple of <see cref="RowStep"/>, and <paramref name="columns"/>, 16 or 32.
    /// </summary>
    public static void Run(int rows, int columns, int depth, float* a, float* b, nint bRow, float* c, nint cRow, bool load)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (columns == HalfColumns)
                TwelveBySixteen512(depth, a, b, bRow, c, cRow, load);
            else if (rows == Rows)
                TwelveByThirtyTwo512(depth, a, b, bRow, c, cRow, load);
            else
                for (var i = 0; i < rows; i += 4)
                    FourByThirtyTwo512(depth, a + i, b, bRow, c + i * cRow, cRow, load);
            return;
        }
        for (var j = 0; j < columns; j += 16)
            for (var i = 0; i < rows; i += 6)
                if (Vector256.IsHardwareAccelerated)
                    SixBySixteen256(depth, a + i, b + j, bRow, c + i * cRow + j, cRow, load);
                else
                    for (var half = j; half < j + 16; half += 8)
                        SixByEight128(depth, a + i, b + half, bRow, c + i * cRow + half, cRow, load);
    }
}
