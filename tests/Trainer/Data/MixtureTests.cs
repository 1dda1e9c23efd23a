using CsCheck;

namespace PureLora.Tests;

public sealed class MixtureTests
{
    [Fact]
    public void Without_weights_every_epoch_is_every_example_once()
    {
        var mixture = new Mixture([4, 3], [], 1);
        Assert.False(mixture.Varies);
        Assert.Equal(Enumerable.Range(0, 7), mixture.Of(0));
        Assert.Equal(Enumerable.Range(0, 7), mixture.Of(5));
    }

    [Fact]
    public void A_set_that_a_split_emptied_needs_no_example_unless_it_has_a_weight()
    {
        Assert.Equal(Enumerable.Range(0, 3), new Mixture([0, 3], [], 1).Of(2));
        Assert.Contains("left in set 1 is 0, but train_weights needs", Assert.Throws<PureLoraException>(() => new Mixture([0, 3], [1, 1], 1)).Message);
    }

    [Fact]
    public void Weights_share_out_an_epoch_and_all_examples_take_their_turn() =>
        Gen.Select(Gen.Int[1, 30].Array[2, 4], Gen.Double[0.1, 5].Array[4], Gen.ULong).Sample((sizes, all, seed) =>
        {
            var weights = all[..sizes.Length];
            var mixture = new Mixture(sizes, weights, seed);
            Assert.Equal(sizes.Sum(), mixture.Counts.Sum());
            for (var set = 0; set < sizes.Length; set++)
                Assert.InRange(mixture.Counts[set] - sizes.Sum() * weights[set] / weights.Sum(), -1, 1);
            var times = new int[sizes.Sum()];
            for (var epoch = 0; epoch < 8; epoch++)
                foreach (var i in mixture.Of(epoch))
                    times[i]++;
            for (int set = 0, first = 0; set < sizes.Length; first += sizes[set++])
            {
                // A set's examples have come as often as each other, but for the pass that is under way.
                Assert.Equal(8 * mixture.Counts[set], times[first..(first + sizes[set])].Sum());
                Assert.InRange(times[first..(first + sizes[set])].Max() - times[first..(first + sizes[set])].Min(), 0, 1);
            }
            Assert.Equal(new Mixture(sizes, weights, seed).Of(3), mixture.Of(3));
        });

    [Fact]
    public void Steps_of_packed_and_weighted_sets_are_counted_epoch_by_epoch()
    {
        var examples = Enumerable.Range(0, 60).Select(i => new Example(i, "m", new int[i < 30 ? 3 + i : 2 + i % 5], new int[i < 30 ? 3 + i : 2 + i % 5])).ToList();
        using var set = ExampleSet.Of(examples, 30, 30);
        var config = new TrainConfig { TrainFile = "a,b", TrainWeights = "5,2", Packing = true, MaxSeqLength = 40, PerDeviceTrainBatchSize = 1 };
        var sampler = new Sampler(set, config);
        var total = sampler.TotalSteps(3.5, -1);
        var taken = Enumerable.Range(0, total).SelectMany(step => sampler.Step(step)).SelectMany(row => row).ToArray();
        Assert.InRange(taken.Length, 3 * 60, 4 * 60);
        // 43 of 60 are of the first set, in each of three whole epochs.
        Assert.Equal([43, 43, 43], Enumerable.Range(0, 3).Select(epoch => taken[(epoch * 60)..((epoch + 1) * 60)].Count(i => i < 30)));
    }

    [Fact]
    public void A_split_is_the_seeds_and_keeps_records_whole()
    {
        string[] lines = [.. Enumerable.Range(0, 40).Select(i => $$"""{"instruction": "{{(char)('a' + i % 20)}}", "instances": [{"output": "{{(char)('a' + i / 2)}}"}, {"output": "z"}]}""")];
        var (set, _) = TestData.Read(new TrainConfig { MaxSeqLength = 300 }, TestData.Words(), lines);
        var (train, held) = ValidationSplit.Of(set, 0.25, 7);
        Assert.Equal((60, 20), (train.Count, held!.Count));
        Assert.Equal(Enumerable.Range(0, 80), train.Concat(held).Select(example => example.Index).Order());
        Assert.Empty(train.Select(example => example.Place).Intersect(held.Select(example => example.Place)));
        Assert.Equal(held.Select(example => example.Index), ValidationSplit.Of(set, 10, 7).Held!.Select(example => example.Index));
        Assert.NotEqual(held.Select(example => example.Index), ValidationSplit.Of(set, 0.25, 8).Held!.Select(example => example.Index));
        Assert.Null(ValidationSplit.Of(set, 0, 7).Held);
        Assert.Equal("validation_split: 40 records would be held out, but there are 40 and training needs at least 1. Lower it.", Assert.Throws<UsageException>(() => ValidationSplit.Of(set, 40, 7)).Message);
    }
}
