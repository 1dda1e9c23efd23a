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

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void Logits_that_are_no_numbers_are_an_error_and_not_text(string deviceName)
    {
        using var tiny = new TinyModel();
        using var device = Devices.Open(deviceName, 1);
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

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void A_cache_grows_as_tokens_come_and_its_rows_stay_what_they_were(string deviceName)
    {
        using var tiny = new TinyModel();
        using var device = Devices.Open(deviceName, 2);
        using var model = tiny.Open(device);
        var before = device.Bytes;
        using (var cache = new KeyValueCache(model, sequences: 2, capacity: 1 << 30))
        {
            Assert.Equal((before, 0), (device.Bytes, cache.Room));
            var columns = model.Config.KeyHeads * model.Config.HeadSize;
            using var first = cache.Place([3, 5], 5);
            Assert.Equal(69, cache.Room);
            using var tape = new Tape(device, records: false);
            float[] rows = [.. Enumerable.Range(0, 10 * columns).Select(i => (float)i)];
            Tensor x = tape.Input(10, columns, rows), q = tape.Input(10, model.Config.Heads * model.Config.HeadSize, new float[10 * model.Config.Heads * model.Config.HeadSize]);
            using var batch = new TokenBatch(device, 2, new int[10], [0, 1, 2, 3, 4, 0, 1, 2, 3, 4], [0, 0, 0, 0, 0, 5, 5, 5, 5, 5]);
            cache.Layer(0).Attend(tape, q, x, x, batch, new(2, 5, model.Config.Heads, model.Config.KeyHeads, model.Config.HeadSize));
            using (cache.Place([0, 64], 64))
                Assert.Equal((69, 69), (cache.Room, cache.Lengths[1]));
            using (cache.Place([1, 1], 1))
                Assert.Equal(138, cache.Room);
            var keys = cache.Layer(0).Keys!.ToArray();
            int heads = model.Config.KeyHeads, size = model.Config.HeadSize;
            foreach (var (sequence, tokens) in new[] { (0, 3), (1, 5) })
                for (var i = 0; i < tokens * columns; i++)
                {
                    var (token, head) = (i / columns, i / size % heads);
                    Assert.Equal(rows[sequence * 5 * columns + i], keys[((sequence * heads + head) * 138 + token) * size + i % size]);
                }
        }
        Assert.Equal(before, device.Bytes);
    }

    /// <summary>The tokens are those of whole passes over the text so far, and the cache grows three times on the way.</summary>
    [Fact]
    public void A_long_answer_is_what_whole_passes_give()
    {
        using var tiny = new TinyModel();
        using var device = Device.Open("cpu", 2);
        using var model = tiny.Open(device);
        int[] text = tiny.Ids(4, 1);
        var count = Math.Min(300, model.Config.MaxPositions - 4);
        var answer = PureLora.Generation.Run(model, [text], new GenerationSettings { MaxNewTokens = count }, none)[0];
        Assert.Equal(count, answer.Length);
        int[] all = [.. text, .. answer];
        using var tape = new Tape(device, records: false);
        using var batch = TokenBatch.Of(device, all);
        var logits = model.Logits(tape, model.Forward(tape, batch)).Data.ToArray();
        for (var t = text.Length; t < all.Length; t++)
        {
            var row = logits.AsSpan((t - 1) * model.Config.VocabularySize, model.Config.VocabularySize);
            Assert.Equal(System.Numerics.Tensors.TensorPrimitives.Max(row), row[all[t]], 1e-4f);
        }
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
            Assert.Throws<ArgumentException>(() => cache.Place([5, 6], 6)).Message);
        using var batch = TokenBatch.Of(device, tiny.Ids(3, 1), tiny.Ids(3, 2));
        using var placement = cache.Place([3, 3], 3);
        using var tape = new Tape(device);
        Assert.StartsWith("model: a key-value cache was given on a tape that records", Assert.Throws<InvalidOperationException>(() => model.Forward(tape, batch, cache)).Message);
    }
}
