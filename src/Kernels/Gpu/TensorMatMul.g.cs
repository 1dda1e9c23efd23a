using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// y [m, n] = A [m, k] · B [k, n] on tensor cores, or added to what y holds: A in bf16, its rows <c>pitch</c> eights apart,
/// B a weight, sums in float32. Turned kernels have B as W [n, k], as in x·Wᵀ, those by rows as it lies; copied ones read
/// bf16 as it is, with rows of whole eights, the others decode it. Those by columns have A as [k, m], as in dyᵀ·x, and B in
/// bf16 too, the rows of both filled up to whole eights. A group computes one tile of y, over k in steps that
/// pass through shared memory, the next ones on their way. Of <c>splits</c> groups for a tile, each takes a part of k of
/// <c>share</c> and writes a part of <c>y</c> of its own, m · n apart. Written by eng/make-tensor-tiles.cs.
/// </summary>
static class TensorMatMul
{
    public const int LargeM = 128, LargeN = 128;

    /// <summary>Tiles of 128 x 128, 32 of k at a time; 64 x 32 a warp; 3 stages of A, 3 of B.</summary>
    internal static void LargeTurnedCopiedKernel(ArrayView<Eight> a, WeightView w, ArrayView<float> y, int m, int n, int k, int pitch, int add, int share)
    {
        var tileA = SharedMemory.Allocate<Eight>(1536);
        var tileB = SharedMemory.Allocate<Eight>(1536);
        var b = w.Words.Cast<Eight>();
        int down = (m + 127) / 128, right = (n + 127) / 128;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 128, column = tile / down * 128;
        int from = split * share, to = from + share < k ? from + share : k;
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;
        int warpRow = warp % 2 * 64, warpColumn = warp / 2 * 32;
        int lineA = thread / 4, partA = thread % 4, placeA = lineA * 4 + (partA ^ ((lineA >> 1) & 3));
        int lineB = thread / 4, partB = thread % 4, placeB = lineB * 4 + (partB ^ ((lineB >> 1) & 3));
        int rowA = warpRow + (lane & 15), swizzleA = (rowA >> 1) & 3;
        int readA0 = rowA * 4 + ((0 + (lane >> 4)) ^ swizzleA), readA1 = rowA * 4 + ((2 + (lane >> 4)) ^ swizzleA);
        int rowB = warpColumn + (lane & 7) + (lane >> 4) * 8, swizzleB = (rowB >> 1) & 3;
        int readB0 = rowB * 4 + ((0 + ((lane >> 3) & 1)) ^ swizzleB), readB1 = rowB * 4 + ((2 + ((lane >> 3) & 1)) ^ swizzleB);
        Float4 c00 = default, c01 = default, c02 = default, c03 = default;
        Float4 c10 = default, c11 = default, c12 = default, c13 = default;
        Float4 c20 = default, c21 = default, c22 = default, c23 = default;
        Float4 c30 = default, c31 = default, c32 = default, c33 = default;
        TensorTiles.Copy(a, tileA, placeA, row + lineA, from + partA * 8, m, to, pitch);
        TensorTiles.Copy(a, tileA, placeA + 256, row + lineA + 64, from + partA * 8, m, to, pitch);
        TensorTiles.Copy(b, tileB, placeB, column + lineB, from + partB * 8, n, to, k >> 3);
        TensorTiles.Copy(b, tileB, placeB + 256, column + lineB + 64, from + partB * 8, n, to, k >> 3);
        TensorCores.EndBatch();
        if (from + 32 < to)
        {
            TensorTiles.Copy(a, tileA, 512 + placeA, row + lineA, from + 32 + partA * 8, m, to, pitch);
            TensorTiles.Copy(a, tileA, 512 + placeA + 256, row + lineA + 64, from + 32 + partA * 8, m, to, pitch);
            TensorTiles.Copy(b, tileB, 512 + placeB, column + lineB, from + 32 + partB * 8, n, to, k >> 3);
            TensorTiles.Copy(b, tileB, 512 + placeB + 256, column + lineB + 64, from + 32 + partB * 8, n, to, k >> 3);
        }
        TensorCores.EndBatch();
        int stage = 0, coming = 2;
        for (var step = from; step < to; step += 32)
        {
            TensorCores.WaitForEarlier();
            GpuIntrinsics.Barrier();
            if (step + 64 < to)
            {
                TensorTiles.Copy(a, tileA, coming * 512 + placeA, row + lineA, step + 64 + partA * 8, m, to, pitch);
                TensorTiles.Copy(a, tileA, coming * 512 + placeA + 256, row + lineA + 64, step + 64 + partA * 8, m, to, pitch);
                TensorTiles.Copy(b, tileB, coming * 512 + placeB, column + lineB, step + 64 + partB * 8, n, to, k >> 3);
                TensorTiles.Copy(b, tileB, coming * 512 + placeB + 256, column + lineB + 64, step + 64 + partB * 8, n, to, k >> 3);
            }
            TensorCores.EndBatch();
            int atA = stage * 512, atB = stage * 512;
            var a00 = TensorCores.Load(ref tileA[atA + readA0]);
            var a01 = TensorCores.Load(ref tileA[atA + readA0 + 64]);
            var a02 = TensorCores.Load(ref tileA[atA + readA0 + 128]);
            var a03 = TensorCores.Load(ref tileA[atA + readA0 + 192]);
            var b00 = TensorCores.Load(ref tileB[atB + readB0]);
            var b01 = TensorCores.Load(ref tileB[atB + readB0 + 64]);
            c00 = TensorCores.Multiply(c00, a00, b00.A, b00.B);
            c01 = TensorCores.Multiply(c01, a00, b00.C, b00.D);
            c02 = TensorCores.Multiply(c02, a00, b01.A, b01.B);
            c03 = TensorCores.Multiply(c03, a00, b01.C, b01.D);
            c10 = TensorCores.Multiply(c10, a01, b00.A, b00.B);
            c11 = TensorCores.Multiply(c11, a01, b00.C, b00.D);
            c12 = TensorCores.Multiply(c12, a01, b01.A, b01.B);
            c13 = TensorCores.Multiply(c13, a01, b01.C, b01.D);
            c20 = TensorCores.Multiply(c20, a02, b00.A, b00.B);
            c21 = TensorCores.Multiply(c21, a02, b00.C, b00.D);
            c22 = TensorCores.Multiply(c22, a02, b01.A, b01.B);
            c23 = TensorCores.Multiply(c23, a02, b01.C, b01.D);
            c30 = TensorCores.Multiply(c30, a03, b00.A, b00.B);
            c31 = TensorCores.Multiply(c31, a03, b00.C, b00.D);
            c32 = TensorCores.Multiply(c32, a03, b01.A, b01.B);
            c33 = TensorCores.Multiply(c33, a03, b01.C, b01.D);
            var a10 = TensorCores.Load(ref tileA[atA + readA1]);
            var a11 = TensorCores.Load(ref tileA[atA + readA1 + 64]);
            var a12 = TensorCores.Load(ref tileA[atA + readA1 + 128]);
            var a13 = TensorCores.Load(ref tileA[atA + readA1 + 192]);
            var b10 = TensorCores.Load(ref tileB[atB + readB1]);
            var b11 = TensorCores.Load(ref tileB[atB + readB1 + 64]);
            c00 = TensorCores.Multiply(c00, a10, b10.A, b10.B);
            c01 = TensorCores.Multiply(c01, a10, b10.C, b10.D);
            c02 = TensorCores.Multiply(c02, a10, b11.A, b11.B);
            c03 = TensorCores.Multiply(c03, a10, b11.C, b11.D);
            c10 = TensorCores.Multiply(c10, a11, b10.A, b10.B);
            c11 = TensorCores.Multiply(c11, a11, b10.C, b10.D);
            c12 = TensorCores.Multiply(c12, a11, b11.A, b11.B);
            c13 = TensorCores.Multiply(c13, a11, b11.C, b11.D);
            c20 = TensorCores.Multiply(c20, a12, b10.A, b10.B);
            c21 = TensorCores.Multiply(c21, a12, b10.C, b10.D);
            c22 = TensorCores.Multiply(c22, a12, b11.A, b11.B);
            c23 = TensorCores.Multiply(c23, a12, b11.C, b11.D);
            c30 = TensorCores.Multiply(c30, a13, b10.A, b10.B);
            c31 = TensorCores.Multiply(c31, a13, b10.C, b10.D);
            c32 = TensorCores.Multiply(c32, a13, b11.A, b11.B);
            c33 = TensorCores.Multiply(c33, a13, b11.C, b11.D);
            stage = stage == 2 ? 0 : stage + 1;
            coming = coming == 2 ? 0 : coming + 1;
        }
        var start = (long)split * m * n;
        row += warpRow + (lane >> 2);
        column += warpColumn + (lane & 3) * 2;
        TensorTiles.Put(y, start, row, column, m, n, add, c00.X, c00.Y);
        TensorTiles.Put(y, start, row + 8, column, m, n, add, c00.Z, c00.W);
        TensorTiles.Put(y, start, row, column + 8, m, n, add, c01.X, c01.Y);
        TensorTiles.Put(y, start, row + 8, column + 8, m, n, add, c01.Z, c01.W);
        TensorTiles.Put(y, start, row, column + 16, m, n, add, c02.X, c02.Y);
        TensorTiles.Put(y, start, row + 8, column + 16, m, n, add, c02.Z, c02.W);
        TensorTiles.Put(y, start, row, column + 24, m, n, add, c03.X, c03.Y);
        TensorTiles.Put(y, start, row + 8, column + 24, m, n, add, c03.Z, c03.W);
        TensorTiles.Put(y, start, row + 16, column, m, n, add, c10.X, c10.Y);
        TensorTiles.Put(y, start, row + 24, column, m, n, add, c10.Z, c10.W);
        TensorTiles.Put(y, start, row + 16, column + 8, m, n, add, c11.X, c11.Y);
        TensorTiles.Put(y, start, row + 24, column + 8, m, n, add, c11.Z, c11.W);
        TensorTiles.Put(y, start, row + 16, column + 16, m, n, add, c12.X, c12.Y);
        TensorTiles.Put(y, start, row + 24, column + 16, m, n, add, c12.Z, c12.W);
        TensorTiles.Put(y, start, row + 16, column + 24, m, n, add, c13.X, c13.Y);
        TensorTiles.Put(y, start, row + 24, column + 24, m, n, add, c13.Z, c13.W);
        TensorTiles.Put(y, start, row + 32, column, m, n, add, c20.X, c20.Y);
        TensorTiles.Put(y, start, row + 40, column, m, n, add, c20.Z, c20.W);
        TensorTiles.Put(y, start, row + 32, column + 8, m, n, add, c21.X, c21.Y);
        TensorTiles.Put(y, start, row + 40, column + 8, m, n, add, c21.Z, c21.W);
        TensorTiles.Put(y, start, row + 32, column + 16, m, n, add, c22.X, c22.Y);
        TensorTiles.Put(y, start, row + 40, column + 16, m, n, add, c22.Z, c22.W);
        TensorTiles.Put(y, start, row + 32, column + 24, m, n, add, c23.X, c23.Y);
        TensorTiles.Put(y, start, row + 40, column + 24, m, n, add, c23.Z, c23.W);
        TensorTiles.Put(y, start, row + 48, column, m, n, add, c30.X, c30.Y);
        TensorTiles.Put(y, start, row + 56, column, m, n, add, c30.Z, c30.W);
        TensorTiles.Put(y, start, row + 48, column + 8, m, n, add, c31.X, c31.Y);
        TensorTiles.Put(y, start, row + 56, column + 8, m, n, add, c31.Z, c31.W);
        TensorTiles.Put(y, start, row + 48, column + 16, m, n, add, c32.X, c32.Y);
        TensorTiles.Put(y, start, row + 56, column + 16, m, n, add, c32.Z, c32.W);
        TensorTiles.Put(y, start, row + 48, column + 24, m, n, add, c33.X, c33.Y);
        TensorTiles.Put(y, start, row + 56, column + 24, m, n, add, c33.Z, c33.W);
    }

    /// <summary>Tiles of 128 x 128, 32 of k at a time; 64 x 32 a warp; 3 stages of A, 2 of B.</summary>
    internal static void LargeTurnedKernel<TSource>(ArrayView<Eight> a, WeightView w, ArrayView<float> y, int m, int n, int k, int pitch, int add, int share)
        where TSource : struct, ITensorSource
    {
        var tileA = SharedMemory.Allocate<Eight>(1536);
        var tileB = SharedMemory.Allocate<Eight>(1024);
        var book = SharedMemory.Allocate<float>(16);
        int down = (m + 127) / 128, right = (n + 127) / 128;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 128, column = tile / down * 128;
        int from = split * share, to = from + share < k ? from + share : k;
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;
        int warpRow = warp % 2 * 64, warpColumn = warp / 2 * 32;
        int lineA = thread / 4, partA = thread % 4, placeA = lineA * 4 + (partA ^ ((lineA >> 1) & 3));
        int lineB = thread / 4, partB = thread % 4, placeB = lineB * 4 + (partB ^ ((lineB >> 1) & 3));
        int rowA = warpRow + (lane & 15), swizzleA = (rowA >> 1) & 3;
        int readA0 = rowA * 4 + ((0 + (lane >> 4)) ^ swizzleA), readA1 = rowA * 4 + ((2 + (lane >> 4)) ^ swizzleA);
        int rowB = warpColumn + (lane & 7) + (lane >> 4) * 8, swizzleB = (rowB >> 1) & 3;
        int readB0 = rowB * 4 + ((0 + ((lane >> 3) & 1)) ^ swizzleB), readB1 = rowB * 4 + ((2 + ((lane >> 3) & 1)) ^ swizzleB);
        Float4 c00 = default, c01 = default, c02 = default, c03 = default;
        Float4 c10 = default, c11 = default, c12 = default, c13 = default;
        Float4 c20 = default, c21 = default, c22 = default, c23 = default;
        Float4 c30 = default, c31 = default, c32 = default, c33 = default;
        TensorTiles.Copy(a, tileA, placeA, row + lineA, from + partA * 8, m, to, pitch);
        TensorTiles.Copy(a, tileA, placeA + 256, row + lineA + 64, from + partA * 8, m, to, pitch);
        TensorCores.EndBatch();
        if (from + 32 < to)
        {
            TensorTiles.Copy(a, tileA, 512 + placeA, row + lineA, from + 32 + partA * 8, m, to, pitch);
            TensorTiles.Copy(a, tileA, 512 + placeA + 256, row + lineA + 64, from + 32 + partA * 8, m, to, pitch);
        }
        TensorCores.EndBatch();
        default(TSource).Prepare(w, book);
        var raw0 = TensorTiles.Fetch<TSource>(w, column + lineB, from + partB * 8, n, k);
        var raw1 = TensorTiles.Fetch<TSource>(w, column + lineB + 64, from + partB * 8, n, k);
        tileB[placeB] = TensorTiles.Unpack<TSource>(w, book, column + lineB, from + partB * 8, k, raw0);
        tileB[placeB + 256] = TensorTiles.Unpack<TSource>(w, book, column + lineB + 64, from + partB * 8, k, raw1);
        int stage = 0, coming = 2;
        var turn = 0;
        for (var step = from; step < to; step += 32)
        {
            if (step + 32 < to)
            {
                raw0 = TensorTiles.Fetch<TSource>(w, column + lineB, step + 32 + partB * 8, n, k);
                raw1 = TensorTiles.Fetch<TSource>(w, column + lineB + 64, step + 32 + partB * 8, n, k);
            }
            TensorCores.WaitForEarlier();
            GpuIntrinsics.Barrier();
            if (step + 64 < to)
            {
                TensorTiles.Copy(a, tileA, coming * 512 + placeA, row + lineA, step + 64 + partA * 8, m, to, pitch);
                TensorTiles.Copy(a, tileA, coming * 512 + placeA + 256, row + lineA + 64, step + 64 + partA * 8, m, to, pitch);
            }
            TensorCores.EndBatch();
            int atA = stage * 512, atB = turn * 512;
            var a00 = TensorCores.Load(ref tileA[atA + readA0]);
            var a01 = TensorCores.Load(ref tileA[atA + readA0 + 64]);
            var a02 = TensorCores.Load(ref tileA[atA + readA0 + 128]);
            var a03 = TensorCores.Load(ref tileA[atA + readA0 + 192]);
            var b00 = TensorCores.Load(ref tileB[atB + readB0]);
            var b01 = TensorCores.Load(ref tileB[atB + readB0 + 64]);
            c00 = TensorCores.Multiply(c00, a00, b00.A, b00.B);
            c01 = TensorCores.Multiply(c01, a00, b00.C, b00.D);
            c02 = TensorCores.Multiply(c02, a00, b01.A, b01.B);
            c03 = TensorCores.Multiply(c03, a00, b01.C, b01.D);
            c10 = TensorCores.Multiply(c10, a01, b00.A, b00.B);
            c11 = TensorCores.Multiply(c11, a01, b00.C, b00.D);
            c12 = TensorCores.Multiply(c12, a01, b01.A, b01.B);
            c13 = TensorCores.Multiply(c13, a01, b01.C, b01.D);
            c20 = TensorCores.Multiply(c20, a02, b00.A, b00.B);
            c21 = TensorCores.Multiply(c21, a02, b00.C, b00.D);
            c22 = TensorCores.Multiply(c22, a02, b01.A, b01.B);
            c23 = TensorCores.Multiply(c23, a02, b01.C, b01.D);
            c30 = TensorCores.Multiply(c30, a03, b00.A, b00.B);
            c31 = TensorCores.Multiply(c31, a03, b00.C, b00.D);
            c32 = TensorCores.Multiply(c32, a03, b01.A, b01.B);
            c33 = TensorCores.Multiply(c33, a03, b01.C, b01.D);
            var a10 = TensorCores.Load(ref tileA[atA + readA1]);
            var a11 = TensorCores.Load(ref tileA[atA + readA1 + 64]);
            var a12 = TensorCores.Load(ref tileA[atA + readA1 + 128]);
            var a13 = TensorCores.Load(ref tileA[atA + readA1 + 192]);
            var b10 = TensorCores.Load(ref tileB[atB + readB1]);
            var b11 = TensorCores.Load(ref tileB[atB + readB1 + 64]);
            c00 = TensorCores.Multiply(c00, a10, b10.A, b10.B);
            c01 = TensorCores.Multiply(c01, a10, b10.C, b10.D);
            c02 = TensorCores.Multiply(c02, a10, b11.A, b11.B);
            c03 = TensorCores.Multiply(c03, a10, b11.C, b11.D);
            c10 = TensorCores.Multiply(c10, a11, b10.A, b10.B);
            c11 = TensorCores.Multiply(c11, a11, b10.C, b10.D);
            c12 = TensorCores.Multiply(c12, a11, b11.A, b11.B);
            c13 = TensorCores.Multiply(c13, a11, b11.C, b11.D);
            c20 = TensorCores.Multiply(c20, a12, b10.A, b10.B);
            c21 = TensorCores.Multiply(c21, a12, b10.C, b10.D);
            c22 = TensorCores.Multiply(c22, a12, b11.A, b11.B);
            c23 = TensorCores.Multiply(c23, a12, b11.C, b11.D);
            c30 = TensorCores.Multiply(c30, a13, b10.A, b10.B);
            c31 = TensorCores.Multiply(c31, a13, b10.C, b10.D);
            c32 = TensorCores.Multiply(c32, a13, b11.A, b11.B);
            c33 = TensorCores.Multiply(c33, a13, b11.C, b11.D);
            turn = 1 - turn;
            tileB[turn * 512 + placeB] = TensorTiles.Unpack<TSource>(w, book, column + lineB, step + 32 + partB * 8, k, raw0);
            tileB[turn * 512 + placeB + 256] = TensorTiles.Unpack<TSource>(w, book, column + lineB + 64, step + 32 + partB * 8, k, raw1);
            stage = stage == 2 ? 0 : stage + 1;
            coming = coming == 2 ? 0 : coming + 1;
        }
        var start = (long)split * m * n;
        row += warpRow + (lane >> 2);
        column += warpColumn + (lane & 3) * 2;
        TensorTiles.Put(y, start, row, column, m, n, add, c00.X, c00.Y);
        TensorTiles.Put(y, start, row + 8, column, m, n, add, c00.Z, c00.W);
        TensorTiles.Put(y, start, row, column + 8, m, n, add, c01.X, c01.Y);
        TensorTiles.Put(y, start, row + 8, column + 8, m, n, add, c01.Z, c01.W);
        TensorTiles.Put(y, start, row, column + 16, m, n, add, c02.X, c02.Y);
        TensorTiles.Put(y, start, row + 8, column + 16, m, n, add, c02.Z, c02.W);
        TensorTiles.Put(y, start, row, column + 24, m, n, add, c03.X, c03.Y);
        TensorTiles.Put(y, start, row + 8, column + 24, m, n, add, c03.Z, c03.W);
        TensorTiles.Put(y, start, row + 16, column, m, n, add, c10.X, c10.Y);
        TensorTiles.Put(y, start, row + 24, column, m, n, add, c10.Z, c10.W);
        TensorTiles.Put(y, start, row + 16, column + 8, m, n, add, c11.X, c11.Y);
        TensorTiles.Put(y, start, row + 24, column + 8, m, n, add, c11.Z, c11.W);
        TensorTiles.Put(y, start, row + 16, column + 16, m, n, add, c12.X, c12.Y);
        TensorTiles.Put(y, start, row + 24, column + 16, m, n, add, c12.Z, c12.W);
        TensorTiles.Put(y, start, row + 16, column + 24, m, n, add, c13.X, c13.Y);
        TensorTiles.Put(y, start, row + 24, column + 24, m, n, add, c13.Z, c13.W);
        TensorTiles.Put(y, start, row + 32, column, m, n, add, c20.X, c20.Y);
        TensorTiles.Put(y, start, row + 40, column, m, n, add, c20.Z, c20.W);
        TensorTiles.Put(y, start, row + 32, column + 8, m, n, add, c21.X, c21.Y);
        TensorTiles.Put(y, start, row + 40, column + 8, m, n, add, c21.Z, c21.W);
        TensorTiles.Put(y, start, row + 32, column + 16, m, n, add, c22.X, c22.Y);
        TensorTiles.Put(y, start, row + 40, column + 16, m, n, add, c22.Z, c22.W);
        TensorTiles.Put(y, start, row + 32, column + 24, m, n, add, c23.X, c23.Y);
        TensorTiles.Put(y, start, row + 40, column + 24, m, n, add, c23.Z, c23.W);
        TensorTiles.Put(y, start, row + 48, column, m, n, add, c30.X, c30.Y);
        TensorTiles.Put(y, start, row + 56, column, m, n, add, c30.Z, c30.W);
        TensorTiles.Put(y, start, row + 48, column + 8, m, n, add, c31.X, c31.Y);
        TensorTiles.Put(y, start, row + 56, column + 8, m, n, add, c31.Z, c31.W);
        TensorTiles.Put(y, start, row + 48, column + 16, m, n, add, c32.X, c32.Y);
        TensorTiles.Put(y, start, row + 56, column + 16, m, n, add, c32.Z, c32.W);
        TensorTiles.Put(y, start, row + 48, column + 24, m, n, add, c33.X, c33.Y);
        TensorTiles.Put(y, start, row + 56, column + 24, m, n, add, c33.Z, c33.W);
    }

    /// <summary>Tiles of 128 x 128, 32 of k at a time; 64 x 32 a warp; 3 stages of A, 3 of B.</summary>
    internal static void LargeRowsCopiedKernel(ArrayView<Eight> a, WeightView w, ArrayView<float> y, int m, int n, int k, int pitch, int add, int share)
    {
        var tileA = SharedMemory.Allocate<Eight>(1536);
        var tileB = SharedMemory.Allocate<Eight>(1536);
        var b = w.Words.Cast<Eight>();
        int down = (m + 127) / 128, right = (n + 127) / 128;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 128, column = tile / down * 128;
        int from = split * share, to = from + share < k ? from + share : k;
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;
        int warpRow = warp % 2 * 64, warpColumn = warp / 2 * 32;
        int lineA = thread / 4, partA = thread % 4, placeA = lineA * 4 + (partA ^ ((lineA >> 1) & 3));
        int lineB = thread / 16, partB = thread % 16, placeB = lineB * 16 + (partB ^ (lineB & 7));
        int rowA = warpRow + (lane & 15), swizzleA = (rowA >> 1) & 3;
        int readA0 = rowA * 4 + ((0 + (lane >> 4)) ^ swizzleA), readA1 = rowA * 4 + ((2 + (lane >> 4)) ^ swizzleA);
        int readB0 = (lane & 15) * 16 + (((warpColumn >> 3) + (lane >> 4)) ^ (lane & 7)), readB1 = (lane & 15) * 16 + (((warpColumn >> 3) + (lane >> 4) + 2) ^ (lane & 7));
        Float4 c00 = default, c01 = default, c02 = default, c03 = default;
        Float4 c10 = default, c11 = default, c12 = default, c13 = default;
        Float4 c20 = default, c21 = default, c22 = default, c23 = default;
        Float4 c30 = default, c31 = default, c32 = default, c33 = default;
        TensorTiles.Copy(a, tileA, placeA, row + lineA, from + partA * 8, m, to, pitch);
        TensorTiles.Copy(a, tileA, placeA + 256, row + lineA + 64, from + partA * 8, m, to, pitch);
        TensorTiles.Copy(b, tileB, placeB, from + lineB, column + partB * 8, to, n, n >> 3);
        TensorTiles.Copy(b, tileB, placeB + 256, from + lineB + 16, column + partB * 8, to, n, n >> 3);
        TensorCores.EndBatch();
        if (from + 32 < to)
        {
            TensorTiles.Copy(a, tileA, 512 + placeA, row + lineA, from + 32 + partA * 8, m, to, pitch);
            TensorTiles.Copy(a, tileA, 512 + placeA + 256, row + lineA + 64, from + 32 + partA * 8, m, to, pitch);
            TensorTiles.Copy(b, tileB, 512 + placeB, from + 32 + lineB, column + partB * 8, to, n, n >> 3);
            TensorTiles.Copy(b, tileB, 512 + placeB + 256, from + 32 + lineB + 16, column + partB * 8, to, n, n >> 3);
        }
        TensorCores.EndBatch();
        int stage = 0, coming = 2;
        for (var step = from; step < to; step += 32)
        {
            TensorCores.WaitForEarlier();
            GpuIntrinsics.Barrier();
            if (step + 64 < to)
            {
                TensorTiles.Copy(a, tileA, coming * 512 + placeA, row + lineA, step + 64 + partA * 8, m, to, pitch);
                TensorTiles.Copy(a, tileA, coming * 512 + placeA + 256, row + lineA + 64, step + 64 + partA * 8, m, to, pitch);
                TensorTiles.Copy(b, tileB, coming * 512 + placeB, step + 64 + lineB, column + partB * 8, to, n, n >> 3);
                TensorTiles.Copy(b, tileB, coming * 512 + placeB + 256, step + 64 + lineB + 16, column + partB * 8, to, n, n >> 3);
            }
            TensorCores.EndBatch();
            int atA = stage * 512, atB = stage * 512;
            var a00 = TensorCores.Load(ref tileA[atA + readA0]);
            var a01 = TensorCores.Load(ref tileA[atA + readA0 + 64]);
            var a02 = TensorCores.Load(ref tileA[atA + readA0 + 128]);
            var a03 = TensorCores.Load(ref tileA[atA + readA0 + 192]);
            var b00 = TensorCores.LoadTurned(ref tileB[atB + readB0]);
            var b01 = TensorCores.LoadTurned(ref tileB[atB + readB1]);
            c00 = TensorCores.Multiply(c00, a00, b00.A, b00.B);
            c01 = TensorCores.Multiply(c01, a00, b00.C, b00.D);
            c02 = TensorCores.Multiply(c02, a00, b01.A, b01.B);
            c03 = TensorCores.Multiply(c03, a00, b01.C, b01.D);
            c10 = TensorCores.Multiply(c10, a01, b00.A, b00.B);
            c11 = TensorCores.Multiply(c11, a01, b00.C, b00.D);
            c12 = TensorCores.Multiply(c12, a01, b01.A, b01.B);
            c13 = TensorCores.Multiply(c13, a01, b01.C, b01.D);
            c20 = TensorCores.Multiply(c20, a02, b00.A, b00.B);
            c21 = TensorCores.Multiply(c21, a02, b00.C, b00.D);
            c22 = TensorCores.Multiply(c22, a02, b01.A, b01.B);
            c23 = TensorCores.Multiply(c23, a02, b01.C, b01.D);
            c30 = TensorCores.Multiply(c30, a03, b00.A, b00.B);
            c31 = TensorCores.Multiply(c31, a03, b00.C, b00.D);
            c32 = TensorCores.Multiply(c32, a03, b01.A, b01.B);
            c33 = TensorCores.Multiply(c33, a03, b01.C, b01.D);
            var a10 = TensorCores.Load(ref tileA[atA + readA1]);
            var a11 = TensorCores.Load(ref tileA[atA + readA1 + 64]);
            var a12 = TensorCores.Load(ref tileA[atA + readA1 + 128]);
            var a13 = TensorCores.Load(ref tileA[atA + readA1 + 192]);
            var b10 = TensorCores.LoadTurned(ref tileB[atB + readB0 + 256]);
            var b11 = TensorCores.LoadTurned(ref tileB[atB + readB1 + 256]);
            c00 = TensorCores.Multiply(c00, a10, b10.A, b10.B);
            c01 = TensorCores.Multiply(c01, a10, b10.C, b10.D);
            c02 = TensorCores.Multiply(c02, a10, b11.A, b11.B);
            c03 = TensorCores.Multiply(c03, a10, b11.C, b11.D);
            c10 = TensorCores.Multiply(c10, a11, b10.A, b10.B);
            c11 = TensorCores.Multiply(c11, a11, b10.C, b10.D);
            c12 = TensorCores.Multiply(c12, a11, b11.A, b11.B);
            c13 = TensorCores.Multiply(c13, a11, b11.C, b11.D);
            c20 = TensorCores.Multiply(c20, a12, b10.A, b10.B);
            c21 = TensorCores.Multiply(c21, a12, b10.C, b10.D);
            c22 = TensorCores.Multiply(c22, a12, b11.A, b11.B);
            c23 = TensorCores.Multiply(c23, a12, b11.C, b11.D);
            c30 = TensorCores.Multiply(c30, a13, b10.A, b10.B);
            c31 = TensorCores.Multiply(c31, a13, b10.C, b10.D);
            c32 = TensorCores.Multiply(c32, a13, b11.A, b11.B);
            c33 = TensorCores.Multiply(c33, a13, b11.C, b11.D);
            stage = stage == 2 ? 0 : stage + 1;
            coming = coming == 2 ? 0 : coming + 1;
        }
        var start = (long)split * m * n;
        row += warpRow + (lane >> 2);
        column += warpColumn + (lane & 3) * 2;
        TensorTiles.Put(y, start, row, column, m, n, add, c00.X, c00.Y);
        TensorTiles.Put(y, start, row + 8, column, m, n, add, c00.Z, c00.W);
        TensorTiles.Put(y, start, row, column + 8, m, n, add, c01.X, c01.Y);
        TensorTiles.Put(y, start, row + 8, column + 8, m, n, add, c01.Z, c01.W);
        TensorTiles.Put(y, start, row, column + 16, m, n, add, c02.X, c02.Y);
        TensorTiles.Put(y, start, row + 8, column + 16, m, n, add, c02.Z, c02.W);
        TensorTiles.Put(y, start, row, column + 24, m, n, add, c03.X, c03.Y);
        TensorTiles.Put(y, start, row + 8, column + 24, m, n, add, c03.Z, c03.W);
        TensorTiles.Put(y, start, row + 16, column, m, n, add, c10.X, c10.Y);
        TensorTiles.Put(y, start, row + 24, column, m, n, add, c10.Z, c10.W);
        TensorTiles.Put(y, start, row + 16, column + 8, m, n, add, c11.X, c11.Y);
        TensorTiles.Put(y, start, row + 24, column + 8, m, n, add, c11.Z, c11.W);
        TensorTiles.Put(y, start, row + 16, column + 16, m, n, add, c12.X, c12.Y);
        TensorTiles.Put(y, start, row + 24, column + 16, m, n, add, c12.Z, c12.W);
        TensorTiles.Put(y, start, row + 16, column + 24, m, n, add, c13.X, c13.Y);
        TensorTiles.Put(y, start, row + 24, column + 24, m, n, add, c13.Z, c13.W);
        TensorTiles.Put(y, start, row + 32, column, m, n, add, c20.X, c20.Y);
        TensorTiles.Put(y, start, row + 40, column, m, n, add, c20.Z, c20.W);
        TensorTiles.Put(y, start, row + 32, column + 8, m, n, add, c21.X, c21.Y);
        TensorTiles.Put(y, start, row + 40, column + 8, m, n, add, c21.Z, c21.W);
        TensorTiles.Put(y, start, row + 32, column + 16, m, n, add, c22.X, c22.Y);
        TensorTiles.Put(y, start, row + 40, column + 16, m, n, add, c22.Z, c22.W);
        TensorTiles.Put(y, start, row + 32, column + 24, m, n, add, c23.X, c23.Y);
        TensorTiles.Put(y, start, row + 40, column + 24, m, n, add, c23.Z, c23.W);
        TensorTiles.Put(y, start, row + 48, column, m, n, add, c30.X, c30.Y);
        TensorTiles.Put(y, start, row + 56, column, m, n, add, c30.Z, c30.W);
        TensorTiles.Put(y, start, row + 48, column + 8, m, n, add, c31.X, c31.Y);
        TensorTiles.Put(y, start, row + 56, column + 8, m, n, add, c31.Z, c31.W);
        TensorTiles.Put(y, start, row + 48, column + 16, m, n, add, c32.X, c32.Y);
        TensorTiles.Put(y, start, row + 56, column + 16, m, n, add, c32.Z, c32.W);
        TensorTiles.Put(y, start, row + 48, column + 24, m, n, add, c33.X, c33.Y);
        TensorTiles.Put(y, start, row + 56, column + 24, m, n, add, c33.Z, c33.W);
    }

    /// <summary>Tiles of 128 x 128, 32 of k at a time; 64 x 32 a warp; 3 stages of A, 2 of B.</summary>
    internal static void LargeRowsKernel<TSource>(ArrayView<Eight> a, WeightView w, ArrayView<float> y, int m, int n, int k, int pitch, int add, int share)
        where TSource : struct, ITensorSource
    {
        var tileA = SharedMemory.Allocate<Eight>(1536);
        var tileB = SharedMemory.Allocate<Eight>(1024);
        var book = SharedMemory.Allocate<float>(16);
        int down = (m + 127) / 128, right = (n + 127) / 128;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 128, column = tile / down * 128;
        int from = split * share, to = from + share < k ? from + share : k;
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;
        int warpRow = warp % 2 * 64, warpColumn = warp / 2 * 32;
        int lineA = thread / 4, partA = thread % 4, placeA = lineA * 4 + (partA ^ ((lineA >> 1) & 3));
        int lineB = thread / 16, partB = thread % 16, placeB = lineB * 16 + (partB ^ (lineB & 7));
        int rowA = warpRow + (lane & 15), swizzleA = (rowA >> 1) & 3;
        int readA0 = rowA * 4 + ((0 + (lane >> 4)) ^ swizzleA), readA1 = rowA * 4 + ((2 + (lane >> 4)) ^ swizzleA);
        int readB0 = (lane & 15) * 16 + (((warpColumn >> 3) + (lane >> 4)) ^ (lane & 7)), readB1 = (lane & 15) * 16 + (((warpColumn >> 3) + (lane >> 4) + 2) ^ (lane & 7));
        Float4 c00 = default, c01 = default, c02 = default, c03 = default;
        Float4 c10 = default, c11 = default, c12 = default, c13 = default;
        Float4 c20 = default, c21 = default, c22 = default, c23 = default;
        Float4 c30 = default, c31 = default, c32 = default, c33 = default;
        TensorTiles.Copy(a, tileA, placeA, row + lineA, from + partA * 8, m, to, pitch);
        TensorTiles.Copy(a, tileA, placeA + 256, row + lineA + 64, from + partA * 8, m, to, pitch);
        TensorCores.EndBatch();
        if (from + 32 < to)
        {
            TensorTiles.Copy(a, tileA, 512 + placeA, row + lineA, from + 32 + partA * 8, m, to, pitch);
            TensorTiles.Copy(a, tileA, 512 + placeA + 256, row + lineA + 64, from + 32 + partA * 8, m, to, pitch);
        }
        TensorCores.EndBatch();
        default(TSource).Prepare(w, book);
        var raw0 = TensorTiles.Fetch<TSource>(w, from + lineB, column + partB * 8, k, n);
        var raw1 = TensorTiles.Fetch<TSource>(w, from + lineB + 16, column + partB * 8, k, n);
        tileB[placeB] = TensorTiles.Unpack<TSource>(w, book, from + lineB, column + partB * 8, n, raw0);
        tileB[placeB + 256] = TensorTiles.Unpack<TSource>(w, book, from + lineB + 16, column + partB * 8, n, raw1);
        int stage = 0, coming = 2;
        var turn = 0;
        for (var step = from; step < to; step += 32)
        {
            if (step + 32 < to)
            {
                raw0 = TensorTiles.Fetch<TSource>(w, step + 32 + lineB, column + partB * 8, k, n);
                raw1 = TensorTiles.Fetch<TSource>(w, step + 32 + lineB + 16, column + partB * 8, k, n);
            }
            TensorCores.WaitForEarlier();
            GpuIntrinsics.Barrier();
            if (step + 64 < to)
            {
                TensorTiles.Copy(a, tileA, coming * 512 + placeA, row + lineA, step + 64 + partA * 8, m, to, pitch);
                TensorTiles.Copy(a, tileA, coming * 512 + placeA + 256, row + lineA + 64, step + 64 + partA * 8, m, to, pitch);
            }
            TensorCores.EndBatch();
            int atA = stage * 512, atB = turn * 512;
            var a00 = TensorCores.Load(ref tileA[atA + readA0]);
            var a01 = TensorCores.Load(ref tileA[atA + readA0 + 64]);
            var a02 = TensorCores.Load(ref tileA[atA + readA0 + 128]);
            var a03 = TensorCores.Load(ref tileA[atA + readA0 + 192]);
            var b00 = TensorCores.LoadTurned(ref tileB[atB + readB0]);
            var b01 = TensorCores.LoadTurned(ref tileB[atB + readB1]);
            c00 = TensorCores.Multiply(c00, a00, b00.A, b00.B);
            c01 = TensorCores.Multiply(c01, a00, b00.C, b00.D);
            c02 = TensorCores.Multiply(c02, a00, b01.A, b01.B);
            c03 = TensorCores.Multiply(c03, a00, b01.C, b01.D);
            c10 = TensorCores.Multiply(c10, a01, b00.A, b00.B);
            c11 = TensorCores.Multiply(c11, a01, b00.C, b00.D);
            c12 = TensorCores.Multiply(c12, a01, b01.A, b01.B);
            c13 = TensorCores.Multiply(c13, a01, b01.C, b01.D);
            c20 = TensorCores.Multiply(c20, a02, b00.A, b00.B);
            c21 = TensorCores.Multiply(c21, a02, b00.C, b00.D);
            c22 = TensorCores.Multiply(c22, a02, b01.A, b01.B);
            c23 = TensorCores.Multiply(c23, a02, b01.C, b01.D);
            c30 = TensorCores.Multiply(c30, a03, b00.A, b00.B);
            c31 = TensorCores.Multiply(c31, a03, b00.C, b00.D);
            c32 = TensorCores.Multiply(c32, a03, b01.A, b01.B);
            c33 = TensorCores.Multiply(c33, a03, b01.C, b01.D);
            var a10 = TensorCores.Load(ref tileA[atA + readA1]);
            var a11 = TensorCores.Load(ref tileA[atA + readA1 + 64]);
            var a12 = TensorCores.Load(ref tileA[atA + readA1 + 128]);
            var a13 = TensorCores.Load(ref tileA[atA + readA1 + 192]);
            var b10 = TensorCores.LoadTurned(ref tileB[atB + readB0 + 256]);
            var b11 = TensorCores.LoadTurned(ref tileB[atB + readB1 + 256]);
            c00 = TensorCores.Multiply(c00, a10, b10.A, b10.B);
            c01 = TensorCores.Multiply(c01, a10, b10.C, b10.D);
            c02 = TensorCores.Multiply(c02, a10, b11.A, b11.B);
            c03 = TensorCores.Multiply(c03, a10, b11.C, b11.D);
            c10 = TensorCores.Multiply(c10, a11, b10.A, b10.B);
            c11 = TensorCores.Multiply(c11, a11, b10.C, b10.D);
            c12 = TensorCores.Multiply(c12, a11, b11.A, b11.B);
            c13 = TensorCores.Multiply(c13, a11, b11.C, b11.D);
            c20 = TensorCores.Multiply(c20, a12, b10.A, b10.B);
            c21 = TensorCores.Multiply(c21, a12, b10.C, b10.D);
            c22 = TensorCores.Multiply(c22, a12, b11.A, b11.B);
            c23 = TensorCores.Multiply(c23, a12, b11.C, b11.D);
            c30 = TensorCores.Multiply(c30, a13, b10.A, b10.B);
            c31 = TensorCores.Multiply(c31, a13, b10.C, b10.D);
            c32 = TensorCores.Multiply(c32, a13, b11.A, b11.B);
            c33 = TensorCores.Multiply(c33, a13, b11.C, b11.D);
            turn = 1 - turn;
            tileB[turn * 512 + placeB] = TensorTiles.Unpack<TSource>(w, book, step + 32 + lineB, column + partB * 8, n, raw0);
            tileB[turn * 512 + placeB + 256] = TensorTiles.Unpack<TSource>(w, book, step + 32 + lineB + 16, column + partB * 8, n, raw1);
            stage = stage == 2 ? 0 : stage + 1;
            coming = coming == 2 ? 0 : coming + 1;
        }
        var start = (long)split * m * n;
        row += warpRow + (lane >> 2);
        column += warpColumn + (lane & 3) * 2;
        TensorTiles.Put(y, start, row, column, m, n, add, c00.X, c00.Y);
        TensorTiles.Put(y, start, row + 8, column, m, n, add, c00.Z, c00.W);
        TensorTiles.Put(y, start, row, column + 8, m, n, add, c01.X, c01.Y);
        TensorTiles.Put(y, start, row + 8, column + 8, m, n, add, c01.Z, c01.W);
        TensorTiles.Put(y, start, row, column + 16, m, n, add, c02.X, c02.Y);
        TensorTiles.Put(y, start, row + 8, column + 16, m, n, add, c02.Z, c02.W);
        TensorTiles.Put(y, start, row, column + 24, m, n, add, c03.X, c03.Y);
        TensorTiles.Put(y, start, row + 8, column + 24, m, n, add, c03.Z, c03.W);
        TensorTiles.Put(y, start, row + 16, column, m, n, add, c10.X, c10.Y);
        TensorTiles.Put(y, start, row + 24, column, m, n, add, c10.Z, c10.W);
        TensorTiles.Put(y, start, row + 16, column + 8, m, n, add, c11.X, c11.Y);
        TensorTiles.Put(y, start, row + 24, column + 8, m, n, add, c11.Z, c11.W);
        TensorTiles.Put(y, start, row + 16, column + 16, m, n, add, c12.X, c12.Y);
        TensorTiles.Put(y, start, row + 24, column + 16, m, n, add, c12.Z, c12.W);
        TensorTiles.Put(y, start, row + 16, column + 24, m, n, add, c13.X, c13.Y);
        TensorTiles.Put(y, start, row + 24, column + 24, m, n, add, c13.Z, c13.W);
        TensorTiles.Put(y, start, row + 32, column, m, n, add, c20.X, c20.Y);
        TensorTiles.Put(y, start, row + 40, column, m, n, add, c20.Z, c20.W);
        TensorTiles.Put(y, start, row + 32, column + 8, m, n, add, c21.X, c21.Y);
        TensorTiles.Put(y, start, row + 40, column + 8, m, n, add, c21.Z, c21.W);
        TensorTiles.Put(y, start, row + 32, column + 16, m, n, add, c22.X, c22.Y);
        TensorTiles.Put(y, start, row + 40, column + 16, m, n, add, c22.Z, c22.W);
        TensorTiles.Put(y, start, row + 32, column + 24, m, n, add, c23.X, c23.Y);
        TensorTiles.Put(y, start, row + 40, column + 24, m, n, add, c23.Z, c23.W);
        TensorTiles.Put(y, start, row + 48, column, m, n, add, c30.X, c30.Y);
        TensorTiles.Put(y, start, row + 56, column, m, n, add, c30.Z, c30.W);
        TensorTiles.Put(y, start, row + 48, column + 8, m, n, add, c31.X, c31.Y);
        TensorTiles.Put(y, start, row + 56, column + 8, m, n, add, c31.Z, c31.W);
        TensorTiles.Put(y, start, row + 48, column + 16, m, n, add, c32.X, c32.Y);
        TensorTiles.Put(y, start, row + 56, column + 16, m, n, add, c32.Z, c32.W);
        TensorTiles.Put(y, start, row + 48, column + 24, m, n, add, c33.X, c33.Y);
        TensorTiles.Put(y, start, row + 56, column + 24, m, n, add, c33.Z, c33.W);
    }

    /// <summary>Tiles of 128 x 128, 32 of k at a time; 64 x 32 a warp; 3 stages of A, 3 of B.</summary>
    internal static void LargeColumnsKernel(ArrayView<Eight> a, ArrayView<Eight> b, ArrayView<float> y, int m, int n, int k, int add, int share)
    {
        var tileA = SharedMemory.Allocate<Eight>(1536);
        var tileB = SharedMemory.Allocate<Eight>(1536);
        int pitchA = TensorTiles.Pitch(m), pitchB = TensorTiles.Pitch(n);
        int down = (m + 127) / 128, right = (n + 127) / 128;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 128, column = tile / down * 128;
        int from = split * share, to = from + share < k ? from + share : k;
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;
        int warpRow = warp % 2 * 64, warpColumn = warp / 2 * 32;
        int lineA = thread / 16, partA = thread % 16, placeA = lineA * 16 + (partA ^ (lineA & 7));
        int lineB = thread / 16, partB = thread % 16, placeB = lineB * 16 + (partB ^ (lineB & 7));
        int startA = ((lane & 7) + (lane >> 4) * 8) * 16, eightA = (warpRow >> 3) + ((lane >> 3) & 1);
        int readA0 = startA + ((eightA) ^ (lane & 7)), readA1 = startA + ((eightA + 2) ^ (lane & 7)), readA2 = startA + ((eightA + 4) ^ (lane & 7)), readA3 = startA + ((eightA + 6) ^ (lane & 7));
        int readB0 = (lane & 15) * 16 + (((warpColumn >> 3) + (lane >> 4)) ^ (lane & 7)), readB1 = (lane & 15) * 16 + (((warpColumn >> 3) + (lane >> 4) + 2) ^ (lane & 7));
        Float4 c00 = default, c01 = default, c02 = default, c03 = default;
        Float4 c10 = default, c11 = default, c12 = default, c13 = default;
        Float4 c20 = default, c21 = default, c22 = default, c23 = default;
        Float4 c30 = default, c31 = default, c32 = default, c33 = default;
        TensorTiles.Copy(a, tileA, placeA, from + lineA, row + partA * 8, to, m, pitchA);
        TensorTiles.Copy(a, tileA, placeA + 256, from + lineA + 16, row + partA * 8, to, m, pitchA);
        TensorTiles.Copy(b, tileB, placeB, from + lineB, column + partB * 8, to, n, pitchB);
        TensorTiles.Copy(b, tileB, placeB + 256, from + lineB + 16, column + partB * 8, to, n, pitchB);
        TensorCores.EndBatch();
        if (from + 32 < to)
        {
            TensorTiles.Copy(a, tileA, 512 + placeA, from + 32 + lineA, row + partA * 8, to, m, pitchA);
            TensorTiles.Copy(a, tileA, 512 + placeA + 256, from + 32 + lineA + 16, row + partA * 8, to, m, pitchA);
            TensorTiles.Copy(b, tileB, 512 + placeB, from + 32 + lineB, column + partB * 8, to, n, pitchB);
            TensorTiles.Copy(b, tileB, 512 + placeB + 256, from + 32 + lineB + 16, column + partB * 8, to, n, pitchB);
        }
        TensorCores.EndBatch();
        int stage = 0, coming = 2;
        for (var step = from; step < to; step += 32)
        {
            TensorCores.WaitForEarlier();
            GpuIntrinsics.Barrier();
            if (step + 64 < to)
            {
                TensorTiles.Copy(a, tileA, coming * 512 + placeA, step + 64 + lineA, row + partA * 8, to, m, pitchA);
                TensorTiles.Copy(a, tileA, coming * 512 + placeA + 256, step + 64 + lineA + 16, row + partA * 8, to, m, pitchA);
                TensorTiles.Copy(b, tileB, coming * 512 + placeB, step + 64 + lineB, column + partB * 8, to, n, pitchB);
                TensorTiles.Copy(b, tileB, coming * 512 + placeB + 256, step + 64 + lineB + 16, column + partB * 8, to, n, pitchB);
            }
            TensorCores.EndBatch();
            int atA = stage * 512, atB = stage * 512;
            var a00 = TensorCores.LoadTurned(ref tileA[atA + readA0]);
            var a01 = TensorCores.LoadTurned(ref tileA[atA + readA1]);
            var a02 = TensorCores.LoadTurned(ref tileA[atA + readA2]);
            var a03 = TensorCores.LoadTurned(ref tileA[atA + readA3]);
            var b00 = TensorCores.LoadTurned(ref tileB[atB + readB0]);
            var b01 = TensorCores.LoadTurned(ref tileB[atB + readB1]);
            c00 = TensorCores.Multiply(c00, a00, b00.A, b00.B);
            c01 = TensorCores.Multiply(c01, a00, b00.C, b00.D);
            c02 = TensorCores.Multiply(c02, a00, b01.A, b01.B);
            c03 = TensorCores.Multiply(c03, a00, b01.C, b01.D);
            c10 = TensorCores.Multiply(c10, a01, b00.A, b00.B);
            c11 = TensorCores.Multiply(c11, a01, b00.C, b00.D);
            c12 = TensorCores.Multiply(c12, a01, b01.A, b01.B);
            c13 = TensorCores.Multiply(c13, a01, b01.C, b01.D);
            c20 = TensorCores.Multiply(c20, a02, b00.A, b00.B);
            c21 = TensorCores.Multiply(c21, a02, b00.C, b00.D);
            c22 = TensorCores.Multiply(c22, a02, b01.A, b01.B);
            c23 = TensorCores.Multiply(c23, a02, b01.C, b01.D);
            c30 = TensorCores.Multiply(c30, a03, b00.A, b00.B);
            c31 = TensorCores.Multiply(c31, a03, b00.C, b00.D);
            c32 = TensorCores.Multiply(c32, a03, b01.A, b01.B);
            c33 = TensorCores.Multiply(c33, a03, b01.C, b01.D);
            var a10 = TensorCores.LoadTurned(ref tileA[atA + readA0 + 256]);
            var a11 = TensorCores.LoadTurned(ref tileA[atA + readA1 + 256]);
            var a12 = TensorCores.LoadTurned(ref tileA[atA + readA2 + 256]);
            var a13 = TensorCores.LoadTurned(ref tileA[atA + readA3 + 256]);
            var b10 = TensorCores.LoadTurned(ref tileB[atB + readB0 + 256]);
            var b11 = TensorCores.LoadTurned(ref tileB[atB + readB1 + 256]);
            c00 = TensorCores.Multiply(c00, a10, b10.A, b10.B);
            c01 = TensorCores.Multiply(c01, a10, b10.C, b10.D);
            c02 = TensorCores.Multiply(c02, a10, b11.A, b11.B);
            c03 = TensorCores.Multiply(c03, a10, b11.C, b11.D);
            c10 = TensorCores.Multiply(c10, a11, b10.A, b10.B);
            c11 = TensorCores.Multiply(c11, a11, b10.C, b10.D);
            c12 = TensorCores.Multiply(c12, a11, b11.A, b11.B);
            c13 = TensorCores.Multiply(c13, a11, b11.C, b11.D);
            c20 = TensorCores.Multiply(c20, a12, b10.A, b10.B);
            c21 = TensorCores.Multiply(c21, a12, b10.C, b10.D);
            c22 = TensorCores.Multiply(c22, a12, b11.A, b11.B);
            c23 = TensorCores.Multiply(c23, a12, b11.C, b11.D);
            c30 = TensorCores.Multiply(c30, a13, b10.A, b10.B);
            c31 = TensorCores.Multiply(c31, a13, b10.C, b10.D);
            c32 = TensorCores.Multiply(c32, a13, b11.A, b11.B);
            c33 = TensorCores.Multiply(c33, a13, b11.C, b11.D);
            stage = stage == 2 ? 0 : stage + 1;
            coming = coming == 2 ? 0 : coming + 1;
        }
        var start = (long)split * m * n;
        row += warpRow + (lane >> 2);
        column += warpColumn + (lane & 3) * 2;
        TensorTiles.Put(y, start, row, column, m, n, add, c00.X, c00.Y);
        TensorTiles.Put(y, start, row + 8, column, m, n, add, c00.Z, c00.W);
        TensorTiles.Put(y, start, row, column + 8, m, n, add, c01.X, c01.Y);
        TensorTiles.Put(y, start, row + 8, column + 8, m, n, add, c01.Z, c01.W);
        TensorTiles.Put(y, start, row, column + 16, m, n, add, c02.X, c02.Y);
        TensorTiles.Put(y, start, row + 8, column + 16, m, n, add, c02.Z, c02.W);
        TensorTiles.Put(y, start, row, column + 24, m, n, add, c03.X, c03.Y);
        TensorTiles.Put(y, start, row + 8, column + 24, m, n, add, c03.Z, c03.W);
        TensorTiles.Put(y, start, row + 16, column, m, n, add, c10.X, c10.Y);
        TensorTiles.Put(y, start, row + 24, column, m, n, add, c10.Z, c10.W);
        TensorTiles.Put(y, start, row + 16, column + 8, m, n, add, c11.X, c11.Y);
        TensorTiles.Put(y, start, row + 24, column + 8, m, n, add, c11.Z, c11.W);
        TensorTiles.Put(y, start, row + 16, column + 16, m, n, add, c12.X, c12.Y);
        TensorTiles.Put(y, start, row + 24, column + 16, m, n, add, c12.Z, c12.W);
        TensorTiles.Put(y, start, row + 16, column + 24, m, n, add, c13.X, c13.Y);
        TensorTiles.Put(y, start, row + 24, column + 24, m, n, add, c13.Z, c13.W);
        TensorTiles.Put(y, start, row + 32, column, m, n, add, c20.X, c20.Y);
        TensorTiles.Put(y, start, row + 40, column, m, n, add, c20.Z, c20.W);
        TensorTiles.Put(y, start, row + 32, column + 8, m, n, add, c21.X, c21.Y);
        TensorTiles.Put(y, start, row + 40, column + 8, m, n, add, c21.Z, c21.W);
        TensorTiles.Put(y, start, row + 32, column + 16, m, n, add, c22.X, c22.Y);
        TensorTiles.Put(y, start, row + 40, column + 16, m, n, add, c22.Z, c22.W);
        TensorTiles.Put(y, start, row + 32, column + 24, m, n, add, c23.X, c23.Y);
        TensorTiles.Put(y, start, row + 40, column + 24, m, n, add, c23.Z, c23.W);
        TensorTiles.Put(y, start, row + 48, column, m, n, add, c30.X, c30.Y);
        TensorTiles.Put(y, start, row + 56, column, m, n, add, c30.Z, c30.W);
        TensorTiles.Put(y, start, row + 48, column + 8, m, n, add, c31.X, c31.Y);
        TensorTiles.Put(y, start, row + 56, column + 8, m, n, add, c31.Z, c31.W);
        TensorTiles.Put(y, start, row + 48, column + 16, m, n, add, c32.X, c32.Y);
        TensorTiles.Put(y, start, row + 56, column + 16, m, n, add, c32.Z, c32.W);
        TensorTiles.Put(y, start, row + 48, column + 24, m, n, add, c33.X, c33.Y);
        TensorTiles.Put(y, start, row + 56, column + 24, m, n, add, c33.Z, c33.W);
    }

    public const int SmallM = 64, SmallN = 64;

    /// <summary>Tiles of 64 x 64, 32 of k at a time; 32 x 16 a warp; 3 stages of A, 3 of B.</summary>
    internal static void SmallTurnedCopiedKernel(ArrayView<Eight> a, WeightView w, ArrayView<float> y, int m, int n, int k, int pitch, int add, int share)
    {
        var tileA = SharedMemory.Allocate<Eight>(768);
        var tileB = SharedMemory.Allocate<Eight>(768);
        var b = w.Words.Cast<Eight>();
        int down = (m + 63) / 64, right = (n + 63) / 64;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 64, column = tile / down * 64;
        int from = split * share, to = from + share < k ? from + share : k;
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;
        int warpRow = warp % 2 * 32, warpColumn = warp / 2 * 16;
        int lineA = thread / 4, partA = thread % 4, placeA = lineA * 4 + (partA ^ ((lineA >> 1) & 3));
        int lineB = thread / 4, partB = thread % 4, placeB = lineB * 4 + (partB ^ ((lineB >> 1) & 3));
        int rowA = warpRow + (lane & 15), swizzleA = (rowA >> 1) & 3;
        int readA0 = rowA * 4 + ((0 + (lane >> 4)) ^ swizzleA), readA1 = rowA * 4 + ((2 + (lane >> 4)) ^ swizzleA);
        int rowB = warpColumn + (lane & 7) + (lane >> 4) * 8, swizzleB = (rowB >> 1) & 3;
        int readB0 = rowB * 4 + ((0 + ((lane >> 3) & 1)) ^ swizzleB), readB1 = rowB * 4 + ((2 + ((lane >> 3) & 1)) ^ swizzleB);
        Float4 c00 = default, c01 = default;
        Float4 c10 = default, c11 = default;
        TensorTiles.Copy(a, tileA, placeA, row + lineA, from + partA * 8, m, to, pitch);
        TensorTiles.Copy(b, tileB, placeB, column + lineB, from + partB * 8, n, to, k >> 3);
        TensorCores.EndBatch();
        if (from + 32 < to)
        {
            TensorTiles.Copy(a, tileA, 256 + placeA, row + lineA, from + 32 + partA * 8, m, to, pitch);
            TensorTiles.Copy(b, tileB, 256 + placeB, column + lineB, from + 32 + partB * 8, n, to, k >> 3);
        }
        TensorCores.EndBatch();
        int stage = 0, coming = 2;
        for (var step = from; step < to; step += 32)
        {
            TensorCores.WaitForEarlier();
            GpuIntrinsics.Barrier();
            if (step + 64 < to)
            {
                TensorTiles.Copy(a, tileA, coming * 256 + placeA, row + lineA, step + 64 + partA * 8, m, to, pitch);
                TensorTiles.Copy(b, tileB, coming * 256 + placeB, column + lineB, step + 64 + partB * 8, n, to, k >> 3);
            }
            TensorCores.EndBatch();
            int atA = stage * 256, atB = stage * 256;
            var a00 = TensorCores.Load(ref tileA[atA + readA0]);
            var a01 = TensorCores.Load(ref tileA[atA + readA0 + 64]);
            var b00 = TensorCores.Load(ref tileB[atB + readB0]);
            c00 = TensorCores.Multiply(c00, a00, b00.A, b00.B);
            c01 = TensorCores.Multiply(c01, a00, b00.C, b00.D);
            c10 = TensorCores.Multiply(c10, a01, b00.A, b00.B);
            c11 = TensorCores.Multiply(c11, a01, b00.C, b00.D);
            var a10 = TensorCores.Load(ref tileA[atA + readA1]);
            var a11 = TensorCores.Load(ref tileA[atA + readA1 + 64]);
            var b10 = TensorCores.Load(ref tileB[atB + readB1]);
            c00 = TensorCores.Multiply(c00, a10, b10.A, b10.B);
            c01 = TensorCores.Multiply(c01, a10, b10.C, b10.D);
            c10 = TensorCores.Multiply(c10, a11, b10.A, b10.B);
            c11 = TensorCores.Multiply(c11, a11, b10.C, b10.D);
            stage = stage == 2 ? 0 : stage + 1;
            coming = coming == 2 ? 0 : coming + 1;
        }
        var start = (long)split * m * n;
        row += warpRow + (lane >> 2);
        column += warpColumn + (lane & 3) * 2;
        TensorTiles.Put(y, start, row, column, m, n, add, c00.X, c00.Y);
        TensorTiles.Put(y, start, row + 8, column, m, n, add, c00.Z, c00.W);
        TensorTiles.Put(y, start, row, column + 8, m, n, add, c01.X, c01.Y);
        TensorTiles.Put(y, start, row + 8, column + 8, m, n, add, c01.Z, c01.W);
        TensorTiles.Put(y, start, row + 16, column, m, n, add, c10.X, c10.Y);
        TensorTiles.Put(y, start, row + 24, column, m, n, add, c10.Z, c10.W);
        TensorTiles.Put(y, start, row + 16, column + 8, m, n, add, c11.X, c11.Y);
        TensorTiles.Put(y, start, row + 24, column + 8, m, n, add, c11.Z, c11.W);
    }

    /// <summary>Tiles of 64 x 64, 32 of k at a time; 32 x 16 a warp; 3 stages of A, 2 of B.</summary>
    internal static void SmallTurnedKernel<TSource>(ArrayView<Eight> a, WeightView w, ArrayView<float> y, int m, int n, int k, int pitch, int add, int share)
        where TSource : struct, ITensorSource
    {
        var tileA = SharedMemory.Allocate<Eight>(768);
        var tileB = SharedMemory.Allocate<Eight>(512);
        var book = SharedMemory.Allocate<float>(16);
        int down = (m + 63) / 64, right = (n + 63) / 64;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 64, column = tile / down * 64;
        int from = split * share, to = from + share < k ? from + share : k;
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;
        int warpRow = warp % 2 * 32, warpColumn = warp / 2 * 16;
        int lineA = thread / 4, partA = thread % 4, placeA = lineA * 4 + (partA ^ ((lineA >> 1) & 3));
        int lineB = thread / 4, partB = thread % 4, placeB = lineB * 4 + (partB ^ ((lineB >> 1) & 3));
        int rowA = warpRow + (lane & 15), swizzleA = (rowA >> 1) & 3;
        int readA0 = rowA * 4 + ((0 + (lane >> 4)) ^ swizzleA), readA1 = rowA * 4 + ((2 + (lane >> 4)) ^ swizzleA);
        int rowB = warpColumn + (lane & 7) + (lane >> 4) * 8, swizzleB = (rowB >> 1) & 3;
        int readB0 = rowB * 4 + ((0 + ((lane >> 3) & 1)) ^ swizzleB), readB1 = rowB * 4 + ((2 + ((lane >> 3) & 1)) ^ swizzleB);
        Float4 c00 = default, c01 = default;
        Float4 c10 = default, c11 = default;
        TensorTiles.Copy(a, tileA, placeA, row + lineA, from + partA * 8, m, to, pitch);
        TensorCores.EndBatch();
        if (from + 32 < to)
        {
            TensorTiles.Copy(a, tileA, 256 + placeA, row + lineA, from + 32 + partA * 8, m, to, pitch);
        }
        TensorCores.EndBatch();
        default(TSource).Prepare(w, book);
        var raw0 = TensorTiles.Fetch<TSource>(w, column + lineB, from + partB * 8, n, k);
        tileB[placeB] = TensorTiles.Unpack<TSource>(w, book, column + lineB, from + partB * 8, k, raw0);
        int stage = 0, coming = 2;
        var turn = 0;
        for (var step = from; step < to; step += 32)
        {
            if (step + 32 < to)
            {
                raw0 = TensorTiles.Fetch<TSource>(w, column + lineB, step + 32 + partB * 8, n, k);
            }
            TensorCores.WaitForEarlier();
            GpuIntrinsics.Barrier();
            if (step + 64 < to)
            {
                TensorTiles.Copy(a, tileA, coming * 256 + placeA, row + lineA, step + 64 + partA * 8, m, to, pitch);
            }
            TensorCores.EndBatch();
            int atA = stage * 256, atB = turn * 256;
            var a00 = TensorCores.Load(ref tileA[atA + readA0]);
            var a01 = TensorCores.Load(ref tileA[atA + readA0 + 64]);
            var b00 = TensorCores.Load(ref tileB[atB + readB0]);
            c00 = TensorCores.Multiply(c00, a00, b00.A, b00.B);
            c01 = TensorCores.Multiply(c01, a00, b00.C, b00.D);
            c10 = TensorCores.Multiply(c10, a01, b00.A, b00.B);
            c11 = TensorCores.Multiply(c11, a01, b00.C, b00.D);
            var a10 = TensorCores.Load(ref tileA[atA + readA1]);
            var a11 = TensorCores.Load(ref tileA[atA + readA1 + 64]);
            var b10 = TensorCores.Load(ref tileB[atB + readB1]);
            c00 = TensorCores.Multiply(c00, a10, b10.A, b10.B);
            c01 = TensorCores.Multiply(c01, a10, b10.C, b10.D);
            c10 = TensorCores.Multiply(c10, a11, b10.A, b10.B);
            c11 = TensorCores.Multiply(c11, a11, b10.C, b10.D);
            turn = 1 - turn;
            tileB[turn * 256 + placeB] = TensorTiles.Unpack<TSource>(w, book, column + lineB, step + 32 + partB * 8, k, raw0);
            stage = stage == 2 ? 0 : stage + 1;
            coming = coming == 2 ? 0 : coming + 1;
        }
        var start = (long)split * m * n;
        row += warpRow + (lane >> 2);
        column += warpColumn + (lane & 3) * 2;
        TensorTiles.Put(y, start, row, column, m, n, add, c00.X, c00.Y);
        TensorTiles.Put(y, start, row + 8, column, m, n, add, c00.Z, c00.W);
        TensorTiles.Put(y, start, row, column + 8, m, n, add, c01.X, c01.Y);
        TensorTiles.Put(y, start, row + 8, column + 8, m, n, add, c01.Z, c01.W);
        TensorTiles.Put(y, start, row + 16, column, m, n, add, c10.X, c10.Y);
        TensorTiles.Put(y, start, row + 24, column, m, n, add, c10.Z, c10.W);
        TensorTiles.Put(y, start, row + 16, column + 8, m, n, add, c11.X, c11.Y);
        TensorTiles.Put(y, start, row + 24, column + 8, m, n, add, c11.Z, c11.W);
    }

    /// <summary>Tiles of 64 x 64, 32 of k at a time; 32 x 16 a warp; 3 stages of A, 3 of B.</summary>
    internal static void SmallRowsCopiedKernel(ArrayView<Eight> a, WeightView w, ArrayView<float> y, int m, int n, int k, int pitch, int add, int share)
    {
        var tileA = SharedMemory.Allocate<Eight>(768);
        var tileB = SharedMemory.Allocate<Eight>(768);
        var b = w.Words.Cast<Eight>();
        int down = (m + 63) / 64, right = (n + 63) / 64;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 64, column = tile / down * 64;
        int from = split * share, to = from + share < k ? from + share : k;
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;
        int warpRow = warp % 2 * 32, warpColumn = warp / 2 * 16;
        int lineA = thread / 4, partA = thread % 4, placeA = lineA * 4 + (partA ^ ((lineA >> 1) & 3));
        int lineB = thread / 8, partB = thread % 8, placeB = lineB * 8 + (partB ^ (lineB & 7));
        int rowA = warpRow + (lane & 15), swizzleA = (rowA >> 1) & 3;
        int readA0 = rowA * 4 + ((0 + (lane >> 4)) ^ swizzleA), readA1 = rowA * 4 + ((2 + (lane >> 4)) ^ swizzleA);
        int readB0 = (lane & 15) * 8 + (((warpColumn >> 3) + (lane >> 4)) ^ (lane & 7));
        Float4 c00 = default, c01 = default;
        Float4 c10 = default, c11 = default;
        TensorTiles.Copy(a, tileA, placeA, row + lineA, from + partA * 8, m, to, pitch);
        TensorTiles.Copy(b, tileB, placeB, from + lineB, column + partB * 8, to, n, n >> 3);
        TensorCores.EndBatch();
        if (from + 32 < to)
        {
            TensorTiles.Copy(a, tileA, 256 + placeA, row + lineA, from + 32 + partA * 8, m, to, pitch);
            TensorTiles.Copy(b, tileB, 256 + placeB, from + 32 + lineB, column + partB * 8, to, n, n >> 3);
        }
        TensorCores.EndBatch();
        int stage = 0, coming = 2;
        for (var step = from; step < to; step += 32)
        {
            TensorCores.WaitForEarlier();
            GpuIntrinsics.Barrier();
            if (step + 64 < to)
            {
                TensorTiles.Copy(a, tileA, coming * 256 + placeA, row + lineA, step + 64 + partA * 8, m, to, pitch);
                TensorTiles.Copy(b, tileB, coming * 256 + placeB, step + 64 + lineB, column + partB * 8, to, n, n >> 3);
            }
            TensorCores.EndBatch();
            int atA = stage * 256, atB = stage * 256;
            var a00 = TensorCores.Load(ref tileA[atA + readA0]);
            var a01 = TensorCores.Load(ref tileA[atA + readA0 + 64]);
            var b00 = TensorCores.LoadTurned(ref tileB[atB + readB0]);
            c00 = TensorCores.Multiply(c00, a00, b00.A, b00.B);
            c01 = TensorCores.Multiply(c01, a00, b00.C, b00.D);
            c10 = TensorCores.Multiply(c10, a01, b00.A, b00.B);
            c11 = TensorCores.Multiply(c11, a01, b00.C, b00.D);
            var a10 = TensorCores.Load(ref tileA[atA + readA1]);
            var a11 = TensorCores.Load(ref tileA[atA + readA1 + 64]);
            var b10 = TensorCores.LoadTurned(ref tileB[atB + readB0 + 128]);
            c00 = TensorCores.Multiply(c00, a10, b10.A, b10.B);
            c01 = TensorCores.Multiply(c01, a10, b10.C, b10.D);
            c10 = TensorCores.Multiply(c10, a11, b10.A, b10.B);
            c11 = TensorCores.Multiply(c11, a11, b10.C, b10.D);
            stage = stage == 2 ? 0 : stage + 1;
            coming = coming == 2 ? 0 : coming + 1;
        }
        var start = (long)split * m * n;
        row += warpRow + (lane >> 2);
        column += warpColumn + (lane & 3) * 2;
        TensorTiles.Put(y, start, row, column, m, n, add, c00.X, c00.Y);
        TensorTiles.Put(y, start, row + 8, column, m, n, add, c00.Z, c00.W);
        TensorTiles.Put(y, start, row, column + 8, m, n, add, c01.X, c01.Y);
        TensorTiles.Put(y, start, row + 8, column + 8, m, n, add, c01.Z, c01.W);
        TensorTiles.Put(y, start, row + 16, column, m, n, add, c10.X, c10.Y);
        TensorTiles.Put(y, start, row + 24, column, m, n, add, c10.Z, c10.W);
        TensorTiles.Put(y, start, row + 16, column + 8, m, n, add, c11.X, c11.Y);
        TensorTiles.Put(y, start, row + 24, column + 8, m, n, add, c11.Z, c11.W);
    }

    /// <summary>Tiles of 64 x 64, 32 of k at a time; 32 x 16 a warp; 3 stages of A, 2 of B.</summary>
    internal static void SmallRowsKernel<TSource>(ArrayView<Eight> a, WeightView w, ArrayView<float> y, int m, int n, int k, int pitch, int add, int share)
        where TSource : struct, ITensorSource
    {
        var tileA = SharedMemory.Allocate<Eight>(768);
        var tileB = SharedMemory.Allocate<Eight>(512);
        var book = SharedMemory.Allocate<float>(16);
        int down = (m + 63) / 64, right = (n + 63) / 64;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 64, column = tile / down * 64;
        int from = split * share, to = from + share < k ? from + share : k;
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;
        int warpRow = warp % 2 * 32, warpColumn = warp / 2 * 16;
        int lineA = thread / 4, partA = thread % 4, placeA = lineA * 4 + (partA ^ ((lineA >> 1) & 3));
        int lineB = thread / 8, partB = thread % 8, placeB = lineB * 8 + (partB ^ (lineB & 7));
        int rowA = warpRow + (lane & 15), swizzleA = (rowA >> 1) & 3;
        int readA0 = rowA * 4 + ((0 + (lane >> 4)) ^ swizzleA), readA1 = rowA * 4 + ((2 + (lane >> 4)) ^ swizzleA);
        int readB0 = (lane & 15) * 8 + (((warpColumn >> 3) + (lane >> 4)) ^ (lane & 7));
        Float4 c00 = default, c01 = default;
        Float4 c10 = default, c11 = default;
        TensorTiles.Copy(a, tileA, placeA, row + lineA, from + partA * 8, m, to, pitch);
        TensorCores.EndBatch();
        if (from + 32 < to)
        {
            TensorTiles.Copy(a, tileA, 256 + placeA, row + lineA, from + 32 + partA * 8, m, to, pitch);
        }
        TensorCores.EndBatch();
        default(TSource).Prepare(w, book);
        var raw0 = TensorTiles.Fetch<TSource>(w, from + lineB, column + partB * 8, k, n);
        tileB[placeB] = TensorTiles.Unpack<TSource>(w, book, from + lineB, column + partB * 8, n, raw0);
        int stage = 0, coming = 2;
        var turn = 0;
        for (var step = from; step < to; step += 32)
        {
            if (step + 32 < to)
            {
                raw0 = TensorTiles.Fetch<TSource>(w, step + 32 + lineB, column + partB * 8, k, n);
            }
            TensorCores.WaitForEarlier();
            GpuIntrinsics.Barrier();
            if (step + 64 < to)
            {
                TensorTiles.Copy(a, tileA, coming * 256 + placeA, row + lineA, step + 64 + partA * 8, m, to, pitch);
            }
            TensorCores.EndBatch();
            int atA = stage * 256, atB = turn * 256;
            var a00 = TensorCores.Load(ref tileA[atA + readA0]);
            var a01 = TensorCores.Load(ref tileA[atA + readA0 + 64]);
            var b00 = TensorCores.LoadTurned(ref tileB[atB + readB0]);
            c00 = TensorCores.Multiply(c00, a00, b00.A, b00.B);
            c01 = TensorCores.Multiply(c01, a00, b00.C, b00.D);
            c10 = TensorCores.Multiply(c10, a01, b00.A, b00.B);
            c11 = TensorCores.Multiply(c11, a01, b00.C, b00.D);
            var a10 = TensorCores.Load(ref tileA[atA + readA1]);
            var a11 = TensorCores.Load(ref tileA[atA + readA1 + 64]);
            var b10 = TensorCores.LoadTurned(ref tileB[atB + readB0 + 128]);
            c00 = TensorCores.Multiply(c00, a10, b10.A, b10.B);
            c01 = TensorCores.Multiply(c01, a10, b10.C, b10.D);
            c10 = TensorCores.Multiply(c10, a11, b10.A, b10.B);
            c11 = TensorCores.Multiply(c11, a11, b10.C, b10.D);
            turn = 1 - turn;
            tileB[turn * 256 + placeB] = TensorTiles.Unpack<TSource>(w, book, step + 32 + lineB, column + partB * 8, n, raw0);
            stage = stage == 2 ? 0 : stage + 1;
            coming = coming == 2 ? 0 : coming + 1;
        }
        var start = (long)split * m * n;
        row += warpRow + (lane >> 2);
        column += warpColumn + (lane & 3) * 2;
        TensorTiles.Put(y, start, row, column, m, n, add, c00.X, c00.Y);
        TensorTiles.Put(y, start, row + 8, column, m, n, add, c00.Z, c00.W);
        TensorTiles.Put(y, start, row, column + 8, m, n, add, c01.X, c01.Y);
        TensorTiles.Put(y, start, row + 8, column + 8, m, n, add, c01.Z, c01.W);
        TensorTiles.Put(y, start, row + 16, column, m, n, add, c10.X, c10.Y);
        TensorTiles.Put(y, start, row + 24, column, m, n, add, c10.Z, c10.W);
        TensorTiles.Put(y, start, row + 16, column + 8, m, n, add, c11.X, c11.Y);
        TensorTiles.Put(y, start, row + 24, column + 8, m, n, add, c11.Z, c11.W);
    }

    /// <summary>Tiles of 64 x 64, 32 of k at a time; 32 x 16 a warp; 3 stages of A, 3 of B.</summary>
    internal static void SmallColumnsKernel(ArrayView<Eight> a, ArrayView<Eight> b, ArrayView<float> y, int m, int n, int k, int add, int share)
    {
        var tileA = SharedMemory.Allocate<Eight>(768);
        var tileB = SharedMemory.Allocate<Eight>(768);
        int pitchA = TensorTiles.Pitch(m), pitchB = TensorTiles.Pitch(n);
        int down = (m + 63) / 64, right = (n + 63) / 64;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 64, column = tile / down * 64;
        int from = split * share, to = from + share < k ? from + share : k;
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5;
        int warpRow = warp % 2 * 32, warpColumn = warp / 2 * 16;
        int lineA = thread / 8, partA = thread % 8, placeA = lineA * 8 + (partA ^ (lineA & 7));
        int lineB = thread / 8, partB = thread % 8, placeB = lineB * 8 + (partB ^ (lineB & 7));
        int startA = ((lane & 7) + (lane >> 4) * 8) * 8, eightA = (warpRow >> 3) + ((lane >> 3) & 1);
        int readA0 = startA + ((eightA) ^ (lane & 7)), readA1 = startA + ((eightA + 2) ^ (lane & 7));
        int readB0 = (lane & 15) * 8 + (((warpColumn >> 3) + (lane >> 4)) ^ (lane & 7));
        Float4 c00 = default, c01 = default;
        Float4 c10 = default, c11 = default;
        TensorTiles.Copy(a, tileA, placeA, from + lineA, row + partA * 8, to, m, pitchA);
        TensorTiles.Copy(b, tileB, placeB, from + lineB, column + partB * 8, to, n, pitchB);
        TensorCores.EndBatch();
        if (from + 32 < to)
        {
            TensorTiles.Copy(a, tileA, 256 + placeA, from + 32 + lineA, row + partA * 8, to, m, pitchA);
            TensorTiles.Copy(b, tileB, 256 + placeB, from + 32 + lineB, column + partB * 8, to, n, pitchB);
        }
        TensorCores.EndBatch();
        int stage = 0, coming = 2;
        for (var step = from; step < to; step += 32)
        {
            TensorCores.WaitForEarlier();
            GpuIntrinsics.Barrier();
            if (step + 64 < to)
            {
                TensorTiles.Copy(a, tileA, coming * 256 + placeA, step + 64 + lineA, row + partA * 8, to, m, pitchA);
                TensorTiles.Copy(b, tileB, coming * 256 + placeB, step + 64 + lineB, column + partB * 8, to, n, pitchB);
            }
            TensorCores.EndBatch();
            int atA = stage * 256, atB = stage * 256;
            var a00 = TensorCores.LoadTurned(ref tileA[atA + readA0]);
            var a01 = TensorCores.LoadTurned(ref tileA[atA + readA1]);
            var b00 = TensorCores.LoadTurned(ref tileB[atB + readB0]);
            c00 = TensorCores.Multiply(c00, a00, b00.A, b00.B);
            c01 = TensorCores.Multiply(c01, a00, b00.C, b00.D);
            c10 = TensorCores.Multiply(c10, a01, b00.A, b00.B);
            c11 = TensorCores.Multiply(c11, a01, b00.C, b00.D);
            var a10 = TensorCores.LoadTurned(ref tileA[atA + readA0 + 128]);
            var a11 = TensorCores.LoadTurned(ref tileA[atA + readA1 + 128]);
            var b10 = TensorCores.LoadTurned(ref tileB[atB + readB0 + 128]);
            c00 = TensorCores.Multiply(c00, a10, b10.A, b10.B);
            c01 = TensorCores.Multiply(c01, a10, b10.C, b10.D);
            c10 = TensorCores.Multiply(c10, a11, b10.A, b10.B);
            c11 = TensorCores.Multiply(c11, a11, b10.C, b10.D);
            stage = stage == 2 ? 0 : stage + 1;
            coming = coming == 2 ? 0 : coming + 1;
        }
        var start = (long)split * m * n;
        row += warpRow + (lane >> 2);
        column += warpColumn + (lane & 3) * 2;
        TensorTiles.Put(y, start, row, column, m, n, add, c00.X, c00.Y);
        TensorTiles.Put(y, start, row + 8, column, m, n, add, c00.Z, c00.W);
        TensorTiles.Put(y, start, row, column + 8, m, n, add, c01.X, c01.Y);
        TensorTiles.Put(y, start, row + 8, column + 8, m, n, add, c01.Z, c01.W);
        TensorTiles.Put(y, start, row + 16, column, m, n, add, c10.X, c10.Y);
        TensorTiles.Put(y, start, row + 24, column, m, n, add, c10.Z, c10.W);
        TensorTiles.Put(y, start, row + 16, column + 8, m, n, add, c11.X, c11.Y);
        TensorTiles.Put(y, start, row + 24, column + 8, m, n, add, c11.Z, c11.W);
    }
}
