namespace PureLora;

/// <summary>
/// Says which rows an optimizer step sees. Each epoch is a seeded permutation of its examples, one a row or packed into rows, cut into
/// effective batches of per_device_train_batch_size x gradient_accumulation_steps rows; the last one of an epoch may be smaller, as in
/// Transformers. A step's batch depends on the seed and the step alone, so a run can start anywhere.
/// </summary>
public sealed class Sampler
{
    readonly Func<int, EpochRows> rows;
    readonly long batch;
    readonly bool varies;
    readonly List<int> steps = [];
    (int Number, EpochRows Rows) epoch;

    /// <summary>Rows of one example each, all of them in every epoch.</summary>
    /// <exception cref="UsageException">A size is below 1.</exception>
    public Sampler(int examples, int perDeviceBatchSize, int accumulationSteps, ulong seed)
        : this(epoch => new EpochRows(Shuffle.Of(examples, seed, (uint)epoch)), perDeviceBatchSize, accumulationSteps, varies: false) { }

    /// <summary>Rows of <paramref name="set"/> as <c>train_weights</c>, <c>packing</c> and <c>group_by_length</c> say.</summary>
    public Sampler(ExampleSet set, TrainConfig config)
        : this(Rows(set, config, out var varies), config.PerDeviceTrainBatchSize, config.GradientAccumulationSteps, varies) { }

    Sampler(Func<int, EpochRows> rows, int perDeviceBatchSize, int accumulationSteps, bool varies)
    {
        Positive("per_device_train_batch_size", perDeviceBatchSize);
        Positive("gradient_accumulation_steps", accumulationSteps);
        (this.rows, batch, this.varies) = (rows, (long)perDeviceBatchSize * accumulationSteps, varies);
        epoch = (0, rows(0));
        ArgumentOutOfRangeException.ThrowIfLessThan(epoch.Rows.Count, 1, "examples");
        EffectiveBatchSize = (int)Math.Min(batch, epoch.Rows.Count);
        (RowsPerEpoch, StepsPerEpoch) = (epoch.Rows.Count, Steps(epoch.Rows));
    }

    static Func<int, EpochRows> Rows(ExampleSet set, TrainConfig config, out bool varies)
    {
        var seed = (ulong)config.Seed;
        var mixture = new Mixture(set.Sets, config.Weights(), seed);
        varies = config.Packing && mixture.Varies;
        var capacity = config.MaxSeqLength > 0 ? config.MaxSeqLength : set.Longest;
        return epoch =>
        {
            var order = Shuffle.Of(mixture.Counts.Sum(), seed, (uint)epoch);
            if (mixture.Varies)
            {
                var chosen = mixture.Of(epoch);
                order = Array.ConvertAll(order, i => chosen[i]);
            }
            if (config.GroupByLength)
                LengthGroups.Sort(order, set.Length, (int)Math.Min(int.MaxValue, (long)config.PerDeviceTrainBatchSize * config.GradientAccumulationSteps));
            return config.Packing ? Packing.Rows(order, set.Length, capacity) : new EpochRows(order);
        };
    }

    /// <summary>Rows in a full optimizer step: micro-batch size x accumulation steps, but not more than an epoch has.</summary>
    public int EffectiveBatchSize { get; }

    /// <summary>Rows of the first epoch: its examples, or fewer with packing.</summary>
    public int RowsPerEpoch { get; }

    /// <summary>ceil(rows / effective batch), of the first epoch; others differ only where sets mixed by weight are packed.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>The steps of a run: <paramref name="maxSteps"/> if above 0, else those of all its epochs, a fraction of one rounded up.</summary>
    /// <exception cref="UsageException">num_train_epochs is not above 0, or the run has more steps than can be counted.</exception>
    public int TotalSteps(double numTrainEpochs, int maxSteps)
    {
        if (maxSteps > 0)
            return maxSteps;
        if (!(numTrainEpochs > 0))
            throw new UsageException($"num_train_epochs: the value is {numTrainEpochs}, but training without max_steps needs more than 0. Raise it or set max_steps.");
        double steps = Math.Ceiling(numTrainEpochs * StepsPerEpoch);
        if (varies)
        {
            steps = 0;
            for (var epoch = 0; epoch < numTrainEpochs && steps <= int.MaxValue; epoch++)
                steps += Math.Ceiling(Math.Min(1, numTrainEpochs - epoch) * StepsIn(epoch));
        }
        if (steps > int.MaxValue)
            throw new UsageException($"num_train_epochs: the value is {numTrainEpochs}, but a run needs at most {int.MaxValue} steps and this one has {steps:E1}. Lower it.");
        return (int)steps;
    }

    /// <summary>The effective batch of <paramref name="step"/>, counted from 0: rows of indices into the data set, in order.</summary>
    public int[][] Step(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        var (number, within) = Math.DivRem(step, StepsPerEpoch);
        if (varies)
            for ((number, within) = (0, step); within >= StepsIn(number); number++)
                within -= StepsIn(number);
        var rows = Rows(number);
        var start = (int)(within * batch);
        return [.. Enumerable.Range(start, (int)Math.Min(batch, rows.Count - start)).Select(row => rows[row].ToArray())];
    }

    EpochRows Rows(int number)
    {
        if (epoch.Number != number)
            epoch = (number, rows(number));
        return epoch.Rows;
    }

    int StepsIn(int number)
    {
        while (steps.Count <= number)
            steps.Add(Steps(Rows(steps.Count)));
        return steps[number];
    }

    int Steps(EpochRows rows) => (int)((rows.Count - 1) / batch) + 1;

    static void Positive(string key, int value)
    {
        if (value < 1)
            throw new UsageException($"{key}: the value is {value}, but a batch needs at least 1. Raise it.");
    }
}
