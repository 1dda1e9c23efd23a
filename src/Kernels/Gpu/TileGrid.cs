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

/// <summary>A product y [m, n] over k in float32: the shape of its tiles, and how it is cut.</summary>
readonly struct TileGrid
{
    /// <summary>The longest side, as the rank of a LoRA, that tiles of 16 are for.</summary>
    public const int Narrow = 32;

    /// <summary>Of k, a multiple of what each tile takes at a time.</summary>
    const int Step = 16;

    public TileGrid(int m, int n, int k)
        : this(n <= Narrow ? TileShape.Tall : m <= Narrow ? TileShape.Wide : Tiles(TileShape.Large, m, n) >= SplitSum.Wanted ? TileShape.Large : TileShape.Small, m, n, k)
    {
    }

    internal TileGrid(TileShape shape, int m, int n, int k) => (Shape, Split) = (shape, new SplitSum(Tiles(shape, m, n), Step, m, n, k));

    public TileShape Shape { get; }

    public SplitSum Split { get; }

    static long Tiles(TileShape shape, int m, int n) => shape switch
    {
        TileShape.Large => SplitSum.Tiles(TiledMatMul.LargeM, TiledMatMul.LargeN, m, n),
        TileShape.Small => SplitSum.Tiles(TiledMatMul.SmallM, TiledMatMul.SmallN, m, n),
        TileShape.Tall => SplitSum.Tiles(TiledMatMul.TallM, TiledMatMul.TallN, m, n),
        _ => SplitSum.Tiles(TiledMatMul.WideM, TiledMatMul.WideN, m, n),
    };

    /// <summary>Launches the product, and the sum of its parts if there are some.</summary>
    public void Run<TLeft, TRight>(GpuDevice gpu, ArrayView<float> a, WeightView w, ArrayView<float> y, ArrayView<float> parts, int m, int n, int k, bool add)
        where TLeft : struct, ILeftTile
        where TRight : struct, IRightTile
    {
        Action<ArrayView<float>, WeightView, ArrayView<float>, int, int, int, int, int> kernel = Shape switch
        {
            TileShape.Large => TiledMatMul.LargeKernel<TLeft, TRight>,
            TileShape.Small => TiledMatMul.SmallKernel<TLeft, TRight>,
            TileShape.Tall => TiledMatMul.TallKernel<TLeft, TRight>,
            _ => TiledMatMul.WideKernel<TLeft, TRight>,
        };
        var split = Split;
        split.Run(gpu, y, parts, add, (target, adds) => gpu.RunGroups(kernel, split.Groups, a, w, target, m, n, k, adds, split.Share));
    }
}
