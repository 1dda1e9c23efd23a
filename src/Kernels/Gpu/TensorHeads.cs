using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// The heads of q, k, v and dy in bf16, a row to each token and head, filled up with zeros to whole eights: what groups copy
/// into shared memory. A weight of zero times what is no number is none, so a product over tokens may meet finite ones
/// alone, or one document would spoil another.
/// </summary>
static class TensorHeads
{
    /// <summary>Floats whose memory a copy of <paramref name="heads"/> heads takes.</summary>
    public static long PackedLength(AttentionShape shape, int heads) => (long)shape.Rows * heads * TensorTiles.Pitch(shape.HeadSize) * 4;

    /// <summary>
    /// Packs x from <paramref name="at"/> on, which moves behind it, with <paramref name="instead"/> wherever x or
    /// <paramref name="marks"/>, of the same shape, is not finite.
    /// </summary>
    public static ArrayView<Eight> Pack(GpuDevice gpu, ArrayView<float> x, ArrayView<float> marks, float instead, ArrayView<float> packed, ref long at, AttentionShape shape, int heads)
    {
        var length = PackedLength(shape, heads);
        var part = packed.SubView(at, length).Cast<Eight>();
        at += length;
        gpu.Run(PackKernel, part.Length, x, marks, part, shape.Rows * heads, shape.HeadSize, instead);
        return part;
    }

    internal static void PackKernel(ArrayView<float> x, ArrayView<float> marks, ArrayView<Eight> packed, int rows, int size, float instead)
    {
        var pitch = TensorTiles.Pitch(size);
        var whole = (size & 3) == 0;
        for (var i = Grid.GlobalIndex.X; i < rows * pitch; i += Grid.DimX * Group.DimX)
        {
            var row = i / pitch;
            var feature = (i - row * pitch) * 8;
            int at = row * size + feature, left = size - feature;
            var low = Marked(Float4.Read(x, at, left, whole), Float4.Read(marks, at, left, whole), instead);
            var high = Marked(Float4.Read(x, at + 4, left - 4, whole), Float4.Read(marks, at + 4, left - 4, whole), instead);
            packed[i] = TensorTiles.Round(low, high);
        }
    }

    static Float4 Marked(Float4 x, Float4 marks, float instead) => new()
    {
        X = IsFinite(x.X) & IsFinite(marks.X) ? x.X : instead,
        Y = IsFinite(x.Y) & IsFinite(marks.Y) ? x.Y : instead,
        Z = IsFinite(x.Z) & IsFinite(marks.Z) ? x.Z : instead,
        W = IsFinite(x.W) & IsFinite(marks.W) ? x.W : instead,
    };

    /// <summary>Also when rounded: the largest floats become infinite.</summary>
    public static bool IsFinite(float x) => (Interop.FloatAsInt(x) & 0x7FFFFFFFu) < 0x7F7F8000u;
}

/// <summary>One head of what <see cref="TensorHeads"/> packed, with rows up to <paramref name="end"/>.</summary>
readonly struct PackedHead(ArrayView<Eight> x, int heads, int head, int end, int size)
{
    readonly ArrayView<Eight> x = x;
    readonly int heads = heads, head = head, end = end, pitch = TensorTiles.Pitch(size);

    /// <summary>
    /// Begins to copy rows first..first + <paramref name="rows"/> to <paramref name="at"/>, a row to <paramref name="eights"/>
    /// eights; zeros stand for what is beyond the last row or feature. Permuted by row: eight rows of one eight have different banks.
    /// </summary>
    public void Copy(ArrayView<Eight> tile, int at, int first, int rows, int eights)
    {
        // Both are powers of two, and a whole number of groups.
        for (var i = 0; i < rows * eights; i += GpuDevice.GroupSize)
        {
            int line = (i + Group.IdxX) / eights, part = (i + Group.IdxX) & (eights - 1), row = first + line;
            var isInside = row < end && part < pitch;
            TensorCores.Copy(ref tile[at + line * eights + (part ^ (line & 7))], ref x[isInside ? (row * heads + head) * pitch + part : 0], isInside ? 16 : 0);
        }
    }
}
