namespace PureLora.Tests;

/// <summary>Micro-batches added up are the one big batch: the losses, the gradients and so the parameters have the same bits.</summary>
public sealed class AccumulationTests
{
    static TrainConfig Split(TrainConfig config, int micro, int accumulation) =>
        config with { PerDeviceTrainBatchSize = micro, GradientAccumulationSteps = accumulation };

    static ExampleSet Examples(TinyModel tiny) => tiny.Examples(30, 7, 19, 26, 11, 33, 8, 24);

    [Theory]
    [InlineData("cpu", 0.0)]
    [InlineData("cpu", 0.3)]
    [InlineData("ilgpu", 0.3)]
    public void Accumulated_adapters_equal_those_of_one_big_batch_bit_for_bit(string deviceName, double dropout)
    {
        using var tiny = new TinyModel();
        var config = TinyRun.Config with { LoraDropout = dropout };
        var whole = TinyRun.Of(tiny, Examples(tiny), Split(config, 4, 1), deviceName, targets: ".*");
        TinyRun.AssertSame(whole, TinyRun.Of(tiny, Examples(tiny), Split(config, 1, 4), deviceName, targets: ".*"));
        TinyRun.AssertSame(whole, TinyRun.Of(tiny, Examples(tiny), Split(config, 2, 2), deviceName, targets: ".*"));
    }

    [Fact]
    public void Dropout_changes_a_run()
    {
        using var tiny = new TinyModel();
        Assert.NotEqual(TinyRun.Of(tiny, Examples(tiny), TinyRun.Config).Hash, TinyRun.Of(tiny, Examples(tiny), TinyRun.Config with { LoraDropout = 0.3 }).Hash);
    }

    [Fact]
    public void Accumulated_full_training_with_an_untied_head_equals_one_big_batch_bit_for_bit()
    {
        using var tiny = new TinyModel();
        var config = TinyRun.Config with { Method = "full" };
        var whole = TinyRun.Of(tiny, Examples(tiny), Split(config, 4, 1));
        TinyRun.AssertSame(whole, TinyRun.Of(tiny, Examples(tiny), Split(config, 1, 4)));
        TinyRun.AssertSame(whole, TinyRun.Of(tiny, Examples(tiny), Split(config, 2, 2)));
    }

    [Fact]
    public void Accumulated_full_training_with_a_tied_head_has_the_gradients_of_one_big_batch()
    {
        using var tiny = new TinyModel(tied: true);
        var config = TinyRun.Config with { Method = "full", MaxSteps = 1 };
        var whole = TinyRun.Of(tiny, Examples(tiny), Split(config, 4, 1)).Gradients;
        var parts = TinyRun.Of(tiny, Examples(tiny), Split(config, 1, 4)).Gradients;
        // Head and embedding add to one gradient, and their turns come in another order.
        var limit = 1e-6 * whole.Max(gradient => gradient.Max(Math.Abs));
        Assert.True(limit > 0);
        for (var i = 0; i < whole.Length; i++)
            Assert.All(whole[i].Zip(parts[i]), pair => Assert.Equal((double)pair.First, pair.Second, limit));
    }
}
