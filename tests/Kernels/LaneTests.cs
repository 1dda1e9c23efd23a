using System.Runtime.Intrinsics;
using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>The order of every addition in a row's reduction, against the same order written out with plain floats.</summary>
[Trait("Category", "Determinism")]
public class LaneTests
{
    [Fact]
    public void Sum_is_the_documented_tree()
    {
        for (uint trial = 0; trial < 1000; trial++)
        {
            float[] v = Values(16, trial);
            float even = ((v[0] + v[8]) + (v[4] + v[12])) + ((v[2] + v[10]) + (v[6] + v[14]));
            float odd = ((v[1] + v[9]) + (v[5] + v[13])) + ((v[3] + v[11]) + (v[7] + v[15]));
            Assert.Equal(even + odd, VectorMath.Sum(Vector512.Create<float>(v)));
        }
    }

    [Fact]
    public void Reductions_are_sixteen_chains_and_a_tree_at_every_length()
    {
        for (int length = 0; length <= 100; length++)
        {
            float[] a = Values(length, 1), b = Values(length, 2);
            float[] dot = new float[16], squares = new float[16];
            for (int i = 0; i < length; i++)
            {
                dot[i % 16] = MathF.FusedMultiplyAdd(a[i], b[i], dot[i % 16]);
                squares[i % 16] = MathF.FusedMultiplyAdd(a[i], a[i], squares[i % 16]);
            }
            Assert.Equal(VectorMath.Sum(Vector512.Create<float>(dot)), VectorMath.LaneDot(a, b));
            Assert.Equal(VectorMath.Sum(Vector512.Create<float>(squares)), VectorMath.LaneSumOfSquares(a));
        }
    }

    [Fact]
    public void What_lies_behind_a_short_row_does_not_matter()
    {
        float[] long1 = Values(64, 3), long2 = Values(64, 3);
        long2.AsSpan(37).Fill(float.NaN);
        Assert.Equal(VectorMath.LaneDot(long1.AsSpan(0, 37), long1.AsSpan(1, 37)), VectorMath.LaneDot(long2.AsSpan(0, 37), long1.AsSpan(1, 37)));
    }

    [Fact]
    public void A_dot_product_of_different_lengths_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => VectorMath.LaneDot(new float[17], new float[18]));

    [Fact]
    public void Max_finds_the_largest_in_any_lane_and_never_loses_a_NaN()
    {
        for (int lane = 0; lane < 16; lane++)
        {
            var below = Vector512.Create(-3f) - Vector512<float>.Indices;
            Assert.Equal(-2.5f, VectorMath.Max(below.WithElement(lane, -2.5f)));
            Assert.Equal(float.NaN, VectorMath.Max(below.WithElement(lane, float.NaN)));
            Assert.Equal(-18f, VectorMath.Max(Vector512.Create(float.NegativeInfinity).WithElement(lane, -18f)));
        }
    }

    /// <summary>Numbers of both signs and very different sizes, so that another order gives other bits.</summary>
    static float[] Values(int count, uint stream)
    {
        var x = new float[count];
        for (int i = 0; i < count; i++)
        {
            var block = Philox.Block(11, (uint)i, stream, 0, 0);
            x[i] = (Philox.Uniform(block.X) - 0.5f) * (1 << (int)(block.Y % 12));
        }
        return x;
    }
}
