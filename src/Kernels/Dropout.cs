using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace PureLora.Kernels;

/// <summary>What one module's mask is drawn from in one optimizer step. A plain struct, so that a GPU kernel can take it.</summary>
struct DropoutMask
{
    public ulong Key;
    public uint Step;

    /// <summary>A feature is kept when its 24 random bits reach this: exactly when they, over 2^24, reach p.</summary>
    public uint Threshold;

    /// <summary>1 / (1 - p), which keeps the expectation.</summary>
    public float Scale;

    public static DropoutMask Of(ulong seed, int step, string module, double p) => new()
    {
        Key = Philox.Key(seed, module),
        Step = (uint)step,
        Threshold = (uint)Math.Ceiling(p * 16777216),
        Scale = (float)(1 / (1 - p)),
    };
}

/// <summary>
/// y = x / (1 - p) where the mask keeps, 0 elsewhere. Backward: dx += dy / (1 - p) where the same mask keeps. The mask
/// is never stored: feature f of a row is word f mod 4 of the Philox block keyed by (seed, module) with the counter
/// (f / 4, position, example, step). Dropout, Srivastava et al., JMLR 15 (2014).
/// </summary>
static unsafe class Dropout
{
    const int Grain = 4096;

    /// <summary>Rows x of a length; examples and positions name each row.</summary>
    public static void Forward(Device device, FloatBuffer x, int columns, IntBuffer examples, IntBuffer positions, DropoutMask mask, FloatBuffer y) => device.Launch(
        host => host.For(x.Length / columns, 1 + Grain / columns, (from, to) =>
        {
            for (var row = from; row < to; row++)
                ForwardRow(x.Pointer + (long)row * columns, y.Pointer + (long)row * columns, columns, (uint)examples.Pointer[row], (uint)positions.Pointer[row], mask);
        }),
        gpu => gpu.Run(ForwardKernel, x.Length / columns * Blocks(columns), x.View, examples.View, positions.View, columns, mask, y.View));

    public static void Backward(Device device, FloatBuffer dy, int columns, IntBuffer examples, IntBuffer positions, DropoutMask mask, FloatBuffer dx) => device.Launch(
        host => host.For(dy.Length / columns, 1 + Grain / columns, (from, to) =>
        {
            for (var row = from; row < to; row++)
                BackwardRow(dy.Pointer + (long)row * columns, dx.Pointer + (long)row * columns, columns, (uint)examples.Pointer[row], (uint)positions.Pointer[row], mask);
        }),
        gpu => gpu.Run(BackwardKernel, dy.Length / columns * Blocks(columns), dy.View, examples.View, positions.View, columns, mask, dx.View));

    static void ForwardRow(float* x, float* y, int columns, uint example, uint position, DropoutMask mask)
    {
        var bits = stackalloc uint[16];
        var scale = Vector512.Create(mask.Scale);
        for (var i = 0; i < columns; i += 16)
        {
            Draw(bits, i, example, position, mask);
            if (i + 16 <= columns)
                (Kept(bits, mask) & (Vector512.Load(x + i) * scale).AsUInt32()).AsSingle().Store(y + i);
            else
                for (var j = i; j < columns; j++)
                    y[j] = Keeps(bits[j - i], mask) ? x[j] * mask.Scale : 0f;
        }
    }

    static void BackwardRow(float* dy, float* dx, int columns, uint example, uint position, DropoutMask mask)
    {
        var bits = stackalloc uint[16];
        var scale = Vector512.Create(mask.Scale);
        for (var i = 0; i < columns; i += 16)
        {
            Draw(bits, i, example, position, mask);
            if (i + 16 <= columns)
            {
                var before = Vector512.Load(dx + i);
                var after = Vector512.FusedMultiplyAdd(Vector512.Load(dy + i), scale, before);
                Vector512.ConditionalSelect(Kept(bits, mask).AsSingle(), after, before).Store(dx + i);
            }
            else
                for (var j = i; j < columns; j++)
                    if (Keeps(bits[j - i], mask))
                        dx[j] = float.FusedMultiplyAdd(dy[j], mask.Scale, dx[j]);
        }
    }

    /// <summary>The words of features <paramref name="first"/> (a multiple of 16) and the fifteen after it.</summary>
    static void Draw(uint* bits, int first, uint example, uint position, DropoutMask mask)
    {
        for (var block = 0; block < 4; block++)
            *(PhiloxBlock*)(bits + 4 * block) = Philox.Block(mask.Key, (uint)(first / 4 + block), position, example, mask.Step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<uint> Kept(uint* bits, DropoutMask mask) =>
        Vector512.GreaterThanOrEqual(Vector512.ShiftRightLogical(Vector512.Load(bits), 8), Vector512.Create(mask.Threshold));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool Keeps(uint bits, DropoutMask mask) => bits >> 8 >= mask.Threshold;

    static int Blocks(int columns) => (columns + 3) / 4;

    static void ForwardKernel(ArrayView<float> x, ArrayView<int> examples, ArrayView<int> positions, int columns, DropoutMask mask, ArrayView<float> y)
    {
        var blocks = (columns + 3) / 4;
        for (var i = Grid.GlobalIndex.X; i < examples.Length * blocks; i += Grid.DimX * Group.DimX)
        {
            int row = i / blocks, f = i % blocks * 4;
            var bits = Philox.Block(mask.Key, (uint)(f / 4), (uint)positions[row], (uint)examples[row], mask.Step);
            var at = (long)row * columns + f;
            y[at] = Keeps(bits.X, mask) ? x[at] * mask.Scale : 0f;
            if (f + 1 < columns)
                y[at + 1] = Keeps(bits.Y, mask) ? x[at + 1] * mask.Scale : 0f;
            if (f + 2 < columns)
                y[at + 2] = Keeps(bits.Z, mask) ? x[at + 2] * mask.Scale : 0f;
            if (f + 3 < columns)
                y[at + 3] = Keeps(bits.W, mask) ? x[at + 3] * mask.Scale : 0f;
        }
    }

    static void BackwardKernel(ArrayView<float> dy, ArrayView<int> examples, ArrayView<int> positions, int columns, DropoutMask mask, ArrayView<float> dx)
    {
        var blocks = (columns + 3) / 4;
        for (var i = Grid.GlobalIndex.X; i < examples.Length * blocks; i += Grid.DimX * Group.DimX)
        {
            int row = i / blocks, f = i % blocks * 4;
            var bits = Philox.Block(mask.Key, (uint)(f / 4), (uint)positions[row], (uint)examples[row], mask.Step);
            var at = (long)row * columns + f;
            if (Keeps(bits.X, mask))
                dx[at] += dy[at] * mask.Scale;
            if (f + 1 < columns && Keeps(bits.Y, mask))
                dx[at + 1] += dy[at + 1] * mask.Scale;
            if (f + 2 < columns && Keeps(bits.Z, mask))
                dx[at + 2] += dy[at + 2] * mask.Scale;
            if (f + 3 < columns && Keeps(bits.W, mask))
                dx[at + 3] += dy[at + 3] * mask.Scale;
        }
    }
}
