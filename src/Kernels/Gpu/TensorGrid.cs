namespace PureLora.Kernels;

/// <summary>
/// How a product y [m, n] over k is laid out on tensor cores: the size of its tiles, and into how many parts k is cut where
/// the tiles alone are too few for a GPU. A function of the sizes alone, so the same on every device and in a plan.
/// </summary>
readonly struct TensorGrid
{
    /// <summary>Groups that keep a GPU busy: about one for each of its multiprocessors.</summary>
    const int Wanted = 128;

    /// <summary>A part of k is no shorter than what pays for adding up the parts.</summary>
    const int LeastShare = 256;

    public TensorGrid(int m, int n, int k) : this(Tiles(true, m, n) >= Wanted, m, n, k)
    {
    }

    internal TensorGrid(bool isLarge, int m, int n, int k)
    {
        IsLarge = isLarge;
        var tiles = Tiles(isLarge, m, n);
        var wanted = Math.Clamp(Wanted / Math.Max(tiles, 1), 1, Math.Max(k / LeastShare, 1));
        Share = (int)Math.Max((k + wanted - 1) / wanted + TensorTiles.Step - 1, TensorTiles.Step) / TensorTiles.Step * TensorTiles.Step;
        Splits = Math.Max((k + Share - 1) / Share, 1);
        Groups = tiles * Splits;
    }

    public bool IsLarge { get; }

    /// <summary>Of k, for one group.</summary>
    public int Share { get; }

    /// <summary>Parts of k, each in a group of its own.</summary>
    public int Splits { get; }

    public long Groups { get; }

    /// <summary>Floats for the parts of y, to be added up: one where there is one part.</summary>
    public long PartsLength(int m, int n) => Splits == 1 ? 1 : (long)Splits * m * n;

    static long Tiles(bool isLarge, int m, int n)
    {
        var (tileM, tileN) = isLarge ? (TensorMatMul.LargeM, TensorMatMul.LargeN) : (TensorMatMul.SmallM, TensorMatMul.SmallN);
        return (long)((m + tileM - 1) / tileM) * ((n + tileN - 1) / tileN);
    }
}
