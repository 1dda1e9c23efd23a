using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// y [m, n] = A [m, k] · B [k, n], or added to what y holds: a group computes one tile of y, each thread a small block of
/// it in registers, over k in steps that pass through shared memory. Of <c>splits</c> groups for a tile, each takes a
/// part of k of <c>share</c> and writes a part of <c>y</c> of its own, m · n apart. Written by eng/make-tiles.cs.
/// </summary>
static class TiledMatMul
{
    public const int LargeM = 128, LargeN = 128;

    /// <summary>Tiles of 128 x 128, 8 of k at a time; 8 x 8 a thread.</summary>
    internal static void LargeKernel<TLeft, TRight>(ArrayView<float> a, WeightView w, ArrayView<float> y, int m, int n, int k, int add, int share)
        where TLeft : struct, ILeftTile where TRight : struct, IRightTile
    {
        var tileA = SharedMemory.Allocate<Float4>(264);
        var tileB = SharedMemory.Allocate<Float4>(264);
        var book = SharedMemory.Allocate<float>(16);
        int down = (m + 127) / 128, right = (n + 127) / 128;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 128, column = tile / down * 128;
        int from = split * share, to = from + share < k ? from + share : k;
        int blockRow = Group.IdxX / 16, blockColumn = Group.IdxX % 16;
        default(TRight).Prepare(w, book);
        float c00 = 0f, c01 = 0f, c02 = 0f, c03 = 0f, c04 = 0f, c05 = 0f, c06 = 0f, c07 = 0f;
        float c10 = 0f, c11 = 0f, c12 = 0f, c13 = 0f, c14 = 0f, c15 = 0f, c16 = 0f, c17 = 0f;
        float c20 = 0f, c21 = 0f, c22 = 0f, c23 = 0f, c24 = 0f, c25 = 0f, c26 = 0f, c27 = 0f;
        float c30 = 0f, c31 = 0f, c32 = 0f, c33 = 0f, c34 = 0f, c35 = 0f, c36 = 0f, c37 = 0f;
        float c40 = 0f, c41 = 0f, c42 = 0f, c43 = 0f, c44 = 0f, c45 = 0f, c46 = 0f, c47 = 0f;
        float c50 = 0f, c51 = 0f, c52 = 0f, c53 = 0f, c54 = 0f, c55 = 0f, c56 = 0f, c57 = 0f;
        float c60 = 0f, c61 = 0f, c62 = 0f, c63 = 0f, c64 = 0f, c65 = 0f, c66 = 0f, c67 = 0f;
        float c70 = 0f, c71 = 0f, c72 = 0f, c73 = 0f, c74 = 0f, c75 = 0f, c76 = 0f, c77 = 0f;
        for (var step = from; step < to; step += 8)
        {
            default(TLeft).Bring(a, tileA.Cast<float>(), row, step, m, k, 128, 8, 132);
            default(TRight).Bring(w, book, tileB.Cast<float>(), column, step, n, k, 128, 8, 132);
            GpuIntrinsics.Barrier();
            for (var s = 0; s < 8; s += 8)
            {
                var a00 = tileA[(s + 0) * 33 + blockRow * 2 + 0];
                var a01 = tileA[(s + 0) * 33 + blockRow * 2 + 1];
                var b00 = tileB[(s + 0) * 33 + blockColumn * 2 + 0];
                var b01 = tileB[(s + 0) * 33 + blockColumn * 2 + 1];
                c00 = GpuIntrinsics.Fma(a00.X, b00.X, c00);
                c01 = GpuIntrinsics.Fma(a00.X, b00.Y, c01);
                c02 = GpuIntrinsics.Fma(a00.X, b00.Z, c02);
                c03 = GpuIntrinsics.Fma(a00.X, b00.W, c03);
                c04 = GpuIntrinsics.Fma(a00.X, b01.X, c04);
                c05 = GpuIntrinsics.Fma(a00.X, b01.Y, c05);
                c06 = GpuIntrinsics.Fma(a00.X, b01.Z, c06);
                c07 = GpuIntrinsics.Fma(a00.X, b01.W, c07);
                c10 = GpuIntrinsics.Fma(a00.Y, b00.X, c10);
                c11 = GpuIntrinsics.Fma(a00.Y, b00.Y, c11);
                c12 = GpuIntrinsics.Fma(a00.Y, b00.Z, c12);
                c13 = GpuIntrinsics.Fma(a00.Y, b00.W, c13);
                c14 = GpuIntrinsics.Fma(a00.Y, b01.X, c14);
                c15 = GpuIntrinsics.Fma(a00.Y, b01.Y, c15);
                c16 = GpuIntrinsics.Fma(a00.Y, b01.Z, c16);
                c17 = GpuIntrinsics.Fma(a00.Y, b01.W, c17);
                c20 = GpuIntrinsics.Fma(a00.Z, b00.X, c20);
                c21 = GpuIntrinsics.Fma(a00.Z, b00.Y, c21);
                c22 = GpuIntrinsics.Fma(a00.Z, b00.Z, c22);
                c23 = GpuIntrinsics.Fma(a00.Z, b00.W, c23);
                c24 = GpuIntrinsics.Fma(a00.Z, b01.X, c24);
                c25 = GpuIntrinsics.Fma(a00.Z, b01.Y, c25);
                c26 = GpuIntrinsics.Fma(a00.Z, b01.Z, c26);
                c27 = GpuIntrinsics.Fma(a00.Z, b01.W, c27);
                c30 = GpuIntrinsics.Fma(a00.W, b00.X, c30);
                c31 = GpuIntrinsics.Fma(a00.W, b00.Y, c31);
                c32 = GpuIntrinsics.Fma(a00.W, b00.Z, c32);
                c33 = GpuIntrinsics.Fma(a00.W, b00.W, c33);
                c34 = GpuIntrinsics.Fma(a00.W, b01.X, c34);
                c35 = GpuIntrinsics.Fma(a00.W, b01.Y, c35);
                c36 = GpuIntrinsics.Fma(a00.W, b01.Z, c36);
                c37 = GpuIntrinsics.Fma(a00.W, b01.W, c37);
                c40 = GpuIntrinsics.Fma(a01.X, b00.X, c40);
                c41 = GpuIntrinsics.Fma(a01.X, b00.Y, c41);
                c42 = GpuIntrinsics.Fma(a01.X, b00.Z, c42);
                c43 = GpuIntrinsics.Fma(a01.X, b00.W, c43);
                c44 = GpuIntrinsics.Fma(a01.X, b01.X, c44);
                c45 = GpuIntrinsics.Fma(a01.X, b01.Y, c45);
                c46 = GpuIntrinsics.Fma(a01.X, b01.Z, c46);
                c47 = GpuIntrinsics.Fma(a01.X, b01.W, c47);
                c50 = GpuIntrinsics.Fma(a01.Y, b00.X, c50);
                c51 = GpuIntrinsics.Fma(a01.Y, b00.Y, c51);
                c52 = GpuIntrinsics.Fma(a01.Y, b00.Z, c52);
                c53 = GpuIntrinsics.Fma(a01.Y, b00.W, c53);
                c54 = GpuIntrinsics.Fma(a01.Y, b01.X, c54);
                c55 = GpuIntrinsics.Fma(a01.Y, b01.Y, c55);
                c56 = GpuIntrinsics.Fma(a01.Y, b01.Z, c56);
                c57 = GpuIntrinsics.Fma(a01.Y, b01.W, c57);
                c60 = GpuIntrinsics.Fma(a01.Z, b00.X, c60);
                c61 = GpuIntrinsics.Fma(a01.Z, b00.Y, c61);
                c62 = GpuIntrinsics.Fma(a01.Z, b00.Z, c62);
                c63 = GpuIntrinsics.Fma(a01.Z, b00.W, c63);
                c64 = GpuIntrinsics.Fma(a01.Z, b01.X, c64);
                c65 = GpuIntrinsics.Fma(a01.Z, b01.Y, c65);
                c66 = GpuIntrinsics.Fma(a01.Z, b01.Z, c66);
                c67 = GpuIntrinsics.Fma(a01.Z, b01.W, c67);
                c70 = GpuIntrinsics.Fma(a01.W, b00.X, c70);
                c71 = GpuIntrinsics.Fma(a01.W, b00.Y, c71);
                c72 = GpuIntrinsics.Fma(a01.W, b00.Z, c72);
                c73 = GpuIntrinsics.Fma(a01.W, b00.W, c73);
                c74 = GpuIntrinsics.Fma(a01.W, b01.X, c74);
                c75 = GpuIntrinsics.Fma(a01.W, b01.Y, c75);
                c76 = GpuIntrinsics.Fma(a01.W, b01.Z, c76);
                c77 = GpuIntrinsics.Fma(a01.W, b01.W, c77);
                var a10 = tileA[(s + 1) * 33 + blockRow * 2 + 0];
                var a11 = tileA[(s + 1) * 33 + blockRow * 2 + 1];
                var b10 = tileB[(s + 1) * 33 + blockColumn * 2 + 0];
                var b11 = tileB[(s + 1) * 33 + blockColumn * 2 + 1];
                c00 = GpuIntrinsics.Fma(a10.X, b10.X, c00);
                c01 = GpuIntrinsics.Fma(a10.X, b10.Y, c01);
                c02 = GpuIntrinsics.Fma(a10.X, b10.Z, c02);
                c03 = GpuIntrinsics.Fma(a10.X, b10.W, c03);
                c04 = GpuIntrinsics.Fma(a10.X, b11.X, c04);
                c05 = GpuIntrinsics.Fma(a10.X, b11.Y, c05);
                c06 = GpuIntrinsics.Fma(a10.X, b11.Z, c06);
                c07 = GpuIntrinsics.Fma(a10.X, b11.W, c07);
                c10 = GpuIntrinsics.Fma(a10.Y, b10.X, c10);
                c11 = GpuIntrinsics.Fma(a10.Y, b10.Y, c11);
                c12 = GpuIntrinsics.Fma(a10.Y, b10.Z, c12);
                c13 = GpuIntrinsics.Fma(a10.Y, b10.W, c13);
                c14 = GpuIntrinsics.Fma(a10.Y, b11.X, c14);
                c15 = GpuIntrinsics.Fma(a10.Y, b11.Y, c15);
                c16 = GpuIntrinsics.Fma(a10.Y, b11.Z, c16);
                c17 = GpuIntrinsics.Fma(a10.Y, b11.W, c17);
                c20 = GpuIntrinsics.Fma(a10.Z, b10.X, c20);
                c21 = GpuIntrinsics.Fma(a10.Z, b10.Y, c21);
                c22 = GpuIntrinsics.Fma(a10.Z, b10.Z, c22);
                c23 = GpuIntrinsics.Fma(a10.Z, b10.W, c23);
                c24 = GpuIntrinsics.Fma(a10.Z, b11.X, c24);
                c25 = GpuIntrinsics.Fma(a10.Z, b11.Y, c25);
                c26 = GpuIntrinsics.Fma(a10.Z, b11.Z, c26);
                c27 = GpuIntrinsics.Fma(a10.Z, b11.W, c27);
                c30 = GpuIntrinsics.Fma(a10.W, b10.X, c30);
                c31 = GpuIntrinsics.Fma(a10.W, b10.Y, c31);
                c32 = GpuIntrinsics.Fma(a10.W, b10.Z, c32);
                c33 = GpuIntrinsics.Fma(a10.W, b10.W, c33);
                c34 = GpuIntrinsics.Fma(a10.W, b11.X, c34);
                c35 = GpuIntrinsics.Fma(a10.W, b11.Y, c35);
                c36 = GpuIntrinsics.Fma(a10.W, b11.Z, c36);
                c37 = GpuIntrinsics.Fma(a10.W, b11.W, c37);
                c40 = GpuIntrinsics.Fma(a11.X, b10.X, c40);
                c41 = GpuIntrinsics.Fma(a11.X, b10.Y, c41);
                c42 = GpuIntrinsics.Fma(a11.X, b10.Z, c42);
                c43 = GpuIntrinsics.Fma(a11.X, b10.W, c43);
                c44 = GpuIntrinsics.Fma(a11.X, b11.X, c44);
                c45 = GpuIntrinsics.Fma(a11.X, b11.Y, c45);
                c46 = GpuIntrinsics.Fma(a11.X, b11.Z, c46);
                c47 = GpuIntrinsics.Fma(a11.X, b11.W, c47);
                c50 = GpuIntrinsics.Fma(a11.Y, b10.X, c50);
                c51 = GpuIntrinsics.Fma(a11.Y, b10.Y, c51);
                c52 = GpuIntrinsics.Fma(a11.Y, b10.Z, c52);
                c53 = GpuIntrinsics.Fma(a11.Y, b10.W, c53);
                c54 = GpuIntrinsics.Fma(a11.Y, b11.X, c54);
                c55 = GpuIntrinsics.Fma(a11.Y, b11.Y, c55);
                c56 = GpuIntrinsics.Fma(a11.Y, b11.Z, c56);
                c57 = GpuIntrinsics.Fma(a11.Y, b11.W, c57);
                c60 = GpuIntrinsics.Fma(a11.Z, b10.X, c60);
                c61 = GpuIntrinsics.Fma(a11.Z, b10.Y, c61);
                c62 = GpuIntrinsics.Fma(a11.Z, b10.Z, c62);
                c63 = GpuIntrinsics.Fma(a11.Z, b10.W, c63);
                c64 = GpuIntrinsics.Fma(a11.Z, b11.X, c64);
                c65 = GpuIntrinsics.Fma(a11.Z, b11.Y, c65);
                c66 = GpuIntrinsics.Fma(a11.Z, b11.Z, c66);
                c67 = GpuIntrinsics.Fma(a11.Z, b11.W, c67);
                c70 = GpuIntrinsics.Fma(a11.W, b10.X, c70);
                c71 = GpuIntrinsics.Fma(a11.W, b10.Y, c71);
                c72 = GpuIntrinsics.Fma(a11.W, b10.Z, c72);
                c73 = GpuIntrinsics.Fma(a11.W, b10.W, c73);
                c74 = GpuIntrinsics.Fma(a11.W, b11.X, c74);
                c75 = GpuIntrinsics.Fma(a11.W, b11.Y, c75);
                c76 = GpuIntrinsics.Fma(a11.W, b11.Z, c76);
                c77 = GpuIntrinsics.Fma(a11.W, b11.W, c77);
                var a20 = tileA[(s + 2) * 33 + blockRow * 2 + 0];
                var a21 = tileA[(s + 2) * 33 + blockRow * 2 + 1];
                var b20 = tileB[(s + 2) * 33 + blockColumn * 2 + 0];
                var b21 = tileB[(s + 2) * 33 + blockColumn * 2 + 1];
                c00 = GpuIntrinsics.Fma(a20.X, b20.X, c00);
                c01 = GpuIntrinsics.Fma(a20.X, b20.Y, c01);
                c02 = GpuIntrinsics.Fma(a20.X, b20.Z, c02);
                c03 = GpuIntrinsics.Fma(a20.X, b20.W, c03);
                c04 = GpuIntrinsics.Fma(a20.X, b21.X, c04);
                c05 = GpuIntrinsics.Fma(a20.X, b21.Y, c05);
                c06 = GpuIntrinsics.Fma(a20.X, b21.Z, c06);
                c07 = GpuIntrinsics.Fma(a20.X, b21.W, c07);
                c10 = GpuIntrinsics.Fma(a20.Y, b20.X, c10);
                c11 = GpuIntrinsics.Fma(a20.Y, b20.Y, c11);
                c12 = GpuIntrinsics.Fma(a20.Y, b20.Z, c12);
                c13 = GpuIntrinsics.Fma(a20.Y, b20.W, c13);
                c14 = GpuIntrinsics.Fma(a20.Y, b21.X, c14);
                c15 = GpuIntrinsics.Fma(a20.Y, b21.Y, c15);
                c16 = GpuIntrinsics.Fma(a20.Y, b21.Z, c16);
                c17 = GpuIntrinsics.Fma(a20.Y, b21.W, c17);
                c20 = GpuIntrinsics.Fma(a20.Z, b20.X, c20);
                c21 = GpuIntrinsics.Fma(a20.Z, b20.Y, c21);
                c22 = GpuIntrinsics.Fma(a20.Z, b20.Z, c22);
                c23 = GpuIntrinsics.Fma(a20.Z, b20.W, c23);
                c24 = GpuIntrinsics.Fma(a20.Z, b21.X, c24);
                c25 = GpuIntrinsics.Fma(a20.Z, b21.Y, c25);
                c26 = GpuIntrinsics.Fma(a20.Z, b21.Z, c26);
                c27 = GpuIntrinsics.Fma(a20.Z, b21.W, c27);
                c30 = GpuIntrinsics.Fma(a20.W, b20.X, c30);
                c31 = GpuIntrinsics.Fma(a20.W, b20.Y, c31);
                c32 = GpuIntrinsics.Fma(a20.W, b20.Z, c32);
                c33 = GpuIntrinsics.Fma(a20.W, b20.W, c33);
                c34 = GpuIntrinsics.Fma(a20.W, b21.X, c34);
                c35 = GpuIntrinsics.Fma(a20.W, b21.Y, c35);
                c36 = GpuIntrinsics.Fma(a20.W, b21.Z, c36);
                c37 = GpuIntrinsics.Fma(a20.W, b21.W, c37);
                c40 = GpuIntrinsics.Fma(a21.X, b20.X, c40);
                c41 = GpuIntrinsics.Fma(a21.X, b20.Y, c41);
                c42 = GpuIntrinsics.Fma(a21.X, b20.Z, c42);
                c43 = GpuIntrinsics.Fma(a21.X, b20.W, c43);
                c44 = GpuIntrinsics.Fma(a21.X, b21.X, c44);
                c45 = GpuIntrinsics.Fma(a21.X, b21.Y, c45);
                c46 = GpuIntrinsics.Fma(a21.X, b21.Z, c46);
                c47 = GpuIntrinsics.Fma(a21.X, b21.W, c47);
                c50 = GpuIntrinsics.Fma(a21.Y, b20.X, c50);
                c51 = GpuIntrinsics.Fma(a21.Y, b20.Y, c51);
                c52 = GpuIntrinsics.Fma(a21.Y, b20.Z, c52);
                c53 = GpuIntrinsics.Fma(a21.Y, b20.W, c53);
                c54 = GpuIntrinsics.Fma(a21.Y, b21.X, c54);
                c55 = GpuIntrinsics.Fma(a21.Y, b21.Y, c55);
                c56 = GpuIntrinsics.Fma(a21.Y, b21.Z, c56);
                c57 = GpuIntrinsics.Fma(a21.Y, b21.W, c57);
                c60 = GpuIntrinsics.Fma(a21.Z, b20.X, c60);
                c61 = GpuIntrinsics.Fma(a21.Z, b20.Y, c61);
                c62 = GpuIntrinsics.Fma(a21.Z, b20.Z, c62);
                c63 = GpuIntrinsics.Fma(a21.Z, b20.W, c63);
                c64 = GpuIntrinsics.Fma(a21.Z, b21.X, c64);
                c65 = GpuIntrinsics.Fma(a21.Z, b21.Y, c65);
                c66 = GpuIntrinsics.Fma(a21.Z, b21.Z, c66);
                c67 = GpuIntrinsics.Fma(a21.Z, b21.W, c67);
                c70 = GpuIntrinsics.Fma(a21.W, b20.X, c70);
                c71 = GpuIntrinsics.Fma(a21.W, b20.Y, c71);
                c72 = GpuIntrinsics.Fma(a21.W, b20.Z, c72);
                c73 = GpuIntrinsics.Fma(a21.W, b20.W, c73);
                c74 = GpuIntrinsics.Fma(a21.W, b21.X, c74);
                c75 = GpuIntrinsics.Fma(a21.W, b21.Y, c75);
                c76 = GpuIntrinsics.Fma(a21.W, b21.Z, c76);
                c77 = GpuIntrinsics.Fma(a21.W, b21.W, c77);
                var a30 = tileA[(s + 3) * 33 + blockRow * 2 + 0];
                var a31 = tileA[(s + 3) * 33 + blockRow * 2 + 1];
                var b30 = tileB[(s + 3) * 33 + blockColumn * 2 + 0];
                var b31 = tileB[(s + 3) * 33 + blockColumn * 2 + 1];
                c00 = GpuIntrinsics.Fma(a30.X, b30.X, c00);
                c01 = GpuIntrinsics.Fma(a30.X, b30.Y, c01);
                c02 = GpuIntrinsics.Fma(a30.X, b30.Z, c02);
                c03 = GpuIntrinsics.Fma(a30.X, b30.W, c03);
                c04 = GpuIntrinsics.Fma(a30.X, b31.X, c04);
                c05 = GpuIntrinsics.Fma(a30.X, b31.Y, c05);
                c06 = GpuIntrinsics.Fma(a30.X, b31.Z, c06);
                c07 = GpuIntrinsics.Fma(a30.X, b31.W, c07);
                c10 = GpuIntrinsics.Fma(a30.Y, b30.X, c10);
                c11 = GpuIntrinsics.Fma(a30.Y, b30.Y, c11);
                c12 = GpuIntrinsics.Fma(a30.Y, b30.Z, c12);
                c13 = GpuIntrinsics.Fma(a30.Y, b30.W, c13);
                c14 = GpuIntrinsics.Fma(a30.Y, b31.X, c14);
                c15 = GpuIntrinsics.Fma(a30.Y, b31.Y, c15);
                c16 = GpuIntrinsics.Fma(a30.Y, b31.Z, c16);
                c17 = GpuIntrinsics.Fma(a30.Y, b31.W, c17);
                c20 = GpuIntrinsics.Fma(a30.Z, b30.X, c20);
                c21 = GpuIntrinsics.Fma(a30.Z, b30.Y, c21);
                c22 = GpuIntrinsics.Fma(a30.Z, b30.Z, c22);
                c23 = GpuIntrinsics.Fma(a30.Z, b30.W, c23);
                c24 = GpuIntrinsics.Fma(a30.Z, b31.X, c24);
                c25 = GpuIntrinsics.Fma(a30.Z, b31.Y, c25);
                c26 = GpuIntrinsics.Fma(a30.Z, b31.Z, c26);
                c27 = GpuIntrinsics.Fma(a30.Z, b31.W, c27);
                c30 = GpuIntrinsics.Fma(a30.W, b30.X, c30);
                c31 = GpuIntrinsics.Fma(a30.W, b30.Y, c31);
                c32 = GpuIntrinsics.Fma(a30.W, b30.Z, c32);
                c33 = GpuIntrinsics.Fma(a30.W, b30.W, c33);
                c34 = GpuIntrinsics.Fma(a30.W, b31.X, c34);
                c35 = GpuIntrinsics.Fma(a30.W, b31.Y, c35);
                c36 = GpuIntrinsics.Fma(a30.W, b31.Z, c36);
                c37 = GpuIntrinsics.Fma(a30.W, b31.W, c37);
                c40 = GpuIntrinsics.Fma(a31.X, b30.X, c40);
                c41 = GpuIntrinsics.Fma(a31.X, b30.Y, c41);
                c42 = GpuIntrinsics.Fma(a31.X, b30.Z, c42);
                c43 = GpuIntrinsics.Fma(a31.X, b30.W, c43);
                c44 = GpuIntrinsics.Fma(a31.X, b31.X, c44);
                c45 = GpuIntrinsics.Fma(a31.X, b31.Y, c45);
                c46 = GpuIntrinsics.Fma(a31.X, b31.Z, c46);
                c47 = GpuIntrinsics.Fma(a31.X, b31.W, c47);
                c50 = GpuIntrinsics.Fma(a31.Y, b30.X, c50);
                c51 = GpuIntrinsics.Fma(a31.Y, b30.Y, c51);
                c52 = GpuIntrinsics.Fma(a31.Y, b30.Z, c52);
                c53 = GpuIntrinsics.Fma(a31.Y, b30.W, c53);
                c54 = GpuIntrinsics.Fma(a31.Y, b31.X, c54);
                c55 = GpuIntrinsics.Fma(a31.Y, b31.Y, c55);
                c56 = GpuIntrinsics.Fma(a31.Y, b31.Z, c56);
                c57 = GpuIntrinsics.Fma(a31.Y, b31.W, c57);
                c60 = GpuIntrinsics.Fma(a31.Z, b30.X, c60);
                c61 = GpuIntrinsics.Fma(a31.Z, b30.Y, c61);
                c62 = GpuIntrinsics.Fma(a31.Z, b30.Z, c62);
                c63 = GpuIntrinsics.Fma(a31.Z, b30.W, c63);
                c64 = GpuIntrinsics.Fma(a31.Z, b31.X, c64);
                c65 = GpuIntrinsics.Fma(a31.Z, b31.Y, c65);
                c66 = GpuIntrinsics.Fma(a31.Z, b31.Z, c66);
                c67 = GpuIntrinsics.Fma(a31.Z, b31.W, c67);
                c70 = GpuIntrinsics.Fma(a31.W, b30.X, c70);
                c71 = GpuIntrinsics.Fma(a31.W, b30.Y, c71);
                c72 = GpuIntrinsics.Fma(a31.W, b30.Z, c72);
                c73 = GpuIntrinsics.Fma(a31.W, b30.W, c73);
                c74 = GpuIntrinsics.Fma(a31.W, b31.X, c74);
                c75 = GpuIntrinsics.Fma(a31.W, b31.Y, c75);
                c76 = GpuIntrinsics.Fma(a31.W, b31.Z, c76);
                c77 = GpuIntrinsics.Fma(a31.W, b31.W, c77);
                var a40 = tileA[(s + 4) * 33 + blockRow * 2 + 0];
                var a41 = tileA[(s + 4) * 33 + blockRow * 2 + 1];
                var b40 = tileB[(s + 4) * 33 + blockColumn * 2 + 0];
                var b41 = tileB[(s + 4) * 33 + blockColumn * 2 + 1];
                c00 = GpuIntrinsics.Fma(a40.X, b40.X, c00);
                c01 = GpuIntrinsics.Fma(a40.X, b40.Y, c01);
                c02 = GpuIntrinsics.Fma(a40.X, b40.Z, c02);
                c03 = GpuIntrinsics.Fma(a40.X, b40.W, c03);
                c04 = GpuIntrinsics.Fma(a40.X, b41.X, c04);
                c05 = GpuIntrinsics.Fma(a40.X, b41.Y, c05);
                c06 = GpuIntrinsics.Fma(a40.X, b41.Z, c06);
                c07 = GpuIntrinsics.Fma(a40.X, b41.W, c07);
                c10 = GpuIntrinsics.Fma(a40.Y, b40.X, c10);
                c11 = GpuIntrinsics.Fma(a40.Y, b40.Y, c11);
                c12 = GpuIntrinsics.Fma(a40.Y, b40.Z, c12);
                c13 = GpuIntrinsics.Fma(a40.Y, b40.W, c13);
                c14 = GpuIntrinsics.Fma(a40.Y, b41.X, c14);
                c15 = GpuIntrinsics.Fma(a40.Y, b41.Y, c15);
                c16 = GpuIntrinsics.Fma(a40.Y, b41.Z, c16);
                c17 = GpuIntrinsics.Fma(a40.Y, b41.W, c17);
                c20 = GpuIntrinsics.Fma(a40.Z, b40.X, c20);
                c21 = GpuIntrinsics.Fma(a40.Z, b40.Y, c21);
                c22 = GpuIntrinsics.Fma(a40.Z, b40.Z, c22);
                c23 = GpuIntrinsics.Fma(a40.Z, b40.W, c23);
                c24 = GpuIntrinsics.Fma(a40.Z, b41.X, c24);
                c25 = GpuIntrinsics.Fma(a40.Z, b41.Y, c25);
                c26 = GpuIntrinsics.Fma(a40.Z, b41.Z, c26);
                c27 = GpuIntrinsics.Fma(a40.Z, b41.W, c27);
                c30 = GpuIntrinsics.Fma(a40.W, b40.X, c30);
                c31 = GpuIntrinsics.Fma(a40.W, b40.Y, c31);
                c32 = GpuIntrinsics.Fma(a40.W, b40.Z, c32);
                c33 = GpuIntrinsics.Fma(a40.W, b40.W, c33);
                c34 = GpuIntrinsics.Fma(a40.W, b41.X, c34);
                c35 = GpuIntrinsics.Fma(a40.W, b41.Y, c35);
                c36 = GpuIntrinsics.Fma(a40.W, b41.Z, c36);
                c37 = GpuIntrinsics.Fma(a40.W, b41.W, c37);
                c40 = GpuIntrinsics.Fma(a41.X, b40.X, c40);
                c41 = GpuIntrinsics.Fma(a41.X, b40.Y, c41);
                c42 = GpuIntrinsics.Fma(a41.X, b40.Z, c42);
                c43 = GpuIntrinsics.Fma(a41.X, b40.W, c43);
                c44 = GpuIntrinsics.Fma(a41.X, b41.X, c44);
                c45 = GpuIntrinsics.Fma(a41.X, b41.Y, c45);
                c46 = GpuIntrinsics.Fma(a41.X, b41.Z, c46);
                c47 = GpuIntrinsics.Fma(a41.X, b41.W, c47);
                c50 = GpuIntrinsics.Fma(a41.Y, b40.X, c50);
                c51 = GpuIntrinsics.Fma(a41.Y, b40.Y, c51);
                c52 = GpuIntrinsics.Fma(a41.Y, b40.Z, c52);
                c53 = GpuIntrinsics.Fma(a41.Y, b40.W, c53);
                c54 = GpuIntrinsics.Fma(a41.Y, b41.X, c54);
                c55 = GpuIntrinsics.Fma(a41.Y, b41.Y, c55);
                c56 = GpuIntrinsics.Fma(a41.Y, b41.Z, c56);
                c57 = GpuIntrinsics.Fma(a41.Y, b41.W, c57);
                c60 = GpuIntrinsics.Fma(a41.Z, b40.X, c60);
                c61 = GpuIntrinsics.Fma(a41.Z, b40.Y, c61);
                c62 = GpuIntrinsics.Fma(a41.Z, b40.Z, c62);
                c63 = GpuIntrinsics.Fma(a41.Z, b40.W, c63);
                c64 = GpuIntrinsics.Fma(a41.Z, b41.X, c64);
                c65 = GpuIntrinsics.Fma(a41.Z, b41.Y, c65);
                c66 = GpuIntrinsics.Fma(a41.Z, b41.Z, c66);
                c67 = GpuIntrinsics.Fma(a41.Z, b41.W, c67);
                c70 = GpuIntrinsics.Fma(a41.W, b40.X, c70);
                c71 = GpuIntrinsics.Fma(a41.W, b40.Y, c71);
                c72 = GpuIntrinsics.Fma(a41.W, b40.Z, c72);
                c73 = GpuIntrinsics.Fma(a41.W, b40.W, c73);
                c74 = GpuIntrinsics.Fma(a41.W, b41.X, c74);
                c75 = GpuIntrinsics.Fma(a41.W, b41.Y, c75);
                c76 = GpuIntrinsics.Fma(a41.W, b41.Z, c76);
                c77 = GpuIntrinsics.Fma(a41.W, b41.W, c77);
                var a50 = tileA[(s + 5) * 33 + blockRow * 2 + 0];
                var a51 = tileA[(s + 5) * 33 + blockRow * 2 + 1];
                var b50 = tileB[(s + 5) * 33 + blockColumn * 2 + 0];
                var b51 = tileB[(s + 5) * 33 + blockColumn * 2 + 1];
                c00 = GpuIntrinsics.Fma(a50.X, b50.X, c00);
                c01 = GpuIntrinsics.Fma(a50.X, b50.Y, c01);
                c02 = GpuIntrinsics.Fma(a50.X, b50.Z, c02);
                c03 = GpuIntrinsics.Fma(a50.X, b50.W, c03);
                c04 = GpuIntrinsics.Fma(a50.X, b51.X, c04);
                c05 = GpuIntrinsics.Fma(a50.X, b51.Y, c05);
                c06 = GpuIntrinsics.Fma(a50.X, b51.Z, c06);
                c07 = GpuIntrinsics.Fma(a50.X, b51.W, c07);
                c10 = GpuIntrinsics.Fma(a50.Y, b50.X, c10);
                c11 = GpuIntrinsics.Fma(a50.Y, b50.Y, c11);
                c12 = GpuIntrinsics.Fma(a50.Y, b50.Z, c12);
                c13 = GpuIntrinsics.Fma(a50.Y, b50.W, c13);
                c14 = GpuIntrinsics.Fma(a50.Y, b51.X, c14);
                c15 = GpuIntrinsics.Fma(a50.Y, b51.Y, c15);
                c16 = GpuIntrinsics.Fma(a50.Y, b51.Z, c16);
                c17 = GpuIntrinsics.Fma(a50.Y, b51.W, c17);
                c20 = GpuIntrinsics.Fma(a50.Z, b50.X, c20);
                c21 = GpuIntrinsics.Fma(a50.Z, b50.Y, c21);
                c22 = GpuIntrinsics.Fma(a50.Z, b50.Z, c22);
                c23 = GpuIntrinsics.Fma(a50.Z, b50.W, c23);
                c24 = GpuIntrinsics.Fma(a50.Z, b51.X, c24);
                c25 = GpuIntrinsics.Fma(a50.Z, b51.Y, c25);
                c26 = GpuIntrinsics.Fma(a50.Z, b51.Z, c26);
                c27 = GpuIntrinsics.Fma(a50.Z, b51.W, c27);
                c30 = GpuIntrinsics.Fma(a50.W, b50.X, c30);
                c31 = GpuIntrinsics.Fma(a50.W, b50.Y, c31);
                c32 = GpuIntrinsics.Fma(a50.W, b50.Z, c32);
                c33 = GpuIntrinsics.Fma(a50.W, b50.W, c33);
                c34 = GpuIntrinsics.Fma(a50.W, b51.X, c34);
                c35 = GpuIntrinsics.Fma(a50.W, b51.Y, c35);
                c36 = GpuIntrinsics.Fma(a50.W, b51.Z, c36);
                c37 = GpuIntrinsics.Fma(a50.W, b51.W, c37);
                c40 = GpuIntrinsics.Fma(a51.X, b50.X, c40);
                c41 = GpuIntrinsics.Fma(a51.X, b50.Y, c41);
                c42 = GpuIntrinsics.Fma(a51.X, b50.Z, c42);
                c43 = GpuIntrinsics.Fma(a51.X, b50.W, c43);
                c44 = GpuIntrinsics.Fma(a51.X, b51.X, c44);
                c45 = GpuIntrinsics.Fma(a51.X, b51.Y, c45);
                c46 = GpuIntrinsics.Fma(a51.X, b51.Z, c46);
                c47 = GpuIntrinsics.Fma(a51.X, b51.W, c47);
                c50 = GpuIntrinsics.Fma(a51.Y, b50.X, c50);
                c51 = GpuIntrinsics.Fma(a51.Y, b50.Y, c51);
                c52 = GpuIntrinsics.Fma(a51.Y, b50.Z, c52);
                c53 = GpuIntrinsics.Fma(a51.Y, b50.W, c53);
                c54 = GpuIntrinsics.Fma(a51.Y, b51.X, c54);
                c55 = GpuIntrinsics.Fma(a51.Y, b51.Y, c55);
                c56 = GpuIntrinsics.Fma(a51.Y, b51.Z, c56);
                c57 = GpuIntrinsics.Fma(a51.Y, b51.W, c57);
                c60 = GpuIntrinsics.Fma(a51.Z, b50.X, c60);
                c61 = GpuIntrinsics.Fma(a51.Z, b50.Y, c61);
                c62 = GpuIntrinsics.Fma(a51.Z, b50.Z, c62);
                c63 = GpuIntrinsics.Fma(a51.Z, b50.W, c63);
                c64 = GpuIntrinsics.Fma(a51.Z, b51.X, c64);
                c65 = GpuIntrinsics.Fma(a51.Z, b51.Y, c65);
                c66 = GpuIntrinsics.Fma(a51.Z, b51.Z, c66);
                c67 = GpuIntrinsics.Fma(a51.Z, b51.W, c67);
                c70 = GpuIntrinsics.Fma(a51.W, b50.X, c70);
                c71 = GpuIntrinsics.Fma(a51.W, b50.Y, c71);
                c72 = GpuIntrinsics.Fma(a51.W, b50.Z, c72);
                c73 = GpuIntrinsics.Fma(a51.W, b50.W, c73);
                c74 = GpuIntrinsics.Fma(a51.W, b51.X, c74);
                c75 = GpuIntrinsics.Fma(a51.W, b51.Y, c75);
                c76 = GpuIntrinsics.Fma(a51.W, b51.Z, c76);
                c77 = GpuIntrinsics.Fma(a51.W, b51.W, c77);
                var a60 = tileA[(s + 6) * 33 + blockRow * 2 + 0];
                var a61 = tileA[(s + 6) * 33 + blockRow * 2 + 1];
                var b60 = tileB[(s + 6) * 33 + blockColumn * 2 + 0];
                var b61 = tileB[(s + 6) * 33 + blockColumn * 2 + 1];
                c00 = GpuIntrinsics.Fma(a60.X, b60.X, c00);
                c01 = GpuIntrinsics.Fma(a60.X, b60.Y, c01);
                c02 = GpuIntrinsics.Fma(a60.X, b60.Z, c02);
                c03 = GpuIntrinsics.Fma(a60.X, b60.W, c03);
                c04 = GpuIntrinsics.Fma(a60.X, b61.X, c04);
                c05 = GpuIntrinsics.Fma(a60.X, b61.Y, c05);
                c06 = GpuIntrinsics.Fma(a60.X, b61.Z, c06);
                c07 = GpuIntrinsics.Fma(a60.X, b61.W, c07);
                c10 = GpuIntrinsics.Fma(a60.Y, b60.X, c10);
                c11 = GpuIntrinsics.Fma(a60.Y, b60.Y, c11);
                c12 = GpuIntrinsics.Fma(a60.Y, b60.Z, c12);
                c13 = GpuIntrinsics.Fma(a60.Y, b60.W, c13);
                c14 = GpuIntrinsics.Fma(a60.Y, b61.X, c14);
                c15 = GpuIntrinsics.Fma(a60.Y, b61.Y, c15);
                c16 = GpuIntrinsics.Fma(a60.Y, b61.Z, c16);
                c17 = GpuIntrinsics.Fma(a60.Y, b61.W, c17);
                c20 = GpuIntrinsics.Fma(a60.Z, b60.X, c20);
                c21 = GpuIntrinsics.Fma(a60.Z, b60.Y, c21);
                c22 = GpuIntrinsics.Fma(a60.Z, b60.Z, c22);
                c23 = GpuIntrinsics.Fma(a60.Z, b60.W, c23);
                c24 = GpuIntrinsics.Fma(a60.Z, b61.X, c24);
                c25 = GpuIntrinsics.Fma(a60.Z, b61.Y, c25);
                c26 = GpuIntrinsics.Fma(a60.Z, b61.Z, c26);
                c27 = GpuIntrinsics.Fma(a60.Z, b61.W, c27);
                c30 = GpuIntrinsics.Fma(a60.W, b60.X, c30);
                c31 = GpuIntrinsics.Fma(a60.W, b60.Y, c31);
                c32 = GpuIntrinsics.Fma(a60.W, b60.Z, c32);
                c33 = GpuIntrinsics.Fma(a60.W, b60.W, c33);
                c34 = GpuIntrinsics.Fma(a60.W, b61.X, c34);
                c35 = GpuIntrinsics.Fma(a60.W, b61.Y, c35);
                c36 = GpuIntrinsics.Fma(a60.W, b61.Z, c36);
                c37 = GpuIntrinsics.Fma(a60.W, b61.W, c37);
                c40 = GpuIntrinsics.Fma(a61.X, b60.X, c40);
                c41 = GpuIntrinsics.Fma(a61.X, b60.Y, c41);
                c42 = GpuIntrinsics.Fma(a61.X, b60.Z, c42);
                c43 = GpuIntrinsics.Fma(a61.X, b60.W, c43);
                c44 = GpuIntrinsics.Fma(a61.X, b61.X, c44);
                c45 = GpuIntrinsics.Fma(a61.X, b61.Y, c45);
                c46 = GpuIntrinsics.Fma(a61.X, b61.Z, c46);
                c47 = GpuIntrinsics.Fma(a61.X, b61.W, c47);
                c50 = GpuIntrinsics.Fma(a61.Y, b60.X, c50);
                c51 = GpuIntrinsics.Fma(a61.Y, b60.Y, c51);
                c52 = GpuIntrinsics.Fma(a61.Y, b60.Z, c52);
                c53 = GpuIntrinsics.Fma(a61.Y, b60.W, c53);
                c54 = GpuIntrinsics.Fma(a61.Y, b61.X, c54);
                c55 = GpuIntrinsics.Fma(a61.Y, b61.Y, c55);
                c56 = GpuIntrinsics.Fma(a61.Y, b61.Z, c56);
                c57 = GpuIntrinsics.Fma(a61.Y, b61.W, c57);
                c60 = GpuIntrinsics.Fma(a61.Z, b60.X, c60);
                c61 = GpuIntrinsics.Fma(a61.Z, b60.Y, c61);
                c62 = GpuIntrinsics.Fma(a61.Z, b60.Z, c62);
                c63 = GpuIntrinsics.Fma(a61.Z, b60.W, c63);
                c64 = GpuIntrinsics.Fma(a61.Z, b61.X, c64);
                c65 = GpuIntrinsics.Fma(a61.Z, b61.Y, c65);
                c66 = GpuIntrinsics.Fma(a61.Z, b61.Z, c66);
                c67 = GpuIntrinsics.Fma(a61.Z, b61.W, c67);
                c70 = GpuIntrinsics.Fma(a61.W, b60.X, c70);
                c71 = GpuIntrinsics.Fma(a61.W, b60.Y, c71);
                c72 = GpuIntrinsics.Fma(a61.W, b60.Z, c72);
                c73 = GpuIntrinsics.Fma(a61.W, b60.W, c73);
                c74 = GpuIntrinsics.Fma(a61.W, b61.X, c74);
                c75 = GpuIntrinsics.Fma(a61.W, b61.Y, c75);
                c76 = GpuIntrinsics.Fma(a61.W, b61.Z, c76);
                c77 = GpuIntrinsics.Fma(a61.W, b61.W, c77);
                var a70 = tileA[(s + 7) * 33 + blockRow * 2 + 0];
                var a71 = tileA[(s + 7) * 33 + blockRow * 2 + 1];
                var b70 = tileB[(s + 7) * 33 + blockColumn * 2 + 0];
                var b71 = tileB[(s + 7) * 33 + blockColumn * 2 + 1];
                c00 = GpuIntrinsics.Fma(a70.X, b70.X, c00);
                c01 = GpuIntrinsics.Fma(a70.X, b70.Y, c01);
                c02 = GpuIntrinsics.Fma(a70.X, b70.Z, c02);
                c03 = GpuIntrinsics.Fma(a70.X, b70.W, c03);
                c04 = GpuIntrinsics.Fma(a70.X, b71.X, c04);
                c05 = GpuIntrinsics.Fma(a70.X, b71.Y, c05);
                c06 = GpuIntrinsics.Fma(a70.X, b71.Z, c06);
                c07 = GpuIntrinsics.Fma(a70.X, b71.W, c07);
                c10 = GpuIntrinsics.Fma(a70.Y, b70.X, c10);
                c11 = GpuIntrinsics.Fma(a70.Y, b70.Y, c11);
                c12 = GpuIntrinsics.Fma(a70.Y, b70.Z, c12);
                c13 = GpuIntrinsics.Fma(a70.Y, b70.W, c13);
                c14 = GpuIntrinsics.Fma(a70.Y, b71.X, c14);
                c15 = GpuIntrinsics.Fma(a70.Y, b71.Y, c15);
                c16 = GpuIntrinsics.Fma(a70.Y, b71.Z, c16);
                c17 = GpuIntrinsics.Fma(a70.Y, b71.W, c17);
                c20 = GpuIntrinsics.Fma(a70.Z, b70.X, c20);
                c21 = GpuIntrinsics.Fma(a70.Z, b70.Y, c21);
                c22 = GpuIntrinsics.Fma(a70.Z, b70.Z, c22);
                c23 = GpuIntrinsics.Fma(a70.Z, b70.W, c23);
                c24 = GpuIntrinsics.Fma(a70.Z, b71.X, c24);
                c25 = GpuIntrinsics.Fma(a70.Z, b71.Y, c25);
                c26 = GpuIntrinsics.Fma(a70.Z, b71.Z, c26);
                c27 = GpuIntrinsics.Fma(a70.Z, b71.W, c27);
                c30 = GpuIntrinsics.Fma(a70.W, b70.X, c30);
                c31 = GpuIntrinsics.Fma(a70.W, b70.Y, c31);
                c32 = GpuIntrinsics.Fma(a70.W, b70.Z, c32);
                c33 = GpuIntrinsics.Fma(a70.W, b70.W, c33);
                c34 = GpuIntrinsics.Fma(a70.W, b71.X, c34);
                c35 = GpuIntrinsics.Fma(a70.W, b71.Y, c35);
                c36 = GpuIntrinsics.Fma(a70.W, b71.Z, c36);
                c37 = GpuIntrinsics.Fma(a70.W, b71.W, c37);
                c40 = GpuIntrinsics.Fma(a71.X, b70.X, c40);
                c41 = GpuIntrinsics.Fma(a71.X, b70.Y, c41);
                c42 = GpuIntrinsics.Fma(a71.X, b70.Z, c42);
                c43 = GpuIntrinsics.Fma(a71.X, b70.W, c43);
                c44 = GpuIntrinsics.Fma(a71.X, b71.X, c44);
                c45 = GpuIntrinsics.Fma(a71.X, b71.Y, c45);
                c46 = GpuIntrinsics.Fma(a71.X, b71.Z, c46);
                c47 = GpuIntrinsics.Fma(a71.X, b71.W, c47);
                c50 = GpuIntrinsics.Fma(a71.Y, b70.X, c50);
                c51 = GpuIntrinsics.Fma(a71.Y, b70.Y, c51);
                c52 = GpuIntrinsics.Fma(a71.Y, b70.Z, c52);
                c53 = GpuIntrinsics.Fma(a71.Y, b70.W, c53);
                c54 = GpuIntrinsics.Fma(a71.Y, b71.X, c54);
                c55 = GpuIntrinsics.Fma(a71.Y, b71.Y, c55);
                c56 = GpuIntrinsics.Fma(a71.Y, b71.Z, c56);
                c57 = GpuIntrinsics.Fma(a71.Y, b71.W, c57);
                c60 = GpuIntrinsics.Fma(a71.Z, b70.X, c60);
                c61 = GpuIntrinsics.Fma(a71.Z, b70.Y, c61);
                c62 = GpuIntrinsics.Fma(a71.Z, b70.Z, c62);
                c63 = GpuIntrinsics.Fma(a71.Z, b70.W, c63);
                c64 = GpuIntrinsics.Fma(a71.Z, b71.X, c64);
                c65 = GpuIntrinsics.Fma(a71.Z, b71.Y, c65);
                c66 = GpuIntrinsics.Fma(a71.Z, b71.Z, c66);
                c67 = GpuIntrinsics.Fma(a71.Z, b71.W, c67);
                c70 = GpuIntrinsics.Fma(a71.W, b70.X, c70);
                c71 = GpuIntrinsics.Fma(a71.W, b70.Y, c71);
                c72 = GpuIntrinsics.Fma(a71.W, b70.Z, c72);
                c73 = GpuIntrinsics.Fma(a71.W, b70.W, c73);
                c74 = GpuIntrinsics.Fma(a71.W, b71.X, c74);
                c75 = GpuIntrinsics.Fma(a71.W, b71.Y, c75);
                c76 = GpuIntrinsics.Fma(a71.W, b71.Z, c76);
                c77 = GpuIntrinsics.Fma(a71.W, b71.W, c77);
            }
            GpuIntrinsics.Barrier();
        }
        var target = (long)split * m * n;
        row += blockRow * 8;
        column += blockColumn * 8;
        if (row + 0 < m)
        {
            var at = target + (long)(row + 0) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c00;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c01;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c02;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c03;
            if (column + 4 < n)
                y[at + 4] = (add == 1 ? y[at + 4] : 0f) + c04;
            if (column + 5 < n)
                y[at + 5] = (add == 1 ? y[at + 5] : 0f) + c05;
            if (column + 6 < n)
                y[at + 6] = (add == 1 ? y[at + 6] : 0f) + c06;
            if (column + 7 < n)
                y[at + 7] = (add == 1 ? y[at + 7] : 0f) + c07;
        }
        if (row + 1 < m)
        {
            var at = target + (long)(row + 1) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c10;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c11;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c12;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c13;
            if (column + 4 < n)
                y[at + 4] = (add == 1 ? y[at + 4] : 0f) + c14;
            if (column + 5 < n)
                y[at + 5] = (add == 1 ? y[at + 5] : 0f) + c15;
            if (column + 6 < n)
                y[at + 6] = (add == 1 ? y[at + 6] : 0f) + c16;
            if (column + 7 < n)
                y[at + 7] = (add == 1 ? y[at + 7] : 0f) + c17;
        }
        if (row + 2 < m)
        {
            var at = target + (long)(row + 2) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c20;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c21;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c22;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c23;
            if (column + 4 < n)
                y[at + 4] = (add == 1 ? y[at + 4] : 0f) + c24;
            if (column + 5 < n)
                y[at + 5] = (add == 1 ? y[at + 5] : 0f) + c25;
            if (column + 6 < n)
                y[at + 6] = (add == 1 ? y[at + 6] : 0f) + c26;
            if (column + 7 < n)
                y[at + 7] = (add == 1 ? y[at + 7] : 0f) + c27;
        }
        if (row + 3 < m)
        {
            var at = target + (long)(row + 3) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c30;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c31;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c32;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c33;
            if (column + 4 < n)
                y[at + 4] = (add == 1 ? y[at + 4] : 0f) + c34;
            if (column + 5 < n)
                y[at + 5] = (add == 1 ? y[at + 5] : 0f) + c35;
            if (column + 6 < n)
                y[at + 6] = (add == 1 ? y[at + 6] : 0f) + c36;
            if (column + 7 < n)
                y[at + 7] = (add == 1 ? y[at + 7] : 0f) + c37;
        }
        if (row + 4 < m)
        {
            var at = target + (long)(row + 4) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c40;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c41;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c42;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c43;
            if (column + 4 < n)
                y[at + 4] = (add == 1 ? y[at + 4] : 0f) + c44;
            if (column + 5 < n)
                y[at + 5] = (add == 1 ? y[at + 5] : 0f) + c45;
            if (column + 6 < n)
                y[at + 6] = (add == 1 ? y[at + 6] : 0f) + c46;
            if (column + 7 < n)
                y[at + 7] = (add == 1 ? y[at + 7] : 0f) + c47;
        }
        if (row + 5 < m)
        {
            var at = target + (long)(row + 5) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c50;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c51;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c52;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c53;
            if (column + 4 < n)
                y[at + 4] = (add == 1 ? y[at + 4] : 0f) + c54;
            if (column + 5 < n)
                y[at + 5] = (add == 1 ? y[at + 5] : 0f) + c55;
            if (column + 6 < n)
                y[at + 6] = (add == 1 ? y[at + 6] : 0f) + c56;
            if (column + 7 < n)
                y[at + 7] = (add == 1 ? y[at + 7] : 0f) + c57;
        }
        if (row + 6 < m)
        {
            var at = target + (long)(row + 6) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c60;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c61;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c62;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c63;
            if (column + 4 < n)
                y[at + 4] = (add == 1 ? y[at + 4] : 0f) + c64;
            if (column + 5 < n)
                y[at + 5] = (add == 1 ? y[at + 5] : 0f) + c65;
            if (column + 6 < n)
                y[at + 6] = (add == 1 ? y[at + 6] : 0f) + c66;
            if (column + 7 < n)
                y[at + 7] = (add == 1 ? y[at + 7] : 0f) + c67;
        }
        if (row + 7 < m)
        {
            var at = target + (long)(row + 7) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c70;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c71;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c72;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c73;
            if (column + 4 < n)
                y[at + 4] = (add == 1 ? y[at + 4] : 0f) + c74;
            if (column + 5 < n)
                y[at + 5] = (add == 1 ? y[at + 5] : 0f) + c75;
            if (column + 6 < n)
                y[at + 6] = (add == 1 ? y[at + 6] : 0f) + c76;
            if (column + 7 < n)
                y[at + 7] = (add == 1 ? y[at + 7] : 0f) + c77;
        }
    }

    public const int SmallM = 128, SmallN = 64;

    /// <summary>Tiles of 128 x 64, 8 of k at a time; 8 x 4 a thread.</summary>
    internal static void SmallKernel<TLeft, TRight>(ArrayView<float> a, WeightView w, ArrayView<float> y, int m, int n, int k, int add, int share)
        where TLeft : struct, ILeftTile where TRight : struct, IRightTile
    {
        var tileA = SharedMemory.Allocate<Float4>(264);
        var tileB = SharedMemory.Allocate<Float4>(136);
        var book = SharedMemory.Allocate<float>(16);
        int down = (m + 127) / 128, right = (n + 63) / 64;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 128, column = tile / down * 64;
        int from = split * share, to = from + share < k ? from + share : k;
        int blockRow = Group.IdxX / 16, blockColumn = Group.IdxX % 16;
        default(TRight).Prepare(w, book);
        float c00 = 0f, c01 = 0f, c02 = 0f, c03 = 0f;
        float c10 = 0f, c11 = 0f, c12 = 0f, c13 = 0f;
        float c20 = 0f, c21 = 0f, c22 = 0f, c23 = 0f;
        float c30 = 0f, c31 = 0f, c32 = 0f, c33 = 0f;
        float c40 = 0f, c41 = 0f, c42 = 0f, c43 = 0f;
        float c50 = 0f, c51 = 0f, c52 = 0f, c53 = 0f;
        float c60 = 0f, c61 = 0f, c62 = 0f, c63 = 0f;
        float c70 = 0f, c71 = 0f, c72 = 0f, c73 = 0f;
        for (var step = from; step < to; step += 8)
        {
            default(TLeft).Bring(a, tileA.Cast<float>(), row, step, m, k, 128, 8, 132);
            default(TRight).Bring(w, book, tileB.Cast<float>(), column, step, n, k, 64, 8, 68);
            GpuIntrinsics.Barrier();
            for (var s = 0; s < 8; s += 8)
            {
                var a00 = tileA[(s + 0) * 33 + blockRow * 2 + 0];
                var a01 = tileA[(s + 0) * 33 + blockRow * 2 + 1];
                var b00 = tileB[(s + 0) * 17 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a00.X, b00.X, c00);
                c01 = GpuIntrinsics.Fma(a00.X, b00.Y, c01);
                c02 = GpuIntrinsics.Fma(a00.X, b00.Z, c02);
                c03 = GpuIntrinsics.Fma(a00.X, b00.W, c03);
                c10 = GpuIntrinsics.Fma(a00.Y, b00.X, c10);
                c11 = GpuIntrinsics.Fma(a00.Y, b00.Y, c11);
                c12 = GpuIntrinsics.Fma(a00.Y, b00.Z, c12);
                c13 = GpuIntrinsics.Fma(a00.Y, b00.W, c13);
                c20 = GpuIntrinsics.Fma(a00.Z, b00.X, c20);
                c21 = GpuIntrinsics.Fma(a00.Z, b00.Y, c21);
                c22 = GpuIntrinsics.Fma(a00.Z, b00.Z, c22);
                c23 = GpuIntrinsics.Fma(a00.Z, b00.W, c23);
                c30 = GpuIntrinsics.Fma(a00.W, b00.X, c30);
                c31 = GpuIntrinsics.Fma(a00.W, b00.Y, c31);
                c32 = GpuIntrinsics.Fma(a00.W, b00.Z, c32);
                c33 = GpuIntrinsics.Fma(a00.W, b00.W, c33);
                c40 = GpuIntrinsics.Fma(a01.X, b00.X, c40);
                c41 = GpuIntrinsics.Fma(a01.X, b00.Y, c41);
                c42 = GpuIntrinsics.Fma(a01.X, b00.Z, c42);
                c43 = GpuIntrinsics.Fma(a01.X, b00.W, c43);
                c50 = GpuIntrinsics.Fma(a01.Y, b00.X, c50);
                c51 = GpuIntrinsics.Fma(a01.Y, b00.Y, c51);
                c52 = GpuIntrinsics.Fma(a01.Y, b00.Z, c52);
                c53 = GpuIntrinsics.Fma(a01.Y, b00.W, c53);
                c60 = GpuIntrinsics.Fma(a01.Z, b00.X, c60);
                c61 = GpuIntrinsics.Fma(a01.Z, b00.Y, c61);
                c62 = GpuIntrinsics.Fma(a01.Z, b00.Z, c62);
                c63 = GpuIntrinsics.Fma(a01.Z, b00.W, c63);
                c70 = GpuIntrinsics.Fma(a01.W, b00.X, c70);
                c71 = GpuIntrinsics.Fma(a01.W, b00.Y, c71);
                c72 = GpuIntrinsics.Fma(a01.W, b00.Z, c72);
                c73 = GpuIntrinsics.Fma(a01.W, b00.W, c73);
                var a10 = tileA[(s + 1) * 33 + blockRow * 2 + 0];
                var a11 = tileA[(s + 1) * 33 + blockRow * 2 + 1];
                var b10 = tileB[(s + 1) * 17 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a10.X, b10.X, c00);
                c01 = GpuIntrinsics.Fma(a10.X, b10.Y, c01);
                c02 = GpuIntrinsics.Fma(a10.X, b10.Z, c02);
                c03 = GpuIntrinsics.Fma(a10.X, b10.W, c03);
                c10 = GpuIntrinsics.Fma(a10.Y, b10.X, c10);
                c11 = GpuIntrinsics.Fma(a10.Y, b10.Y, c11);
                c12 = GpuIntrinsics.Fma(a10.Y, b10.Z, c12);
                c13 = GpuIntrinsics.Fma(a10.Y, b10.W, c13);
                c20 = GpuIntrinsics.Fma(a10.Z, b10.X, c20);
                c21 = GpuIntrinsics.Fma(a10.Z, b10.Y, c21);
                c22 = GpuIntrinsics.Fma(a10.Z, b10.Z, c22);
                c23 = GpuIntrinsics.Fma(a10.Z, b10.W, c23);
                c30 = GpuIntrinsics.Fma(a10.W, b10.X, c30);
                c31 = GpuIntrinsics.Fma(a10.W, b10.Y, c31);
                c32 = GpuIntrinsics.Fma(a10.W, b10.Z, c32);
                c33 = GpuIntrinsics.Fma(a10.W, b10.W, c33);
                c40 = GpuIntrinsics.Fma(a11.X, b10.X, c40);
                c41 = GpuIntrinsics.Fma(a11.X, b10.Y, c41);
                c42 = GpuIntrinsics.Fma(a11.X, b10.Z, c42);
                c43 = GpuIntrinsics.Fma(a11.X, b10.W, c43);
                c50 = GpuIntrinsics.Fma(a11.Y, b10.X, c50);
                c51 = GpuIntrinsics.Fma(a11.Y, b10.Y, c51);
                c52 = GpuIntrinsics.Fma(a11.Y, b10.Z, c52);
                c53 = GpuIntrinsics.Fma(a11.Y, b10.W, c53);
                c60 = GpuIntrinsics.Fma(a11.Z, b10.X, c60);
                c61 = GpuIntrinsics.Fma(a11.Z, b10.Y, c61);
                c62 = GpuIntrinsics.Fma(a11.Z, b10.Z, c62);
                c63 = GpuIntrinsics.Fma(a11.Z, b10.W, c63);
                c70 = GpuIntrinsics.Fma(a11.W, b10.X, c70);
                c71 = GpuIntrinsics.Fma(a11.W, b10.Y, c71);
                c72 = GpuIntrinsics.Fma(a11.W, b10.Z, c72);
                c73 = GpuIntrinsics.Fma(a11.W, b10.W, c73);
                var a20 = tileA[(s + 2) * 33 + blockRow * 2 + 0];
                var a21 = tileA[(s + 2) * 33 + blockRow * 2 + 1];
                var b20 = tileB[(s + 2) * 17 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a20.X, b20.X, c00);
                c01 = GpuIntrinsics.Fma(a20.X, b20.Y, c01);
                c02 = GpuIntrinsics.Fma(a20.X, b20.Z, c02);
                c03 = GpuIntrinsics.Fma(a20.X, b20.W, c03);
                c10 = GpuIntrinsics.Fma(a20.Y, b20.X, c10);
                c11 = GpuIntrinsics.Fma(a20.Y, b20.Y, c11);
                c12 = GpuIntrinsics.Fma(a20.Y, b20.Z, c12);
                c13 = GpuIntrinsics.Fma(a20.Y, b20.W, c13);
                c20 = GpuIntrinsics.Fma(a20.Z, b20.X, c20);
                c21 = GpuIntrinsics.Fma(a20.Z, b20.Y, c21);
                c22 = GpuIntrinsics.Fma(a20.Z, b20.Z, c22);
                c23 = GpuIntrinsics.Fma(a20.Z, b20.W, c23);
                c30 = GpuIntrinsics.Fma(a20.W, b20.X, c30);
                c31 = GpuIntrinsics.Fma(a20.W, b20.Y, c31);
                c32 = GpuIntrinsics.Fma(a20.W, b20.Z, c32);
                c33 = GpuIntrinsics.Fma(a20.W, b20.W, c33);
                c40 = GpuIntrinsics.Fma(a21.X, b20.X, c40);
                c41 = GpuIntrinsics.Fma(a21.X, b20.Y, c41);
                c42 = GpuIntrinsics.Fma(a21.X, b20.Z, c42);
                c43 = GpuIntrinsics.Fma(a21.X, b20.W, c43);
                c50 = GpuIntrinsics.Fma(a21.Y, b20.X, c50);
                c51 = GpuIntrinsics.Fma(a21.Y, b20.Y, c51);
                c52 = GpuIntrinsics.Fma(a21.Y, b20.Z, c52);
                c53 = GpuIntrinsics.Fma(a21.Y, b20.W, c53);
                c60 = GpuIntrinsics.Fma(a21.Z, b20.X, c60);
                c61 = GpuIntrinsics.Fma(a21.Z, b20.Y, c61);
                c62 = GpuIntrinsics.Fma(a21.Z, b20.Z, c62);
                c63 = GpuIntrinsics.Fma(a21.Z, b20.W, c63);
                c70 = GpuIntrinsics.Fma(a21.W, b20.X, c70);
                c71 = GpuIntrinsics.Fma(a21.W, b20.Y, c71);
                c72 = GpuIntrinsics.Fma(a21.W, b20.Z, c72);
                c73 = GpuIntrinsics.Fma(a21.W, b20.W, c73);
                var a30 = tileA[(s + 3) * 33 + blockRow * 2 + 0];
                var a31 = tileA[(s + 3) * 33 + blockRow * 2 + 1];
                var b30 = tileB[(s + 3) * 17 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a30.X, b30.X, c00);
                c01 = GpuIntrinsics.Fma(a30.X, b30.Y, c01);
                c02 = GpuIntrinsics.Fma(a30.X, b30.Z, c02);
                c03 = GpuIntrinsics.Fma(a30.X, b30.W, c03);
                c10 = GpuIntrinsics.Fma(a30.Y, b30.X, c10);
                c11 = GpuIntrinsics.Fma(a30.Y, b30.Y, c11);
                c12 = GpuIntrinsics.Fma(a30.Y, b30.Z, c12);
                c13 = GpuIntrinsics.Fma(a30.Y, b30.W, c13);
                c20 = GpuIntrinsics.Fma(a30.Z, b30.X, c20);
                c21 = GpuIntrinsics.Fma(a30.Z, b30.Y, c21);
                c22 = GpuIntrinsics.Fma(a30.Z, b30.Z, c22);
                c23 = GpuIntrinsics.Fma(a30.Z, b30.W, c23);
                c30 = GpuIntrinsics.Fma(a30.W, b30.X, c30);
                c31 = GpuIntrinsics.Fma(a30.W, b30.Y, c31);
                c32 = GpuIntrinsics.Fma(a30.W, b30.Z, c32);
                c33 = GpuIntrinsics.Fma(a30.W, b30.W, c33);
                c40 = GpuIntrinsics.Fma(a31.X, b30.X, c40);
                c41 = GpuIntrinsics.Fma(a31.X, b30.Y, c41);
                c42 = GpuIntrinsics.Fma(a31.X, b30.Z, c42);
                c43 = GpuIntrinsics.Fma(a31.X, b30.W, c43);
                c50 = GpuIntrinsics.Fma(a31.Y, b30.X, c50);
                c51 = GpuIntrinsics.Fma(a31.Y, b30.Y, c51);
                c52 = GpuIntrinsics.Fma(a31.Y, b30.Z, c52);
                c53 = GpuIntrinsics.Fma(a31.Y, b30.W, c53);
                c60 = GpuIntrinsics.Fma(a31.Z, b30.X, c60);
                c61 = GpuIntrinsics.Fma(a31.Z, b30.Y, c61);
                c62 = GpuIntrinsics.Fma(a31.Z, b30.Z, c62);
                c63 = GpuIntrinsics.Fma(a31.Z, b30.W, c63);
                c70 = GpuIntrinsics.Fma(a31.W, b30.X, c70);
                c71 = GpuIntrinsics.Fma(a31.W, b30.Y, c71);
                c72 = GpuIntrinsics.Fma(a31.W, b30.Z, c72);
                c73 = GpuIntrinsics.Fma(a31.W, b30.W, c73);
                var a40 = tileA[(s + 4) * 33 + blockRow * 2 + 0];
                var a41 = tileA[(s + 4) * 33 + blockRow * 2 + 1];
                var b40 = tileB[(s + 4) * 17 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a40.X, b40.X, c00);
                c01 = GpuIntrinsics.Fma(a40.X, b40.Y, c01);
                c02 = GpuIntrinsics.Fma(a40.X, b40.Z, c02);
                c03 = GpuIntrinsics.Fma(a40.X, b40.W, c03);
                c10 = GpuIntrinsics.Fma(a40.Y, b40.X, c10);
                c11 = GpuIntrinsics.Fma(a40.Y, b40.Y, c11);
                c12 = GpuIntrinsics.Fma(a40.Y, b40.Z, c12);
                c13 = GpuIntrinsics.Fma(a40.Y, b40.W, c13);
                c20 = GpuIntrinsics.Fma(a40.Z, b40.X, c20);
                c21 = GpuIntrinsics.Fma(a40.Z, b40.Y, c21);
                c22 = GpuIntrinsics.Fma(a40.Z, b40.Z, c22);
                c23 = GpuIntrinsics.Fma(a40.Z, b40.W, c23);
                c30 = GpuIntrinsics.Fma(a40.W, b40.X, c30);
                c31 = GpuIntrinsics.Fma(a40.W, b40.Y, c31);
                c32 = GpuIntrinsics.Fma(a40.W, b40.Z, c32);
                c33 = GpuIntrinsics.Fma(a40.W, b40.W, c33);
                c40 = GpuIntrinsics.Fma(a41.X, b40.X, c40);
                c41 = GpuIntrinsics.Fma(a41.X, b40.Y, c41);
                c42 = GpuIntrinsics.Fma(a41.X, b40.Z, c42);
                c43 = GpuIntrinsics.Fma(a41.X, b40.W, c43);
                c50 = GpuIntrinsics.Fma(a41.Y, b40.X, c50);
                c51 = GpuIntrinsics.Fma(a41.Y, b40.Y, c51);
                c52 = GpuIntrinsics.Fma(a41.Y, b40.Z, c52);
                c53 = GpuIntrinsics.Fma(a41.Y, b40.W, c53);
                c60 = GpuIntrinsics.Fma(a41.Z, b40.X, c60);
                c61 = GpuIntrinsics.Fma(a41.Z, b40.Y, c61);
                c62 = GpuIntrinsics.Fma(a41.Z, b40.Z, c62);
                c63 = GpuIntrinsics.Fma(a41.Z, b40.W, c63);
                c70 = GpuIntrinsics.Fma(a41.W, b40.X, c70);
                c71 = GpuIntrinsics.Fma(a41.W, b40.Y, c71);
                c72 = GpuIntrinsics.Fma(a41.W, b40.Z, c72);
                c73 = GpuIntrinsics.Fma(a41.W, b40.W, c73);
                var a50 = tileA[(s + 5) * 33 + blockRow * 2 + 0];
                var a51 = tileA[(s + 5) * 33 + blockRow * 2 + 1];
                var b50 = tileB[(s + 5) * 17 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a50.X, b50.X, c00);
                c01 = GpuIntrinsics.Fma(a50.X, b50.Y, c01);
                c02 = GpuIntrinsics.Fma(a50.X, b50.Z, c02);
                c03 = GpuIntrinsics.Fma(a50.X, b50.W, c03);
                c10 = GpuIntrinsics.Fma(a50.Y, b50.X, c10);
                c11 = GpuIntrinsics.Fma(a50.Y, b50.Y, c11);
                c12 = GpuIntrinsics.Fma(a50.Y, b50.Z, c12);
                c13 = GpuIntrinsics.Fma(a50.Y, b50.W, c13);
                c20 = GpuIntrinsics.Fma(a50.Z, b50.X, c20);
                c21 = GpuIntrinsics.Fma(a50.Z, b50.Y, c21);
                c22 = GpuIntrinsics.Fma(a50.Z, b50.Z, c22);
                c23 = GpuIntrinsics.Fma(a50.Z, b50.W, c23);
                c30 = GpuIntrinsics.Fma(a50.W, b50.X, c30);
                c31 = GpuIntrinsics.Fma(a50.W, b50.Y, c31);
                c32 = GpuIntrinsics.Fma(a50.W, b50.Z, c32);
                c33 = GpuIntrinsics.Fma(a50.W, b50.W, c33);
                c40 = GpuIntrinsics.Fma(a51.X, b50.X, c40);
                c41 = GpuIntrinsics.Fma(a51.X, b50.Y, c41);
                c42 = GpuIntrinsics.Fma(a51.X, b50.Z, c42);
                c43 = GpuIntrinsics.Fma(a51.X, b50.W, c43);
                c50 = GpuIntrinsics.Fma(a51.Y, b50.X, c50);
                c51 = GpuIntrinsics.Fma(a51.Y, b50.Y, c51);
                c52 = GpuIntrinsics.Fma(a51.Y, b50.Z, c52);
                c53 = GpuIntrinsics.Fma(a51.Y, b50.W, c53);
                c60 = GpuIntrinsics.Fma(a51.Z, b50.X, c60);
                c61 = GpuIntrinsics.Fma(a51.Z, b50.Y, c61);
                c62 = GpuIntrinsics.Fma(a51.Z, b50.Z, c62);
                c63 = GpuIntrinsics.Fma(a51.Z, b50.W, c63);
                c70 = GpuIntrinsics.Fma(a51.W, b50.X, c70);
                c71 = GpuIntrinsics.Fma(a51.W, b50.Y, c71);
                c72 = GpuIntrinsics.Fma(a51.W, b50.Z, c72);
                c73 = GpuIntrinsics.Fma(a51.W, b50.W, c73);
                var a60 = tileA[(s + 6) * 33 + blockRow * 2 + 0];
                var a61 = tileA[(s + 6) * 33 + blockRow * 2 + 1];
                var b60 = tileB[(s + 6) * 17 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a60.X, b60.X, c00);
                c01 = GpuIntrinsics.Fma(a60.X, b60.Y, c01);
                c02 = GpuIntrinsics.Fma(a60.X, b60.Z, c02);
                c03 = GpuIntrinsics.Fma(a60.X, b60.W, c03);
                c10 = GpuIntrinsics.Fma(a60.Y, b60.X, c10);
                c11 = GpuIntrinsics.Fma(a60.Y, b60.Y, c11);
                c12 = GpuIntrinsics.Fma(a60.Y, b60.Z, c12);
                c13 = GpuIntrinsics.Fma(a60.Y, b60.W, c13);
                c20 = GpuIntrinsics.Fma(a60.Z, b60.X, c20);
                c21 = GpuIntrinsics.Fma(a60.Z, b60.Y, c21);
                c22 = GpuIntrinsics.Fma(a60.Z, b60.Z, c22);
                c23 = GpuIntrinsics.Fma(a60.Z, b60.W, c23);
                c30 = GpuIntrinsics.Fma(a60.W, b60.X, c30);
                c31 = GpuIntrinsics.Fma(a60.W, b60.Y, c31);
                c32 = GpuIntrinsics.Fma(a60.W, b60.Z, c32);
                c33 = GpuIntrinsics.Fma(a60.W, b60.W, c33);
                c40 = GpuIntrinsics.Fma(a61.X, b60.X, c40);
                c41 = GpuIntrinsics.Fma(a61.X, b60.Y, c41);
                c42 = GpuIntrinsics.Fma(a61.X, b60.Z, c42);
                c43 = GpuIntrinsics.Fma(a61.X, b60.W, c43);
                c50 = GpuIntrinsics.Fma(a61.Y, b60.X, c50);
                c51 = GpuIntrinsics.Fma(a61.Y, b60.Y, c51);
                c52 = GpuIntrinsics.Fma(a61.Y, b60.Z, c52);
                c53 = GpuIntrinsics.Fma(a61.Y, b60.W, c53);
                c60 = GpuIntrinsics.Fma(a61.Z, b60.X, c60);
                c61 = GpuIntrinsics.Fma(a61.Z, b60.Y, c61);
                c62 = GpuIntrinsics.Fma(a61.Z, b60.Z, c62);
                c63 = GpuIntrinsics.Fma(a61.Z, b60.W, c63);
                c70 = GpuIntrinsics.Fma(a61.W, b60.X, c70);
                c71 = GpuIntrinsics.Fma(a61.W, b60.Y, c71);
                c72 = GpuIntrinsics.Fma(a61.W, b60.Z, c72);
                c73 = GpuIntrinsics.Fma(a61.W, b60.W, c73);
                var a70 = tileA[(s + 7) * 33 + blockRow * 2 + 0];
                var a71 = tileA[(s + 7) * 33 + blockRow * 2 + 1];
                var b70 = tileB[(s + 7) * 17 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a70.X, b70.X, c00);
                c01 = GpuIntrinsics.Fma(a70.X, b70.Y, c01);
                c02 = GpuIntrinsics.Fma(a70.X, b70.Z, c02);
                c03 = GpuIntrinsics.Fma(a70.X, b70.W, c03);
                c10 = GpuIntrinsics.Fma(a70.Y, b70.X, c10);
                c11 = GpuIntrinsics.Fma(a70.Y, b70.Y, c11);
                c12 = GpuIntrinsics.Fma(a70.Y, b70.Z, c12);
                c13 = GpuIntrinsics.Fma(a70.Y, b70.W, c13);
                c20 = GpuIntrinsics.Fma(a70.Z, b70.X, c20);
                c21 = GpuIntrinsics.Fma(a70.Z, b70.Y, c21);
                c22 = GpuIntrinsics.Fma(a70.Z, b70.Z, c22);
                c23 = GpuIntrinsics.Fma(a70.Z, b70.W, c23);
                c30 = GpuIntrinsics.Fma(a70.W, b70.X, c30);
                c31 = GpuIntrinsics.Fma(a70.W, b70.Y, c31);
                c32 = GpuIntrinsics.Fma(a70.W, b70.Z, c32);
                c33 = GpuIntrinsics.Fma(a70.W, b70.W, c33);
                c40 = GpuIntrinsics.Fma(a71.X, b70.X, c40);
                c41 = GpuIntrinsics.Fma(a71.X, b70.Y, c41);
                c42 = GpuIntrinsics.Fma(a71.X, b70.Z, c42);
                c43 = GpuIntrinsics.Fma(a71.X, b70.W, c43);
                c50 = GpuIntrinsics.Fma(a71.Y, b70.X, c50);
                c51 = GpuIntrinsics.Fma(a71.Y, b70.Y, c51);
                c52 = GpuIntrinsics.Fma(a71.Y, b70.Z, c52);
                c53 = GpuIntrinsics.Fma(a71.Y, b70.W, c53);
                c60 = GpuIntrinsics.Fma(a71.Z, b70.X, c60);
                c61 = GpuIntrinsics.Fma(a71.Z, b70.Y, c61);
                c62 = GpuIntrinsics.Fma(a71.Z, b70.Z, c62);
                c63 = GpuIntrinsics.Fma(a71.Z, b70.W, c63);
                c70 = GpuIntrinsics.Fma(a71.W, b70.X, c70);
                c71 = GpuIntrinsics.Fma(a71.W, b70.Y, c71);
                c72 = GpuIntrinsics.Fma(a71.W, b70.Z, c72);
                c73 = GpuIntrinsics.Fma(a71.W, b70.W, c73);
            }
            GpuIntrinsics.Barrier();
        }
        var target = (long)split * m * n;
        row += blockRow * 8;
        column += blockColumn * 4;
        if (row + 0 < m)
        {
            var at = target + (long)(row + 0) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c00;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c01;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c02;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c03;
        }
        if (row + 1 < m)
        {
            var at = target + (long)(row + 1) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c10;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c11;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c12;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c13;
        }
        if (row + 2 < m)
        {
            var at = target + (long)(row + 2) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c20;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c21;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c22;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c23;
        }
        if (row + 3 < m)
        {
            var at = target + (long)(row + 3) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c30;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c31;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c32;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c33;
        }
        if (row + 4 < m)
        {
            var at = target + (long)(row + 4) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c40;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c41;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c42;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c43;
        }
        if (row + 5 < m)
        {
            var at = target + (long)(row + 5) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c50;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c51;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c52;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c53;
        }
        if (row + 6 < m)
        {
            var at = target + (long)(row + 6) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c60;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c61;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c62;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c63;
        }
        if (row + 7 < m)
        {
            var at = target + (long)(row + 7) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c70;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c71;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c72;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c73;
        }
    }

    public const int TallM = 256, TallN = 16;

    /// <summary>Tiles of 256 x 16, 8 of k at a time; 4 x 4 a thread.</summary>
    internal static void TallKernel<TLeft, TRight>(ArrayView<float> a, WeightView w, ArrayView<float> y, int m, int n, int k, int add, int share)
        where TLeft : struct, ILeftTile where TRight : struct, IRightTile
    {
        var tileA = SharedMemory.Allocate<Float4>(520);
        var tileB = SharedMemory.Allocate<Float4>(40);
        var book = SharedMemory.Allocate<float>(16);
        int down = (m + 255) / 256, right = (n + 15) / 16;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 256, column = tile / down * 16;
        int from = split * share, to = from + share < k ? from + share : k;
        int blockRow = Group.IdxX / 4, blockColumn = Group.IdxX % 4;
        default(TRight).Prepare(w, book);
        float c00 = 0f, c01 = 0f, c02 = 0f, c03 = 0f;
        float c10 = 0f, c11 = 0f, c12 = 0f, c13 = 0f;
        float c20 = 0f, c21 = 0f, c22 = 0f, c23 = 0f;
        float c30 = 0f, c31 = 0f, c32 = 0f, c33 = 0f;
        for (var step = from; step < to; step += 8)
        {
            default(TLeft).Bring(a, tileA.Cast<float>(), row, step, m, k, 256, 8, 260);
            default(TRight).Bring(w, book, tileB.Cast<float>(), column, step, n, k, 16, 8, 20);
            GpuIntrinsics.Barrier();
            for (var s = 0; s < 8; s += 8)
            {
                var a00 = tileA[(s + 0) * 65 + blockRow * 1 + 0];
                var b00 = tileB[(s + 0) * 5 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a00.X, b00.X, c00);
                c01 = GpuIntrinsics.Fma(a00.X, b00.Y, c01);
                c02 = GpuIntrinsics.Fma(a00.X, b00.Z, c02);
                c03 = GpuIntrinsics.Fma(a00.X, b00.W, c03);
                c10 = GpuIntrinsics.Fma(a00.Y, b00.X, c10);
                c11 = GpuIntrinsics.Fma(a00.Y, b00.Y, c11);
                c12 = GpuIntrinsics.Fma(a00.Y, b00.Z, c12);
                c13 = GpuIntrinsics.Fma(a00.Y, b00.W, c13);
                c20 = GpuIntrinsics.Fma(a00.Z, b00.X, c20);
                c21 = GpuIntrinsics.Fma(a00.Z, b00.Y, c21);
                c22 = GpuIntrinsics.Fma(a00.Z, b00.Z, c22);
                c23 = GpuIntrinsics.Fma(a00.Z, b00.W, c23);
                c30 = GpuIntrinsics.Fma(a00.W, b00.X, c30);
                c31 = GpuIntrinsics.Fma(a00.W, b00.Y, c31);
                c32 = GpuIntrinsics.Fma(a00.W, b00.Z, c32);
                c33 = GpuIntrinsics.Fma(a00.W, b00.W, c33);
                var a10 = tileA[(s + 1) * 65 + blockRow * 1 + 0];
                var b10 = tileB[(s + 1) * 5 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a10.X, b10.X, c00);
                c01 = GpuIntrinsics.Fma(a10.X, b10.Y, c01);
                c02 = GpuIntrinsics.Fma(a10.X, b10.Z, c02);
                c03 = GpuIntrinsics.Fma(a10.X, b10.W, c03);
                c10 = GpuIntrinsics.Fma(a10.Y, b10.X, c10);
                c11 = GpuIntrinsics.Fma(a10.Y, b10.Y, c11);
                c12 = GpuIntrinsics.Fma(a10.Y, b10.Z, c12);
                c13 = GpuIntrinsics.Fma(a10.Y, b10.W, c13);
                c20 = GpuIntrinsics.Fma(a10.Z, b10.X, c20);
                c21 = GpuIntrinsics.Fma(a10.Z, b10.Y, c21);
                c22 = GpuIntrinsics.Fma(a10.Z, b10.Z, c22);
                c23 = GpuIntrinsics.Fma(a10.Z, b10.W, c23);
                c30 = GpuIntrinsics.Fma(a10.W, b10.X, c30);
                c31 = GpuIntrinsics.Fma(a10.W, b10.Y, c31);
                c32 = GpuIntrinsics.Fma(a10.W, b10.Z, c32);
                c33 = GpuIntrinsics.Fma(a10.W, b10.W, c33);
                var a20 = tileA[(s + 2) * 65 + blockRow * 1 + 0];
                var b20 = tileB[(s + 2) * 5 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a20.X, b20.X, c00);
                c01 = GpuIntrinsics.Fma(a20.X, b20.Y, c01);
                c02 = GpuIntrinsics.Fma(a20.X, b20.Z, c02);
                c03 = GpuIntrinsics.Fma(a20.X, b20.W, c03);
                c10 = GpuIntrinsics.Fma(a20.Y, b20.X, c10);
                c11 = GpuIntrinsics.Fma(a20.Y, b20.Y, c11);
                c12 = GpuIntrinsics.Fma(a20.Y, b20.Z, c12);
                c13 = GpuIntrinsics.Fma(a20.Y, b20.W, c13);
                c20 = GpuIntrinsics.Fma(a20.Z, b20.X, c20);
                c21 = GpuIntrinsics.Fma(a20.Z, b20.Y, c21);
                c22 = GpuIntrinsics.Fma(a20.Z, b20.Z, c22);
                c23 = GpuIntrinsics.Fma(a20.Z, b20.W, c23);
                c30 = GpuIntrinsics.Fma(a20.W, b20.X, c30);
                c31 = GpuIntrinsics.Fma(a20.W, b20.Y, c31);
                c32 = GpuIntrinsics.Fma(a20.W, b20.Z, c32);
                c33 = GpuIntrinsics.Fma(a20.W, b20.W, c33);
                var a30 = tileA[(s + 3) * 65 + blockRow * 1 + 0];
                var b30 = tileB[(s + 3) * 5 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a30.X, b30.X, c00);
                c01 = GpuIntrinsics.Fma(a30.X, b30.Y, c01);
                c02 = GpuIntrinsics.Fma(a30.X, b30.Z, c02);
                c03 = GpuIntrinsics.Fma(a30.X, b30.W, c03);
                c10 = GpuIntrinsics.Fma(a30.Y, b30.X, c10);
                c11 = GpuIntrinsics.Fma(a30.Y, b30.Y, c11);
                c12 = GpuIntrinsics.Fma(a30.Y, b30.Z, c12);
                c13 = GpuIntrinsics.Fma(a30.Y, b30.W, c13);
                c20 = GpuIntrinsics.Fma(a30.Z, b30.X, c20);
                c21 = GpuIntrinsics.Fma(a30.Z, b30.Y, c21);
                c22 = GpuIntrinsics.Fma(a30.Z, b30.Z, c22);
                c23 = GpuIntrinsics.Fma(a30.Z, b30.W, c23);
                c30 = GpuIntrinsics.Fma(a30.W, b30.X, c30);
                c31 = GpuIntrinsics.Fma(a30.W, b30.Y, c31);
                c32 = GpuIntrinsics.Fma(a30.W, b30.Z, c32);
                c33 = GpuIntrinsics.Fma(a30.W, b30.W, c33);
                var a40 = tileA[(s + 4) * 65 + blockRow * 1 + 0];
                var b40 = tileB[(s + 4) * 5 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a40.X, b40.X, c00);
                c01 = GpuIntrinsics.Fma(a40.X, b40.Y, c01);
                c02 = GpuIntrinsics.Fma(a40.X, b40.Z, c02);
                c03 = GpuIntrinsics.Fma(a40.X, b40.W, c03);
                c10 = GpuIntrinsics.Fma(a40.Y, b40.X, c10);
                c11 = GpuIntrinsics.Fma(a40.Y, b40.Y, c11);
                c12 = GpuIntrinsics.Fma(a40.Y, b40.Z, c12);
                c13 = GpuIntrinsics.Fma(a40.Y, b40.W, c13);
                c20 = GpuIntrinsics.Fma(a40.Z, b40.X, c20);
                c21 = GpuIntrinsics.Fma(a40.Z, b40.Y, c21);
                c22 = GpuIntrinsics.Fma(a40.Z, b40.Z, c22);
                c23 = GpuIntrinsics.Fma(a40.Z, b40.W, c23);
                c30 = GpuIntrinsics.Fma(a40.W, b40.X, c30);
                c31 = GpuIntrinsics.Fma(a40.W, b40.Y, c31);
                c32 = GpuIntrinsics.Fma(a40.W, b40.Z, c32);
                c33 = GpuIntrinsics.Fma(a40.W, b40.W, c33);
                var a50 = tileA[(s + 5) * 65 + blockRow * 1 + 0];
                var b50 = tileB[(s + 5) * 5 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a50.X, b50.X, c00);
                c01 = GpuIntrinsics.Fma(a50.X, b50.Y, c01);
                c02 = GpuIntrinsics.Fma(a50.X, b50.Z, c02);
                c03 = GpuIntrinsics.Fma(a50.X, b50.W, c03);
                c10 = GpuIntrinsics.Fma(a50.Y, b50.X, c10);
                c11 = GpuIntrinsics.Fma(a50.Y, b50.Y, c11);
                c12 = GpuIntrinsics.Fma(a50.Y, b50.Z, c12);
                c13 = GpuIntrinsics.Fma(a50.Y, b50.W, c13);
                c20 = GpuIntrinsics.Fma(a50.Z, b50.X, c20);
                c21 = GpuIntrinsics.Fma(a50.Z, b50.Y, c21);
                c22 = GpuIntrinsics.Fma(a50.Z, b50.Z, c22);
                c23 = GpuIntrinsics.Fma(a50.Z, b50.W, c23);
                c30 = GpuIntrinsics.Fma(a50.W, b50.X, c30);
                c31 = GpuIntrinsics.Fma(a50.W, b50.Y, c31);
                c32 = GpuIntrinsics.Fma(a50.W, b50.Z, c32);
                c33 = GpuIntrinsics.Fma(a50.W, b50.W, c33);
                var a60 = tileA[(s + 6) * 65 + blockRow * 1 + 0];
                var b60 = tileB[(s + 6) * 5 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a60.X, b60.X, c00);
                c01 = GpuIntrinsics.Fma(a60.X, b60.Y, c01);
                c02 = GpuIntrinsics.Fma(a60.X, b60.Z, c02);
                c03 = GpuIntrinsics.Fma(a60.X, b60.W, c03);
                c10 = GpuIntrinsics.Fma(a60.Y, b60.X, c10);
                c11 = GpuIntrinsics.Fma(a60.Y, b60.Y, c11);
                c12 = GpuIntrinsics.Fma(a60.Y, b60.Z, c12);
                c13 = GpuIntrinsics.Fma(a60.Y, b60.W, c13);
                c20 = GpuIntrinsics.Fma(a60.Z, b60.X, c20);
                c21 = GpuIntrinsics.Fma(a60.Z, b60.Y, c21);
                c22 = GpuIntrinsics.Fma(a60.Z, b60.Z, c22);
                c23 = GpuIntrinsics.Fma(a60.Z, b60.W, c23);
                c30 = GpuIntrinsics.Fma(a60.W, b60.X, c30);
                c31 = GpuIntrinsics.Fma(a60.W, b60.Y, c31);
                c32 = GpuIntrinsics.Fma(a60.W, b60.Z, c32);
                c33 = GpuIntrinsics.Fma(a60.W, b60.W, c33);
                var a70 = tileA[(s + 7) * 65 + blockRow * 1 + 0];
                var b70 = tileB[(s + 7) * 5 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a70.X, b70.X, c00);
                c01 = GpuIntrinsics.Fma(a70.X, b70.Y, c01);
                c02 = GpuIntrinsics.Fma(a70.X, b70.Z, c02);
                c03 = GpuIntrinsics.Fma(a70.X, b70.W, c03);
                c10 = GpuIntrinsics.Fma(a70.Y, b70.X, c10);
                c11 = GpuIntrinsics.Fma(a70.Y, b70.Y, c11);
                c12 = GpuIntrinsics.Fma(a70.Y, b70.Z, c12);
                c13 = GpuIntrinsics.Fma(a70.Y, b70.W, c13);
                c20 = GpuIntrinsics.Fma(a70.Z, b70.X, c20);
                c21 = GpuIntrinsics.Fma(a70.Z, b70.Y, c21);
                c22 = GpuIntrinsics.Fma(a70.Z, b70.Z, c22);
                c23 = GpuIntrinsics.Fma(a70.Z, b70.W, c23);
                c30 = GpuIntrinsics.Fma(a70.W, b70.X, c30);
                c31 = GpuIntrinsics.Fma(a70.W, b70.Y, c31);
                c32 = GpuIntrinsics.Fma(a70.W, b70.Z, c32);
                c33 = GpuIntrinsics.Fma(a70.W, b70.W, c33);
            }
            GpuIntrinsics.Barrier();
        }
        var target = (long)split * m * n;
        row += blockRow * 4;
        column += blockColumn * 4;
        if (row + 0 < m)
        {
            var at = target + (long)(row + 0) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c00;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c01;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c02;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c03;
        }
        if (row + 1 < m)
        {
            var at = target + (long)(row + 1) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c10;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c11;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c12;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c13;
        }
        if (row + 2 < m)
        {
            var at = target + (long)(row + 2) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c20;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c21;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c22;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c23;
        }
        if (row + 3 < m)
        {
            var at = target + (long)(row + 3) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c30;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c31;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c32;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c33;
        }
    }

    public const int WideM = 16, WideN = 256;

    /// <summary>Tiles of 16 x 256, 8 of k at a time; 4 x 4 a thread.</summary>
    internal static void WideKernel<TLeft, TRight>(ArrayView<float> a, WeightView w, ArrayView<float> y, int m, int n, int k, int add, int share)
        where TLeft : struct, ILeftTile where TRight : struct, IRightTile
    {
        var tileA = SharedMemory.Allocate<Float4>(40);
        var tileB = SharedMemory.Allocate<Float4>(520);
        var book = SharedMemory.Allocate<float>(16);
        int down = (m + 15) / 16, right = (n + 255) / 256;
        int tile = Grid.IdxX % (down * right), split = Grid.IdxX / (down * right);
        int row = tile % down * 16, column = tile / down * 256;
        int from = split * share, to = from + share < k ? from + share : k;
        int blockRow = Group.IdxX / 64, blockColumn = Group.IdxX % 64;
        default(TRight).Prepare(w, book);
        float c00 = 0f, c01 = 0f, c02 = 0f, c03 = 0f;
        float c10 = 0f, c11 = 0f, c12 = 0f, c13 = 0f;
        float c20 = 0f, c21 = 0f, c22 = 0f, c23 = 0f;
        float c30 = 0f, c31 = 0f, c32 = 0f, c33 = 0f;
        for (var step = from; step < to; step += 8)
        {
            default(TLeft).Bring(a, tileA.Cast<float>(), row, step, m, k, 16, 8, 20);
            default(TRight).Bring(w, book, tileB.Cast<float>(), column, step, n, k, 256, 8, 260);
            GpuIntrinsics.Barrier();
            for (var s = 0; s < 8; s += 8)
            {
                var a00 = tileA[(s + 0) * 5 + blockRow * 1 + 0];
                var b00 = tileB[(s + 0) * 65 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a00.X, b00.X, c00);
                c01 = GpuIntrinsics.Fma(a00.X, b00.Y, c01);
                c02 = GpuIntrinsics.Fma(a00.X, b00.Z, c02);
                c03 = GpuIntrinsics.Fma(a00.X, b00.W, c03);
                c10 = GpuIntrinsics.Fma(a00.Y, b00.X, c10);
                c11 = GpuIntrinsics.Fma(a00.Y, b00.Y, c11);
                c12 = GpuIntrinsics.Fma(a00.Y, b00.Z, c12);
                c13 = GpuIntrinsics.Fma(a00.Y, b00.W, c13);
                c20 = GpuIntrinsics.Fma(a00.Z, b00.X, c20);
                c21 = GpuIntrinsics.Fma(a00.Z, b00.Y, c21);
                c22 = GpuIntrinsics.Fma(a00.Z, b00.Z, c22);
                c23 = GpuIntrinsics.Fma(a00.Z, b00.W, c23);
                c30 = GpuIntrinsics.Fma(a00.W, b00.X, c30);
                c31 = GpuIntrinsics.Fma(a00.W, b00.Y, c31);
                c32 = GpuIntrinsics.Fma(a00.W, b00.Z, c32);
                c33 = GpuIntrinsics.Fma(a00.W, b00.W, c33);
                var a10 = tileA[(s + 1) * 5 + blockRow * 1 + 0];
                var b10 = tileB[(s + 1) * 65 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a10.X, b10.X, c00);
                c01 = GpuIntrinsics.Fma(a10.X, b10.Y, c01);
                c02 = GpuIntrinsics.Fma(a10.X, b10.Z, c02);
                c03 = GpuIntrinsics.Fma(a10.X, b10.W, c03);
                c10 = GpuIntrinsics.Fma(a10.Y, b10.X, c10);
                c11 = GpuIntrinsics.Fma(a10.Y, b10.Y, c11);
                c12 = GpuIntrinsics.Fma(a10.Y, b10.Z, c12);
                c13 = GpuIntrinsics.Fma(a10.Y, b10.W, c13);
                c20 = GpuIntrinsics.Fma(a10.Z, b10.X, c20);
                c21 = GpuIntrinsics.Fma(a10.Z, b10.Y, c21);
                c22 = GpuIntrinsics.Fma(a10.Z, b10.Z, c22);
                c23 = GpuIntrinsics.Fma(a10.Z, b10.W, c23);
                c30 = GpuIntrinsics.Fma(a10.W, b10.X, c30);
                c31 = GpuIntrinsics.Fma(a10.W, b10.Y, c31);
                c32 = GpuIntrinsics.Fma(a10.W, b10.Z, c32);
                c33 = GpuIntrinsics.Fma(a10.W, b10.W, c33);
                var a20 = tileA[(s + 2) * 5 + blockRow * 1 + 0];
                var b20 = tileB[(s + 2) * 65 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a20.X, b20.X, c00);
                c01 = GpuIntrinsics.Fma(a20.X, b20.Y, c01);
                c02 = GpuIntrinsics.Fma(a20.X, b20.Z, c02);
                c03 = GpuIntrinsics.Fma(a20.X, b20.W, c03);
                c10 = GpuIntrinsics.Fma(a20.Y, b20.X, c10);
                c11 = GpuIntrinsics.Fma(a20.Y, b20.Y, c11);
                c12 = GpuIntrinsics.Fma(a20.Y, b20.Z, c12);
                c13 = GpuIntrinsics.Fma(a20.Y, b20.W, c13);
                c20 = GpuIntrinsics.Fma(a20.Z, b20.X, c20);
                c21 = GpuIntrinsics.Fma(a20.Z, b20.Y, c21);
                c22 = GpuIntrinsics.Fma(a20.Z, b20.Z, c22);
                c23 = GpuIntrinsics.Fma(a20.Z, b20.W, c23);
                c30 = GpuIntrinsics.Fma(a20.W, b20.X, c30);
                c31 = GpuIntrinsics.Fma(a20.W, b20.Y, c31);
                c32 = GpuIntrinsics.Fma(a20.W, b20.Z, c32);
                c33 = GpuIntrinsics.Fma(a20.W, b20.W, c33);
                var a30 = tileA[(s + 3) * 5 + blockRow * 1 + 0];
                var b30 = tileB[(s + 3) * 65 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a30.X, b30.X, c00);
                c01 = GpuIntrinsics.Fma(a30.X, b30.Y, c01);
                c02 = GpuIntrinsics.Fma(a30.X, b30.Z, c02);
                c03 = GpuIntrinsics.Fma(a30.X, b30.W, c03);
                c10 = GpuIntrinsics.Fma(a30.Y, b30.X, c10);
                c11 = GpuIntrinsics.Fma(a30.Y, b30.Y, c11);
                c12 = GpuIntrinsics.Fma(a30.Y, b30.Z, c12);
                c13 = GpuIntrinsics.Fma(a30.Y, b30.W, c13);
                c20 = GpuIntrinsics.Fma(a30.Z, b30.X, c20);
                c21 = GpuIntrinsics.Fma(a30.Z, b30.Y, c21);
                c22 = GpuIntrinsics.Fma(a30.Z, b30.Z, c22);
                c23 = GpuIntrinsics.Fma(a30.Z, b30.W, c23);
                c30 = GpuIntrinsics.Fma(a30.W, b30.X, c30);
                c31 = GpuIntrinsics.Fma(a30.W, b30.Y, c31);
                c32 = GpuIntrinsics.Fma(a30.W, b30.Z, c32);
                c33 = GpuIntrinsics.Fma(a30.W, b30.W, c33);
                var a40 = tileA[(s + 4) * 5 + blockRow * 1 + 0];
                var b40 = tileB[(s + 4) * 65 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a40.X, b40.X, c00);
                c01 = GpuIntrinsics.Fma(a40.X, b40.Y, c01);
                c02 = GpuIntrinsics.Fma(a40.X, b40.Z, c02);
                c03 = GpuIntrinsics.Fma(a40.X, b40.W, c03);
                c10 = GpuIntrinsics.Fma(a40.Y, b40.X, c10);
                c11 = GpuIntrinsics.Fma(a40.Y, b40.Y, c11);
                c12 = GpuIntrinsics.Fma(a40.Y, b40.Z, c12);
                c13 = GpuIntrinsics.Fma(a40.Y, b40.W, c13);
                c20 = GpuIntrinsics.Fma(a40.Z, b40.X, c20);
                c21 = GpuIntrinsics.Fma(a40.Z, b40.Y, c21);
                c22 = GpuIntrinsics.Fma(a40.Z, b40.Z, c22);
                c23 = GpuIntrinsics.Fma(a40.Z, b40.W, c23);
                c30 = GpuIntrinsics.Fma(a40.W, b40.X, c30);
                c31 = GpuIntrinsics.Fma(a40.W, b40.Y, c31);
                c32 = GpuIntrinsics.Fma(a40.W, b40.Z, c32);
                c33 = GpuIntrinsics.Fma(a40.W, b40.W, c33);
                var a50 = tileA[(s + 5) * 5 + blockRow * 1 + 0];
                var b50 = tileB[(s + 5) * 65 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a50.X, b50.X, c00);
                c01 = GpuIntrinsics.Fma(a50.X, b50.Y, c01);
                c02 = GpuIntrinsics.Fma(a50.X, b50.Z, c02);
                c03 = GpuIntrinsics.Fma(a50.X, b50.W, c03);
                c10 = GpuIntrinsics.Fma(a50.Y, b50.X, c10);
                c11 = GpuIntrinsics.Fma(a50.Y, b50.Y, c11);
                c12 = GpuIntrinsics.Fma(a50.Y, b50.Z, c12);
                c13 = GpuIntrinsics.Fma(a50.Y, b50.W, c13);
                c20 = GpuIntrinsics.Fma(a50.Z, b50.X, c20);
                c21 = GpuIntrinsics.Fma(a50.Z, b50.Y, c21);
                c22 = GpuIntrinsics.Fma(a50.Z, b50.Z, c22);
                c23 = GpuIntrinsics.Fma(a50.Z, b50.W, c23);
                c30 = GpuIntrinsics.Fma(a50.W, b50.X, c30);
                c31 = GpuIntrinsics.Fma(a50.W, b50.Y, c31);
                c32 = GpuIntrinsics.Fma(a50.W, b50.Z, c32);
                c33 = GpuIntrinsics.Fma(a50.W, b50.W, c33);
                var a60 = tileA[(s + 6) * 5 + blockRow * 1 + 0];
                var b60 = tileB[(s + 6) * 65 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a60.X, b60.X, c00);
                c01 = GpuIntrinsics.Fma(a60.X, b60.Y, c01);
                c02 = GpuIntrinsics.Fma(a60.X, b60.Z, c02);
                c03 = GpuIntrinsics.Fma(a60.X, b60.W, c03);
                c10 = GpuIntrinsics.Fma(a60.Y, b60.X, c10);
                c11 = GpuIntrinsics.Fma(a60.Y, b60.Y, c11);
                c12 = GpuIntrinsics.Fma(a60.Y, b60.Z, c12);
                c13 = GpuIntrinsics.Fma(a60.Y, b60.W, c13);
                c20 = GpuIntrinsics.Fma(a60.Z, b60.X, c20);
                c21 = GpuIntrinsics.Fma(a60.Z, b60.Y, c21);
                c22 = GpuIntrinsics.Fma(a60.Z, b60.Z, c22);
                c23 = GpuIntrinsics.Fma(a60.Z, b60.W, c23);
                c30 = GpuIntrinsics.Fma(a60.W, b60.X, c30);
                c31 = GpuIntrinsics.Fma(a60.W, b60.Y, c31);
                c32 = GpuIntrinsics.Fma(a60.W, b60.Z, c32);
                c33 = GpuIntrinsics.Fma(a60.W, b60.W, c33);
                var a70 = tileA[(s + 7) * 5 + blockRow * 1 + 0];
                var b70 = tileB[(s + 7) * 65 + blockColumn * 1 + 0];
                c00 = GpuIntrinsics.Fma(a70.X, b70.X, c00);
                c01 = GpuIntrinsics.Fma(a70.X, b70.Y, c01);
                c02 = GpuIntrinsics.Fma(a70.X, b70.Z, c02);
                c03 = GpuIntrinsics.Fma(a70.X, b70.W, c03);
                c10 = GpuIntrinsics.Fma(a70.Y, b70.X, c10);
                c11 = GpuIntrinsics.Fma(a70.Y, b70.Y, c11);
                c12 = GpuIntrinsics.Fma(a70.Y, b70.Z, c12);
                c13 = GpuIntrinsics.Fma(a70.Y, b70.W, c13);
                c20 = GpuIntrinsics.Fma(a70.Z, b70.X, c20);
                c21 = GpuIntrinsics.Fma(a70.Z, b70.Y, c21);
                c22 = GpuIntrinsics.Fma(a70.Z, b70.Z, c22);
                c23 = GpuIntrinsics.Fma(a70.Z, b70.W, c23);
                c30 = GpuIntrinsics.Fma(a70.W, b70.X, c30);
                c31 = GpuIntrinsics.Fma(a70.W, b70.Y, c31);
                c32 = GpuIntrinsics.Fma(a70.W, b70.Z, c32);
                c33 = GpuIntrinsics.Fma(a70.W, b70.W, c33);
            }
            GpuIntrinsics.Barrier();
        }
        var target = (long)split * m * n;
        row += blockRow * 4;
        column += blockColumn * 4;
        if (row + 0 < m)
        {
            var at = target + (long)(row + 0) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c00;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c01;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c02;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c03;
        }
        if (row + 1 < m)
        {
            var at = target + (long)(row + 1) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c10;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c11;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c12;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c13;
        }
        if (row + 2 < m)
        {
            var at = target + (long)(row + 2) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c20;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c21;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c22;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c23;
        }
        if (row + 3 < m)
        {
            var at = target + (long)(row + 3) * n + column;
            if (column + 0 < n)
                y[at + 0] = (add == 1 ? y[at + 0] : 0f) + c30;
            if (column + 1 < n)
                y[at + 1] = (add == 1 ? y[at + 1] : 0f) + c31;
            if (column + 2 < n)
                y[at + 2] = (add == 1 ? y[at + 2] : 0f) + c32;
            if (column + 3 < n)
                y[at + 3] = (add == 1 ? y[at + 3] : 0f) + c33;
        }
    }
}
