using CsCheck;

namespace PureLora.Tests;

public sealed class SamplerTests
{
    static readonly Gen<(int Examples, int Size, int Accumulation, ulong Seed)> Settings =
        Gen.Select(Gen.Int[1, 300], Gen.Int[1, 20], Gen.Int[1, 8], Gen.ULong);

    [Fact]
    public void Each_epoch_is_a_permutation_of_the_data_set_in_full_batches_but_the_last() =>
        Settings.Sample(setting =>
        {
            var sampler = new Sampler(setting.Examples, setting.Size, setting.Accumulation, setting.Seed);
            int effective = setting.Size * setting.Accumulation;
            Assert.Equal((setting.Examples + effective - 1) / effective, sampler.StepsPerEpoch);
            for (int epoch = 0; epoch < 3; epoch++)
            {
                var steps = Enumerable.Range(epoch * sampler.StepsPerEpoch, sampler.StepsPerEpoch).Select(sampler.Step).ToArray();
                Assert.All(steps[..^1], step => Assert.Equal(effective, step.Length));
                Assert.InRange(steps[^1].Length, 1, effective);
                Assert.Equal(Enumerable.Range(0, setting.Examples), steps.SelectMany(step => step).Select(Assert.Single).Order());
            }
        });

    [Fact]
    public void A_step_depends_on_nothing_but_the_seed_and_its_number() =>
        Settings.Select(Gen.Int[0, 5000]).Sample((setting, step) =>
        {
            var (examples, size, accumulation, seed) = setting;
            var walked = new Sampler(examples, size, accumulation, seed);
            walked.Step(step / 2 + 3);
            walked.Step(0);
            Assert.Equal(new Sampler(examples, size, accumulation, seed).Step(step), walked.Step(step));
        });

    [Fact]
    public void Accumulation_does_not_change_what_an_effective_batch_holds()
    {
        var big = new Sampler(50, 12, 1, 3);
        var small = new Sampler(50, 3, 4, 3);
        for (int step = 0; step < 12; step++)
            Assert.Equal(big.Step(step), small.Step(step));
    }

    [Fact]
    public void Epochs_and_seeds_differ_and_the_order_is_this_one_for_ever()
    {
        var sampler = new Sampler(10, 10, 1, 42);
        // Computed by a separate program from the definition of Philox and of Fisher-Yates.
        Assert.Equal(Expected42, sampler.Step(0).Select(Assert.Single));
        Assert.NotEqual(sampler.Step(0), sampler.Step(1));
        Assert.NotEqual(sampler.Step(0), new Sampler(10, 10, 1, 43).Step(0));
        Assert.NotEqual(sampler.Step(0), new Sampler(10, 10, 1, 42 + (1ul << 32)).Step(0));
    }

    static readonly int[] Expected42 = [3, 2, 1, 7, 9, 4, 0, 6, 8, 5];

    [Fact]
    public void Every_order_of_four_is_as_likely_as_any_other()
    {
        // 24 orders, 24000 epochs: 1000 each with a deviation of 31; chi-squared over 23 degrees passes 60 less than once in 10000.
        var counts = new Dictionary<string, int>();
        var sampler = new Sampler(4, 4, 1, 5);
        for (int epoch = 0; epoch < 24_000; epoch++)
        {
            string order = string.Concat(sampler.Step(epoch).Select(row => row[0]));
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }
        Assert.Equal(24, counts.Count);
        Assert.InRange(counts.Values.Sum(count => (count - 1000.0) * (count - 1000.0) / 1000), 5, 60);
    }

    [Theory]
    [InlineData(10, 4, 1, 1.0, -1, 3)]
    [InlineData(10, 4, 1, 3.0, 0, 9)]
    [InlineData(10, 2, 2, 1.5, -1, 5)]
    [InlineData(10, 4, 1, 0.01, -1, 1)]
    [InlineData(10, 4, 1, 3.0, 7, 7)]
    [InlineData(10, 4, 1, 0.0, 700, 700)]
    [InlineData(3, 1_000_000_000, 1_000_000_000, 2.0, -1, 2)]
    public void Steps_are_the_epochs_rounded_up_or_max_steps(int examples, int size, int accumulation, double epochs, int maxSteps, int total) =>
        Assert.Equal(total, new Sampler(examples, size, accumulation, 1).TotalSteps(epochs, maxSteps));

    [Fact]
    public void Sizes_and_epochs_that_cannot_work_are_bad_usage()
    {
        Assert.Equal("per_device_train_batch_size: the value is 0, but a batch needs at least 1. Raise it.", Assert.Throws<UsageException>(() => new Sampler(3, 0, 1, 1)).Message);
        Assert.Equal("gradient_accumulation_steps: the value is -2, but a batch needs at least 1. Raise it.", Assert.Throws<UsageException>(() => new Sampler(3, 1, -2, 1)).Message);
        var sampler = new Sampler(1000, 1, 1, 1);
        Assert.Equal("num_train_epochs: the value is 0, but training without max_steps needs more than 0. Raise it or set max_steps.", Assert.Throws<UsageException>(() => sampler.TotalSteps(0, -1)).Message);
        Assert.StartsWith("num_train_epochs: the value is NaN", Assert.Throws<UsageException>(() => sampler.TotalSteps(double.NaN, -1)).Message);
        Assert.Equal("num_train_epochs: the value is 10000000, but a run needs at most 2147483647 steps and this one has 1.0E+010. Lower it.", Assert.Throws<UsageException>(() => sampler.TotalSteps(1e7, -1)).Message);
    }
}
