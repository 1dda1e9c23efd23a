namespace PureLora.Kernels;

/// <summary>
/// C [M, N] (+)= A·B on the host, blocked for the caches: a block of B of <see cref="BlockK"/> by
/// <see cref="BlockN"/> and a block of A of <see cref="BlockM"/> by <see cref="BlockK"/> are packed into panels, and
/// <see cref="MicroKernel"/> turns one panel of each into a tile of C. A later k-block loads the tile and goes on.
/// </summary>
static unsafe class HostMatMul
{
    public const int BlockK = 256, BlockM = 10 * MicroKernel.Rows, BlockN = 12 * MicroKernel.Columns;
    const int ScratchPerWorker = BlockM * BlockK + BlockK * BlockN + MicroKernel.Rows * MicroKernel.Columns + MicroKernel.Columns * BlockK;

    /// <summary>A(m, k) = transposed ? values[k·stride + m] : values[m·stride + k].</summary>
    public readonly record struct LeftMatrix(FloatBuffer Values, long Stride, bool Transposed);

    /// <summary>B(k, n) = transposed ? values[n·stride + k] : values[k·stride + n].</summary>
    public readonly record struct RightMatrix(Weight Values, long Stride, bool Transposed);

    public static LeftMatrix Left(FloatBuffer x, int columns) => new(x, columns, false);

    public static LeftMatrix LeftTransposed(FloatBuffer x, int columns) => new(x, columns, true);

    public static RightMatrix Right(Weight w, bool transposed) => new(w, w.Columns, transposed);

    public static RightMatrix Right(FloatBuffer x, int columns) =>
        new(Weight.Over(x, (int)(x.Length / columns), columns), columns, false);

    public static long ScratchLength(Device device) => device.ReadsHostMemory ? (long)device.Workers * ScratchPerWorker : 1;

    public static void Run(CpuDevice host, FloatBuffer scratch, int m, int n, int k, LeftMatrix a, RightMatrix b, FloatBuffer c, bool add)
    {
        if (k == 0 && !add)
            c.Clear();
        var (partsM, partsN) = Split(m, n, (long)m * n * k < 1 << 16 ? 1 : host.Workers);
        host.ForEach(partsM * partsN, (task, worker) =>
        {
            var (rows, columns) = (Part(m, partsM, task / partsN, MicroKernel.Rows), Part(n, partsN, task % partsN, MicroKernel.Columns));
            Tile(scratch.Pointer + (long)worker * ScratchPerWorker, rows, columns, k, a, b, c.Pointer, n, add);
        });
    }

    /// <summary>Twice as many tiles of C as workers, along the side that has more panels to share out.</summary>
    static (int M, int N) Split(int m, int n, int workers)
    {
        if (workers == 1)
            return (1, 1);
        var (panelsM, panelsN) = (Panels(m, MicroKernel.Rows), Panels(n, MicroKernel.Columns));
        return panelsN >= panelsM ? (1, Math.Min(panelsN, 2 * workers)) : (Math.Min(panelsM, 2 * workers), 1);
    }

    static int Panels(int length, int panel) => (length + panel - 1) / panel;

    /// <summary>Part <paramref name="index"/> of <paramref name="parts"/> of 0..length, cut at panel bounds.</summary>
    static (int From, int To) Part(int length, int parts, int index, int panel)
    {
        var panels = (long)Panels(length, panel);
        return ((int)(panels * index / parts * panel), (int)Math.Min(length, panels * (index + 1) / parts * panel));
    }

    static void Tile(float* scratch, (int From, int To) rows, (int From, int To) columns, int k, LeftMatrix a, RightMatrix b, float* c, int stride, bool add)
    {
        var packedA = scratch;
        var packedB = packedA + BlockM * BlockK;
        var edge = packedB + BlockK * BlockN;
        var decoded = edge + MicroKernel.Rows * MicroKernel.Columns;
        for (var n = columns.From; n < columns.To; n += BlockN)
            for (var p = 0; p < k; p += BlockK)
            {
                var width = Math.Min(BlockN, columns.To - n);
                var depth = Math.Min(BlockK, k - p);
                Packing.Right(b, p, depth, n, width, packedB, decoded);
                for (var m = rows.From; m < rows.To; m += BlockM)
                {
                    var height = Math.Min(BlockM, rows.To - m);
                    Packing.Left(a, m, height, p, depth, packedA);
                    Panels(packedA, packedB, edge, height, width, depth, c + (long)m * stride + n, stride, add || p > 0);
                }
            }
    }

    static void Panels(float* packedA, float* packedB, float* edge, int height, int width, int depth, float* c, int stride, bool load)
    {
        for (var j = 0; j < width; j += MicroKernel.Columns)
            for (var i = 0; i < height; i += MicroKernel.Rows)
            {
                var panelA = packedA + i * depth;
                var panelB = packedB + j * depth;
                var tile = c + (long)i * stride + j;
                var (tileRows, tileColumns) = (Math.Min(MicroKernel.Rows, height - i), Math.Min(MicroKernel.Columns, width - j));
                if (tileRows == MicroKernel.Rows && tileColumns == MicroKernel.Columns)
                    MicroKernel.Run(depth, panelA, panelB, tile, stride, load);
                else
                    Edge(depth, panelA, panelB, edge, tile, stride, tileRows, tileColumns, load);
            }
    }

    /// <summary>A tile that sticks out of C goes through a full one; what sticks out is computed and dropped.</summary>
    static void Edge(int depth, float* panelA, float* panelB, float* edge, float* tile, int stride, int rows, int columns, bool load)
    {
        if (load)
            for (var i = 0; i < rows; i++)
                new ReadOnlySpan<float>(tile + (long)i * stride, columns).CopyTo(new Span<float>(edge + i * MicroKernel.Columns, columns));
        MicroKernel.Run(depth, panelA, panelB, edge, MicroKernel.Columns, load);
        for (var i = 0; i < rows; i++)
            new ReadOnlySpan<float>(edge + i * MicroKernel.Columns, columns).CopyTo(new Span<float>(tile + (long)i * stride, columns));
    }
}
