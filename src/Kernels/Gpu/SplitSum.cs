using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// How a product y [m, n] over k is cut into groups: one for each tile of y, and where the tiles alone are too few for a GPU, one for
/// each part of k, which a second launch adds up in their order. A function of the sizes alone, so the same on every device and in a plan.
/// </summary>
readonly struct SplitSum
{
    /// <summary>Groups that keep a GPU busy: about one for each of its multiprocessors.</summary>
    public const int Wanted = 128;

    /// <summary>A part of k is no shorter than what pays for adding up the parts.</summary>
    const int LeastShare = 256;

    readonly int m, n;

    /// <param name="tiles">Of y.</param>
    /// <param name="step">A part of k is a multiple of what a tile takes of it at a time.</param>
    /// <param name="m">Rows of y.</param>
    /// <param name="n">Columns of y.</param>
    /// <param name="k">Terms of a sum.</param>
    public SplitSum(long tiles, int step, int m, int n, int k)
    {
        (this.m, this.n) = (m, n);
        var wanted = Math.Clamp(Wanted / Math.Max(tiles, 1), 1, Math.Max(k / LeastShare, 1));
        Share = Math.Max((int)((k + wanted - 1) / wanted + step - 1) / step * step, step);
        Splits = Math.Max((k + Share - 1) / Share, 1);
        Groups = tiles * Splits;
    }

    public static long Tiles(int tileM, int tileN, int m, int n) => (long)((m + tileM - 1) / tileM) * ((n + tileN - 1) / tileN);

    /// <summary>Of k, for one group.</summary>
    public int Share { get; }

    /// <summary>Parts of k.</summary>
    public int Splits { get; }

    public long Groups { get; }

    /// <summary>Floats for the parts of y: one where there is one part, which goes to y at once.</summary>
    public long PartsLength => Splits == 1 ? 1 : (long)Splits * m * n;

    /// <summary>Has <paramref name="product"/> launched with where its sums go and whether they are added to what is there, then adds up the parts.</summary>
    public void Run(GpuDevice gpu, ArrayView<float> y, ArrayView<float> parts, bool add, Action<ArrayView<float>, int> product)
    {
        if ((long)m * n == 0)
            return;
        if (Splits == 1)
        {
            product(y, add ? 1 : 0);
            return;
        }
        product(parts, 0);
        gpu.Run(AddPartsKernel, (long)m * n, parts, y, Splits, add ? 1 : 0);
    }

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
