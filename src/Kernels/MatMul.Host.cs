namespace PureLora.Kernels;

/// <summary>A(m, k) = Transposed ? Values[k·Stride + m] : Values[m·Stride + k].</summary>
readonly unsafe struct LeftMatrix(float* values, long stride, bool transposed)
{
    public readonly float* Values = values;
    public readonly long Stride = stride;
    public readonly bool Transposed = transposed;
}

/// <summary>B(k, n), where element e = Transposed ? n·Stride + k : k·Stride + n is Floats[e] or, if that is null, of a weight to decode.</summary>
readonly unsafe struct RightMatrix(float* floats, Weight? weight, long stride, bool transposed)
{
    public readonly float* Floats = floats;
    public readonly Weight? Weight = weight;
    public readonly long Stride = stride;
    public readonly bool Transposed = transposed;

    public static RightMatrix Of(Weight w, bool transposed) => new(w.Floats, w, w.Columns, transposed);
}

/// <summary>C(m, n) = Values[m·Row + n·Column].</summary>
readonly unsafe struct ResultMatrix(float* values, nint row, nint column = 1)
{
    public readonly float* Values = values;
    public readonly nint Row = row, Column = column;
}

/// <summary>
/// C [M, N] (+)= A·B on the host: a panel of packed A and one of packed B make a tile of C in <see cref="MicroKernel"/>;
/// a later block of k loads the tile and goes on. A block of B stays in the second-level cache while panels of A pass.
/// Where all threads use all of A, they pack it together before they share out C, unless it comes packed. Where one
/// block of B is all of its columns, or A has few rows, each thread packs what it needs just before it uses it.
/// </summary>
static unsafe class HostMatMul
{
    const int BlockK = 640, BlockN = 10 * MicroKernel.Columns;

    /// <summary>The block of k where C has few rows: there a panel of B, if it is packed at all, is used at once.</summary>
    const int LongBlockK = 2048;

    /// <summary>Rows that a thread packs for itself, and the most floats that threads pack together, if one block of k is no more.</summary>
    const int OwnRows = 10 * MicroKernel.Rows, MostShared = 1 << 22;

    /// <summary>Up to so many rows of C, B is read where it is: each element would be used too few times to pay for packing.</summary>
    const int FewRows = 64;

    const int Edge = MicroKernel.Rows * MicroKernel.Columns;

    /// <summary>Whether so many rows of C, or a product summed over so many elements, are few.</summary>
    public static bool IsFew(int length) => length <= FewRows;

    /// <summary>Floats of all of A [m, k] in panels.</summary>
    public static long PackedLength(int m, int k) => RoundUp(m, MicroKernel.Rows) * (long)k;

    /// <summary>Whether it pays to pack A once for several products, and not much memory is needed for it.</summary>
    public static bool IsShareable(int m, int k) => !IsFew(m) && !IsFew(k) && PackedLength(m, k) <= MostShared;

    /// <summary>Floats of scratch memory for one product: for all threads, then for each.</summary>
    public static long ScratchLength(Device device, int m, int n, int k, bool packed) =>
        device.ReadsHostMemory ? SharedLength(m, n, k, packed) + device.Workers * OwnLength(m, n, k) : 1;

    static bool IsOwn(int m, int n) => n <= BlockN || IsFew(m);

    static long SharedLength(int m, int n, int k, bool packed) => packed || IsOwn(m, n) ? 0 : PackedLength(m, Slice(m, n, k));

    static long OwnLength(int m, int n, int k) =>
        Edge + Depth(m, k) * (long)(Math.Min(Width(m), RoundUp(n, MicroKernel.Columns)) + MicroKernel.Columns + Math.Min(OwnRows, RoundUp(m, MicroKernel.Rows)));

    /// <summary>Columns of a block of B.</summary>
    static int Width(int m) => IsFew(m) ? MicroKernel.Columns : BlockN;

    /// <summary>k is cut into equal blocks, so that no short one is left; in whole blocks of quantized values.</summary>
    static int Depth(int m, int k) => RoundUp(Parts(k, Parts(k, IsFew(m) ? LongBlockK : BlockK)), QuantizedLayout.Block);

    /// <summary>How much of k is packed before C is gone through.</summary>
    static int Slice(int m, int n, int k) => IsOwn(m, n) ? k : (int)Math.Min(k, Math.Max(1, MostShared / Math.Max(1, PackedLength(m, Depth(m, k)))) * Depth(m, k));

    static int Parts(int length, int part) => (int)(((long)length + part - 1) / Math.Max(part, 1));

    static int RoundUp(int length, int unit) => checked(Parts(length, unit) * unit);

    /// <summary>All of A into <paramref name="packed"/>.</summary>
    public static void Pack(CpuDevice host, int m, int k, LeftMatrix a, float* packed) => Pack(host, m, 0, k, a, packed);

    static void Pack(CpuDevice host, int m, int start, int length, LeftMatrix a, float* packed) => host.ForEach(host.Workers, (part, _) =>
    {
        var (first, end) = Part(m, host.Workers, part, MicroKernel.Rows);
        Packing.Left(a, first, end - first, start, length, packed + (long)first * length);
    });

    /// <param name="host">Shares out the work.</param>
    /// <param name="scratch">As long as <see cref="ScratchLength"/> says.</param>
    /// <param name="m">Rows of A and C.</param>
    /// <param name="n">Columns of B and C.</param>
    /// <param name="k">What is summed over.</param>
    /// <param name="a">A.</param>
    /// <param name="packed">All of A in panels, if it is there already.</param>
    /// <param name="b">B.</param>
    /// <param name="c">C.</param>
    /// <param name="add">Whether to go on from what C holds.</param>
    public static void Run(CpuDevice host, FloatBuffer scratch, int m, int n, int k, LeftMatrix a, float* packed, RightMatrix b, ResultMatrix c, bool add)
    {
        var workers = (long)m * n * k < 1 << 16 ? 1 : host.Workers;
        var (rowParts, columnParts) = Split(Parts(m, MicroKernel.Rows), n <= BlockN ? 1 : Parts(n, MicroKernel.Columns), workers);
        float* shared = packed is not null ? packed : IsOwn(m, n) ? null : scratch.Pointer, own = scratch.Pointer + SharedLength(m, n, k, packed is not null);
        var ownLength = OwnLength(m, n, k);
        for (var (from, slice) = (0, packed is not null ? k : Slice(m, n, k)); from < k || from == 0; from += Math.Max(slice, 1))
        {
            var (start, length) = (from, Math.Min(slice, k - from));
            if (shared is not null && packed is null)
                Pack(host, m, start, length, a, shared);
            host.ForEach(rowParts * columnParts, (task, worker) =>
                new Tiles(shared, own + worker * ownLength, m, start, length, a, b, c, add || start > 0).Run(
                    Part(m, rowParts, task / columnParts, MicroKernel.Rows), Part(n, columnParts, task % columnParts, MicroKernel.Columns)));
        }
    }

    /// <summary>
    /// As many parts of C as workers, those that end first: the panels of rows in the largest part, and one more for
    /// packing, times its panels of columns.
    /// </summary>
    static (int Rows, int Columns) Split(int rowPanels, int columnPanels, int workers)
    {
        var (best, rows, columns) = (long.MaxValue, 1, 1);
        for (var r = 1; r <= Math.Min(workers, rowPanels); r++)
        {
            var c = Math.Min(columnPanels, Parts(workers, r));
            var cost = (Parts(rowPanels, r) + 1L) * Parts(columnPanels, c);
            if (cost < best)
                (best, rows, columns) = (cost, r, c);
        }
        return (rows, columns);
    }

    /// <summary>Part <paramref name="index"/> of <paramref name="parts"/> of 0..length, cut at panel bounds.</summary>
    static (int From, int To) Part(int length, int parts, int index, int panel)
    {
        var panels = (long)Parts(length, panel);
        return ((int)Math.Min(length, panels * index / parts * panel), (int)Math.Min(length, panels * (index + 1) / parts * panel));
    }

    /// <summary>What one thread does with k from start to start + length in its part of C.</summary>
    readonly struct Tiles(float* shared, float* own, int m, int start, int length, LeftMatrix a, RightMatrix b, ResultMatrix c, bool add)
    {
        readonly bool inPlace = IsFew(m) && b.Floats is not null && !b.Transposed;

        public void Run((int From, int To) rows, (int From, int To) columns)
        {
            var (depth, step) = (Depth(m, length), Width(m));
            for (var p = 0; p < length || p == 0; p += Math.Max(depth, 1))
                for (var column = columns.From; column < columns.To; column += step)
                    Block(rows, column, Math.Min(step, columns.To - column), p, Math.Min(depth, length - p), column == columns.From);
        }

        void Block((int From, int To) rows, int column, int width, int p, int depth, bool isFirst)
        {
            var packed = own + Edge;
            var block = packed + Math.Min(OwnRows, RoundUp(m, MicroKernel.Rows)) * depth;
            var decoded = block + RoundUp(width, MicroKernel.Columns) * depth;
            var readsPlace = inPlace && width == MicroKernel.PanelColumns(width);
            if (!readsPlace)
                Packing.Right(b, start + p, depth, column, width, block, decoded);
            var step = shared is null ? OwnRows : Math.Max(1, rows.To - rows.From);
            for (var first = rows.From; first < rows.To; first += step)
            {
                var end = Math.Min(first + step, rows.To);
                if (shared is null && (isFirst || rows.To - rows.From > OwnRows))
                    Packing.Left(a, first, end - first, start + p, depth, packed);
                for (var i = first; i < end; i += MicroKernel.Rows)
                    for (var j = 0; j < width; j += MicroKernel.Columns)
                    {
                        var panel = MicroKernel.PanelColumns(width - j);
                        Tile(Math.Min(MicroKernel.Rows, end - i), Math.Min(panel, width - j), panel, depth,
                            shared is null ? packed + (i - first) * depth : shared + (long)i * length + (long)p * MicroKernel.Rows,
                            readsPlace ? b.Floats + (start + p) * b.Stride + column : block + j * depth, readsPlace ? (nint)b.Stride : panel,
                            c.Values + i * c.Row + (column + j) * c.Column, add || p > 0);
                    }
            }
        }

        void Tile(int rows, int columns, int panel, int depth, float* panelA, float* panelB, nint stride, float* tile, bool load)
        {
            if (columns == panel && rows % MicroKernel.RowStep(panel) == 0 && c.Column == 1)
            {
                MicroKernel.Run(rows, panel, depth, panelA, panelB, stride, tile, c.Row, load);
                return;
            }
            // A tile that sticks out of C, or lies across it, goes through a full one; what sticks out is computed and dropped.
            if (load)
                for (var i = 0; i < rows; i++)
                    for (var j = 0; j < columns; j++)
                        own[i * MicroKernel.Columns + j] = tile[i * c.Row + j * c.Column];
            MicroKernel.Run(RoundUp(rows, MicroKernel.RowStep(panel)), panel, depth, panelA, panelB, stride, own, MicroKernel.Columns, load);
            for (var i = 0; i < rows; i++)
                for (var j = 0; j < columns; j++)
                    tile[i * c.Row + j * c.Column] = own[i * MicroKernel.Columns + j];
        }
    }
}
