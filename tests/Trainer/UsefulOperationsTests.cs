namespace PureLora.Tests;

public sealed class UsefulOperationsTests
{
    /// <summary>Counted by hand: hidden 8, inner 10, one head of 8 over one key head, vocabulary 40, one layer, rank 5, three tokens of which two are trained.</summary>
    [Fact]
    public void They_are_those_counted_by_hand()
    {
        using var tiny = new TinyModel(vocabulary: 40, hidden: 8, inner: 10, layers: 1, heads: 1, keyHeads: 1, headSize: 8);
        using var device = Device.Open("cpu", 1);
        using var model = tiny.Open(device);
        TinyModel.Fresh(model);
        Example[] examples = [new(0, "x", [1, 2, 3], [-100, 2, 3])];

        // Query, key, value: their input is the frozen embedding, which needs no gradient. A product with A goes forward and
        // gives dA, one with B goes forward and gives dB and what A needs.
        const double first = 3 * (2 * 8 * 8 * 1 + 2 * 8 * 5 * 2 + 2 * 8 * 5 * 3);
        const double attention = 2 * (3 * 4 / 2) * 8 * 6;
        const double output = 2 * 8 * 8 * 2 + 2 * 8 * 5 * 3 + 2 * 8 * 5 * 3;
        const double gateAndUp = 2 * (2 * 8 * 10 * 2 + 2 * 8 * 5 * 3 + 2 * 10 * 5 * 3);
        const double down = 2 * 10 * 8 * 2 + 2 * 10 * 5 * 3 + 2 * 8 * 5 * 3;
        const double head = 2 * 8 * 40 * 2;
        Assert.Equal(3 * (first + output + gateAndUp + down) + attention + 2 * head, UsefulOperations.OfStep(model, examples));
    }

    /// <summary>Of five tokens the last three see three each.</summary>
    [Theory]
    [InlineData(null, 5, 15)]
    [InlineData(3, 5, 12)]
    [InlineData(9, 5, 15)]
    [InlineData(1, 5, 5)]
    public void A_window_leaves_out_pairs(int? window, int tokens, double pairs) =>
        Assert.Equal(pairs, UsefulOperations.Pairs(new LayerConfig(null, window), tokens));

    /// <summary>Two of four experts see each token, so half of their products count; the router sees all.</summary>
    [Fact]
    public void A_token_goes_through_some_of_the_experts()
    {
        using var scratch = new ScratchFolder();
        TinyFamily.Write("mixtral", scratch.Path);
        using var device = Device.Open("cpu", 1);
        using var model = Pretrained.Load(device, scratch.File("model"));
        const double attention = 2 * 24 * 24 + 2 * 24 * 12, router = 24 * 4, experts = 2.0 / 4 * 4 * 3 * 24 * 28, pairs = 2 * 3 / 2.0;
        Assert.Equal(2 * (2 * 2 * (attention + router + experts) + 2 * pairs * 24 * 2), UsefulOperations.OfStep(model, [new(0, "memory:1", [1, 2], [-100, -100])]));
    }
}
