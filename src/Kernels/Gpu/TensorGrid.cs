namespace PureLora.Kernels;

/// <summary>A product y [m, n] over k on tensor cores: the size of its tiles, and how it is cut.</summary>
readonly struct TensorGrid
{
    public TensorGrid(int m, int n, int k) : this(Tiles(true, m, n) >= SplitSum.Wanted, m, n, k)
    {
    }

    internal TensorGrid(bool isLarge, int m, int n, int k) => (IsLarge, Split) = (isLarge, new SplitSum(Tiles(isLarge, m, n), TensorTiles.Step, m, n, k));

    public bool IsLarge { get; }

    public SplitSum Split { get; }

    static long Tiles(bool isLarge, int m, int n) => isLarge
        ? SplitSum.Tiles(TensorMatMul.LargeM, TensorMatMul.LargeN, m, n)
        : SplitSum.Tiles(TensorMatMul.SmallM, TensorMatMul.SmallN, m, n);
}
