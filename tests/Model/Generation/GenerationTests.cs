namespace PureLora.Tests;

/// <summary>What generation refuses, and what it promises about prompts side by side.</summary>
public sealed class GenerationTests
{
    static readonly HashSet<int> none = [];

    [Fact]
    public void No_prompts_give_no_answers()
    {
        using var tiny = new TinyModel();
        using var device = Device.Open("cpu", 1);
        using var model = tiny.Open(device);
        Assert.Empty(PureLora.Generation.Run(model, [], new GenerationSettings(), none));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.7)]
    public void A_logit_is_finite_or_minus_infinity(double temperature)
    {
        var settings = new GenerationSettings { Temperature = temperature };
        Assert.Equal(2, TokenSampler.Next([float.NegativeInfinity, float.NegativeInfinity, 3], settings, 0, 0));
        foreach (var broken in (float[][])[[1, float.PositiveInfinity, 2], [1, float.NaN, 2], [float.NegativeInfinity, float.NegativeInfinity]])
        {
            var error = Assert.Throws<PureLoraException>(() => TokenSampler.Next(broken, settings, 0, 8));
            Assert.Equal("generate: the logits of new token 9 are no numbers, but choosing a token needs numbers. Check the model's weights and the adapter's.", error.Message);
        }
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Logits_that_are_no_numbers_are_an_error_and_not_text(string deviceName)
    {
        using var tiny = new TinyModel();
        using var device = Device.Open(deviceName, 1);
        using var model = tiny.Open(device);
        var adapter = TinyModel.Adapt(model);
        adapter.Layers[0].B.Data.CopyFrom([float.NaN]);
        foreach (var temperature in (double[])[0, 1])
        {
            var error = Assert.Throws<PureLoraException>(() =>
                PureLora.Generation.Run(model, [tiny.Ids(4, 1)], new GenerationSettings { MaxNewTokens = 2, Temperature = temperature }, none));
            Assert.StartsWith("generate: the logits of new token 1 are no numbers", error.Message);
        }
        model.Dispose();
    }

    [Fact]
    public void A_cache_has_no_gradient_and_no_room_beyond_its_capacity()
    {
        using var tiny = new TinyModel();
        using var device = Device.Open("cpu", 1);
        using var model = tiny.Open(device);
        using var cache = new KeyValueCache(model, sequences: 2, capacity: 5);
        Assert.Equal(
            "KeyValueCache: sequence 1 holds 0 tokens and 6 of 6 are added, but it has room for 5. Make a cache of a larger capacity.",
            Assert.Throws<ArgumentException>(() => cache.Place(device, [5, 6], 6)).Message);
        using var batch = TokenBatch.Of(device, tiny.Ids(3, 1), tiny.Ids(3, 2));
        using var placement = cache.Place(device, [3, 3], 3);
        using var tape = new Tape(device);
        Assert.StartsWith("model: a key-value cache was given on a tape that records", Assert.Throws<InvalidOperationException>(() => model.Forward(tape, batch, cache)).Message);
    }
}
