using PureLora.Kernels;

namespace PureLora.Tests;

/// <summary>The order of addition, at counts that end in every level of it.</summary>
public sealed unsafe class CascadeSumTests
{
    [Theory, Trait("Category", "Determinism")]
    [InlineData(0), InlineData(1), InlineData(7), InlineData(8), InlineData(31), InlineData(32), InlineData(513), InlineData(8191), InlineData(8192), InlineData(300_007), InlineData(4_200_000)]
    public void A_sum_is_near_that_in_doubles(int count)
    {
        var values = Devices.Noise(count, 9).Select(x => 1.5f + x).ToArray();
        var expected = values.Sum(x => (double)x);
        fixed (float* x = values)
            // Four levels and 32 lanes: no partial sum is rounded more than some hundred times, half of them either way.
            Assert.Equal(expected, CascadeSum.Sum(x, count), 1e-6 * expected);
    }

    /// <summary>One in each lane of a row, 2^24 in the first row: only partial sums that never meet it keep every one.</summary>
    [Fact]
    public void Levels_keep_small_numbers_that_one_chain_would_lose()
    {
        var values = Enumerable.Repeat(1f, 32 * 4096).ToArray();
        values.AsSpan(0, 32).Fill(16777216f);
        var chain = 0f;
        foreach (var value in values)
            chain += value;
        // The 15 rows that share level 0 with the first are lost in it.
        var expected = 32 * (16777216.0 + 4096 - 16);
        fixed (float* x = values)
        {
            Assert.Equal(expected, CascadeSum.Sum(x, values.Length), 1e-6 * expected);
            Assert.True(Math.Abs(chain - expected) > 1e-5 * expected);
        }
    }
}
