using ILGPU;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>
/// What becomes of the four products that a lane holds of a small matrix: X and Y stand side by side in one row, Z and W eight
/// rows below. The four lanes of a row are neighbours.
/// </summary>
static class TensorScores
{
    public static Float4 Scaled(Float4 x, float scale) => ScaledRows(x, scale, scale);

    public static Float4 ScaledRows(Float4 x, float a, float b) => new() { X = a * x.X, Y = a * x.Y, Z = b * x.Z, W = b * x.W };

    /// <summary>Slopes through the soft-cap.</summary>
    public static Float4 Bent(Float4 slopes, Float4 scores, float cap) => new()
    {
        X = slopes.X * Attention.Slope(scores.X, cap),
        Y = slopes.Y * Attention.Slope(scores.Y, cap),
        Z = slopes.Z * Attention.Slope(scores.Z, cap),
        W = slopes.W * Attention.Slope(scores.W, cap),
    };

    /// <summary>A value to each row, or to each column.</summary>
    public static Float4 OfRows(float a, float b) => new() { X = a, Y = a, Z = b, W = b };

    public static Float4 OfColumns(float a, float b) => new() { X = a, Y = b, Z = a, W = b };

    public static Float4 Weights(Float4 scores, Float4 offsets) => new()
    {
        X = XMath.Exp(scores.X - offsets.X),
        Y = XMath.Exp(scores.Y - offsets.Y),
        Z = XMath.Exp(scores.Z - offsets.Z),
        W = XMath.Exp(scores.W - offsets.W),
    };

    /// <summary>ds of each score, without scale and soft-cap.</summary>
    public static Float4 Slopes(Float4 scores, Float4 dp, Float4 offsets, Float4 deltas) => new()
    {
        X = XMath.Exp(scores.X - offsets.X) * (dp.X - deltas.X),
        Y = XMath.Exp(scores.Y - offsets.Y) * (dp.Y - deltas.Y),
        Z = XMath.Exp(scores.Z - offsets.Z) * (dp.Z - deltas.Z),
        W = XMath.Exp(scores.W - offsets.W) * (dp.W - deltas.W),
    };

    /// <summary>What is no number is passed over: its weight will be none.</summary>
    public static float Largest(float max, float a, float b)
    {
        max = a > max ? a : max;
        return b > max ? b : max;
    }

    /// <summary>The largest of a row's four lanes.</summary>
    public static float LargestOfRow(float value)
    {
        value = Float4.Larger(value, Warp.ShuffleXor(value, 1));
        return Float4.Larger(value, Warp.ShuffleXor(value, 2));
    }

    /// <summary>The sum over a row's four lanes, in one order.</summary>
    public static float SumOfRow(float value)
    {
        value += Warp.ShuffleXor(value, 1);
        return value + Warp.ShuffleXor(value, 2);
    }

    /// <summary>What is left of sums when the largest score changes; all, for a row that has seen no key yet.</summary>
    public static float Fade(float before, float now) => before == now ? 1f : XMath.Exp(before - now);

    /// <summary>What scores are lowered by: where no key has been seen, each is -∞, and -∞ - -∞ would be no number.</summary>
    public static float Offset(float max) => max == float.NegativeInfinity ? 0f : max;

    /// <summary>Two neighbours of row <paramref name="row"/> and two of the row eight tokens on, of one head of y [tokens·heads, size].</summary>
    public static void Put(ArrayView<float> y, int row, int heads, int head, int end, int column, int size, int add, Float4 x)
    {
        TensorTiles.Put(y, 0L, row * heads + head, column, end * heads, size, add, x.X, x.Y);
        TensorTiles.Put(y, 0L, (row + 8) * heads + head, column, end * heads, size, add, x.Z, x.W);
    }
}
