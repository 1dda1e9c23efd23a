namespace PureLora.Tests;

/// <summary>
/// The same run gives the same bits on any number of threads and any vector width: run hashes as constants. A change
/// that alters one alters every user's results, and says so.
/// </summary>
public sealed class DeterminismTests
{
    const string Small = "2936de4e8045f515", Large = "ada2809c3f0b7565";

    /// <summary>
    /// CI runs this again with the vector width forced down (DOTNET_EnableAVX512=0, DOTNET_EnableAVX2=0,
    /// DOTNET_EnableHWIntrinsic=0). Widths, lengths and rank are no multiples of 16; there is dropout, padding and
    /// accumulation.
    /// </summary>
    [Theory, Trait("Category", "Determinism")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_small_run_has_the_same_hash_everywhere(int threads)
    {
        using var tiny = new TinyModel(hidden: 36, inner: 300, heads: 3, keyHeads: 1, headSize: 14);
        var config = TinyRun.Config with { PerDeviceTrainBatchSize = 3, GradientAccumulationSteps = 2, LoraDropout = 0.1, LrSchedulerType = "cosine", WarmupSteps = 1 };
        int[] lengths = [45, 43, 41, 50, 9, 47, 53, 52];
        Assert.Equal(Small, TinyRun.Of(tiny, tiny.Examples(lengths), config, threads: threads, evaluation: tiny.Examples(25, 14)).Hash);
    }

    /// <summary>One step of full training at a larger shape, where other blocks are crossed and every weight has a gradient.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_larger_step_has_the_same_hash_on_any_number_of_threads(int threads)
    {
        using var tiny = new TinyModel(vocabulary: 1003, hidden: 128, inner: 352, heads: 4, keyHeads: 2, headSize: 32, tied: true);
        var config = TinyRun.Config with { Method = "full", PerDeviceTrainBatchSize = 8, MaxSteps = 1 };
        Assert.Equal(Large, TinyRun.Of(tiny, tiny.Examples(190, 180, 201, 150, 200, 175, 160, 188), config, threads: threads).Hash);
    }
}
