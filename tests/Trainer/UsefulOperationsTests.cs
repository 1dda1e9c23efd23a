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
}
