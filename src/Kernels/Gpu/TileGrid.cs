using ILGPU;

namespace PureLora.Kernels;

/// <summary>The shape of the tiles that a product is cut into.</summary>
enum TileShape
{
    Large,
    Small,
    Tall,
    Wide,
}

/// <summary>
/// How a product y [m, n] over k is laid out in groups: the shape of its tiles, and into how many parts k is cut where
/// the tiles alone are too few for a GPU. A function of the sizes alone, so the same on every device and in a plan.
/// </summary>
readonly struct TileGrid
{
    /// <summary>Groups that keep a GPU busy: about one for each of its multiprocessors.</summary>
    const int Wanted = 128;

    /// <summary>A part of k is a multiple of every tile's step, and no shorter than what pays for adding up the parts.</summary>
    const int Step = 16, LeastShare = 256;

    /// <summary>The longest side, as the rank of a LoRA, that tiles of 16 are for.</summary>
    public const int Narrow = 32;

    public TileGrid(int m, int n, int k)
        : this(n <= Narrow ? TileShape.Tall : m <= Narrow ? TileShape.Wide : Tiles(TileShape.Large, m, n) >= Wanted ? TileShape.Large : TileShape.Small, m, n, k)
    {
    }

    internal TileGrid(TileShape shape, int m, int n, int k)
    {
        Shape = shape;
        var tiles = Tiles(shape, m, n);
        var wanted = Math.Clamp(Wanted / Math.Max(tiles, 1), 1, Math.Max(k / LeastShare, 1));
        Share = Math.Max((int)((k + wanted - 1) / wanted + Step - 1) / Step * Step, Step);
        Splits = Math.Max((k + Share - 1) / Share, 1);
        Groups = tiles * Splits;
    }

    public TileShape Shape { get; }

    /// <summary>Of k, for one group.</summary>
    public int Share { get; }

    /// <summary>Parts of k, each in a group of its own.</summary>
    public int Splits { get; }

    public long Groups { get; }

    /// <summary>Floats for the parts of y, to be added up: one where there is one part.</summary>
    public long PartsLength(int m, int n) => Splits == 1 ? 1 : (long)Splits * m * n;

    static long Tiles(TileShape shape, int m, int n)
    {
        var (tileM, tileN) = shape switch
        {
            TileShape.Large => (TiledMatMul.LargeM, TiledMatMul.LargeN),
            TileShape.Small => (TiledMatMul.SmallM, TiledMatMul.SmallN),
            TileShape.Tall => (TiledMatMul.TallM, TiledMatMul.TallN),
            _ => (TiledMatMul.WideM, TiledMatMul.WideN),
        };
        return (long)((m + tileM - 1) / tileM) * ((n + tileN - 1) / tileN);
    }

    /// <summary>Launches the product, and the sum of its parts if there are some.</summary>
    public void Run<TLeft, TRight>(GpuDevice gpu, ArrayView<float> a, WeightView w, ArrayView<float> y, ArrayView<float> parts, int m, int n, int k, bool add)
        where TLeft : struct, ILeftTile
        where TRight : struct, IRightTile
    {
        if ((long)m * n == 0)
            return;
        var (target, adds) = Splits == 1 ? (y, add ? 1 : 0) : (parts, 0);
        Action<ArrayView<float>, WeightView, ArrayView<float>, int, int, int, int, int> kernel = Shape switch
        {
            TileShape.Large => TiledMatMul.LargeKernel<TLeft, TRight>,
            TileShape.Small => TiledMatMul.SmallKernel<TLeft, TRight>,
            TileShape.Tall => TiledMatMul.TallKernel<TLeft, TRight>,
            _ => TiledMatMul.WideKernel<TLeft, TRight>,
        };
        gpu.RunGroups(kernel, Groups, a, w, target, m, n, k, adds, Share);
        if (Splits > 1)
            gpu.Run(AddPartsKernel, (long)m * n, parts, y, Splits, add ? 1 : 0);
    }

    /// <summary>Adds up the parts in their order.</summary>
    internal static void AddPartsKernel(ArrayView<float> parts, ArrayView<float> y, int splits, int add)
    {
        var length = (int)(parts.Length / splits);
        for (var i = Grid.GlobalIndex.X; i < length; i += Grid.DimX * Group.DimX)
        {
            var sum = add == 1 ? y[i] : 0f;
            for (var split = 0; split < splits; split++)
                sum += parts[split * length + i];
            y[i] = sum;
        }
    }
}
