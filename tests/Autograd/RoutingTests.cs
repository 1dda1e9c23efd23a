namespace PureLora.Tests;

/// <summary>Which rows go to which expert, and what a row keeps wherever it goes.</summary>
public sealed class RoutingTests
{
    static readonly float[] logits =
    [
        1, 3, 3, 2,
        5, 0, 0, 0,
        -1, -1, -1, -1,
    ];

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void The_largest_are_chosen_and_ties_go_to_the_lower_index(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var tape = new Tape(device);
        var routing = tape.Route(tape.Input(3, 4, logits), 2, normalized: true);
        // Row 0 to experts 1 and 2, rows 1 and 2 to experts 0 and 1; expert 3 has no part.
        Assert.Equal([0, 1, 2], routing.Parts.Select(part => part.Expert));
        Assert.Equal([[1, 2], [0, 1, 2], [0]], routing.Parts.Select(part => part.Rows.ToArray()));
        Assert.Equal([[2, 4], [0, 3, 5], [1]], routing.Parts.Select(part => part.Slots.ToArray()));
        var sure = (float)(1 / (1 + Math.Exp(-5)));
        float[] expected = [0.5f, 0.5f, sure, 1 - sure, 0.5f, 0.5f];
        Assert.All(routing.Weights.Data.ToArray().Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void Logits_that_are_no_numbers_give_weights_that_are_none_and_experts_that_are_some(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var tape = new Tape(device);
        var routing = tape.Route(tape.Input(1, 4, [.. Enumerable.Repeat(float.NaN, 4)]), 2, normalized: false);
        Assert.Equal([0, 1], routing.Parts.Select(part => part.Expert));
        Assert.All(routing.Weights.Data.ToArray(), weight => Assert.Equal(float.NaN, weight));
    }

    [Fact]
    public void A_plan_gives_every_expert_its_even_share()
    {
        using var device = Device.Open("plan:cpu");
        using var tape = new Tape(device);
        var routing = tape.Route(tape.Input(10, 8, []), 3, normalized: true);
        Assert.Equal(8, routing.Parts.Count);
        Assert.All(routing.Parts, part => Assert.InRange(part.Rows.Length, 3, 4));
        Assert.Equal(30, routing.Parts.Sum(part => part.Slots.Length));
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void A_row_gets_the_same_bits_among_others_and_in_a_block_computed_again(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        float[] routed = Devices.Noise(20 * 5, 1), values = Devices.Noise(20 * 18, 2);
        var (all, allGradients) = Run(20, 0, checkpointed: false);
        var (again, againGradients) = Run(20, 0, checkpointed: true);
        Assert.Equal(all, again);
        Assert.Equal(allGradients, againGradients);
        var (one, oneGradients) = Run(1, 7, checkpointed: false);
        Assert.Equal(all[(7 * 18)..(8 * 18)], one);
        Assert.Equal(allGradients[(7 * 18)..(8 * 18)], oneGradients);

        (uint[] Value, uint[] Gradient) Run(int rows, int first, bool checkpointed)
        {
            using var tape = new Tape(device);
            using var router = new Parameter(device, "logits", rows, 5, routed.AsSpan(first * 5, rows * 5));
            using var x = new Parameter(device, "x", rows, 18, values.AsSpan(first * 18, rows * 18));
            Tensor Block(Tape inner, Tensor input) => OpCases.Mix(inner, router, input, 2, normalized: true);
            var y = checkpointed ? tape.Checkpoint(x, Block) : Block(tape, x);
            var value = y.Data.ToArray();
            tape.Backward(y, 0.7f);
            return (OpTests.Bits(value), OpTests.Bits(x.Gradient.ToArray()));
        }
    }

    [Theory, MemberData(nameof(Devices.AllAndInterpreters), MemberType = typeof(Devices))]
    public void A_row_keeps_its_dropout_mask_with_its_expert(string deviceName)
    {
        using var device = Devices.Open(deviceName);
        using var examples = device.RentCopy<int>([4, 4, 9, 9, 9]);
        using var positions = device.RentCopy<int>([0, 1, 0, 1, 2]);
        using var rows = device.RentCopy<int>([1, 3, 4]);
        using var tape = new Tape(device) { Dropout = new DropoutKeys(3, 1, examples, positions) };
        var x = tape.Input(5, 37, Devices.Noise(5 * 37, 1));
        var before = tape.Embedding(tape.Dropout(x, 0.5, "expert"), rows).Data.ToArray();
        Assert.Equal(before, tape.OnRows(rows, () => tape.Dropout(tape.Embedding(x, rows), 0.5, "expert")).Data.ToArray());
        Assert.Equal(examples, tape.Dropout!.Examples);
        Assert.Contains(0f, before);
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        using var device = Device.Open("cpu");
        using var tape = new Tape(device);
        Tensor x = tape.Input(2, 6, new float[12]), weights = tape.Input(3, 2, new float[6]);
        void Says<T>(string message, Action action) where T : Exception => Assert.Equal(message, Assert.Throws<T>(action).Message);
        IntBuffer Slots(params int[] slots) => OpCases.Keep(tape, slots);
        Says<ArgumentException>("Route: k is 7, but logits [2, 6] need 1 to 6.", () => tape.Route(x, 7, true));
        Says<ArgumentException>("ScatterAdd: slots has 1 elements, but x [2, 6] needs 2.", () => tape.ScatterAdd(null, x, weights, Slots(1)));
        Says<ArgumentException>("ScatterAdd: y is [2, 6], but x [2, 6] and weights [3, 2] need [3, 6].", () => tape.ScatterAdd(x, x, weights, Slots(0, 2)));
        Says<PureLoraException>(
            "ScatterAdd: index 1 is 6, but a table of 6 rows needs 0 to 5. Correct the indices, or use a larger table.", () => tape.ScatterAdd(null, x, weights, Slots(0, 6)));
        Says<PureLoraException>(
            "ScatterAdd: slot 1 is 3 after 2, but slots of 2 a row need rows that ascend. Sort them, and give one row once.", () => tape.ScatterAdd(null, x, weights, Slots(2, 3)));
    }
}
