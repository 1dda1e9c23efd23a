namespace PureLora.Tests;

/// <summary>Computing a layer again in the backward pass gives the bits that keeping it gives.</summary>
public sealed class CheckpointingTests : IDisposable
{
    readonly TinyModel tiny = new();

    ExampleSet Examples => tiny.Examples(30, 7, 19, 26);

    [Theory]
    [InlineData("lora", "cpu")]
    [InlineData("lora", "ilgpu")]
    [InlineData("full", "cpu")]
    public void Checkpointing_changes_no_bit(string method, string deviceName)
    {
        var config = TinyRun.Config with { Method = method, LoraDropout = method == "lora" ? 0.3 : 0 };
        TinyRun.AssertSame(
            TinyRun.Of(tiny, Examples, config, deviceName),
            TinyRun.Of(tiny, Examples, config with { GradientCheckpointing = true }, deviceName));
    }

    /// <summary>The input of layer 0 is a frozen embedding, which needs no gradient; its adapters do.</summary>
    [Fact]
    public void Adapters_of_layer_0_alone_train_under_checkpointing()
    {
        const string layer = @"model\.layers\.0\..*";
        var config = TinyRun.Config with { LoraDropout = 0.3 };
        var run = TinyRun.Of(tiny, Examples, config with { GradientCheckpointing = true }, targets: layer);
        Assert.Equal(14, run.Gradients.Length);
        Assert.All(run.Gradients, gradient => Assert.Contains(gradient, g => g != 0));
        TinyRun.AssertSame(TinyRun.Of(tiny, Examples, config, targets: layer), run);
    }

    public void Dispose() => tiny.Dispose();
}
