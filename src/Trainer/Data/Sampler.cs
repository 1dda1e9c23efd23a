namespace PureLora;

/// <summary>
/// Says which examples an optimizer step sees. Each epoch is a seeded permutation of the data set, cut into effective
/// batches of per_device_train_batch_size x gradient_accumulation_steps; the last one of an epoch may be smaller, as in
/// Transformers. A step's batch depends on the seed and the step alone, so a run can start anywhere.
/// </summary>
public sealed class Sampler
{
    readonly int _examples;
    readonly ulong _seed;
    (int Epoch, int[] Order) _epoch = (-1, []);

    /// <exception cref="UsageException">A size is below 1.</exception>
    public Sampler(int examples, int perDeviceBatchSize, int accumulationSteps, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(examples, 1);
        Positive("per_device_train_batch_size", perDeviceBatchSize);
        Positive("gradient_accumulation_steps", accumulationSteps);
        (_examples, _seed) = (examples, seed);
        EffectiveBatchSize = (int)Math.Min((long)perDeviceBatchSize * accumulationSteps, examples);
        StepsPerEpoch = (examples - 1) / EffectiveBatchSize + 1;
    }

    /// <summary>Examples in a full optimizer step: micro-batch size x accumulation steps, but not more than there are.</summary>
    public int EffectiveBatchSize { get; }

    /// <summary>ceil(examples / effective batch).</summary>
    public int StepsPerEpoch { get; }

    /// <summary>The steps of a run: <paramref name="maxSteps"/> if above 0, else ceil(epochs x steps per epoch).</summary>
    /// <exception cref="UsageException">num_train_epochs is not above 0, or the run has more steps than can be counted.</exception>
    public int TotalSteps(double numTrainEpochs, int maxSteps)
    {
        if (maxSteps > 0)
            return maxSteps;
        if (!(numTrainEpochs > 0))
            throw new UsageException($"num_train_epochs: the value is {numTrainEpochs}, but training without max_steps needs more than 0. Raise it or set max_steps.");
        double steps = Math.Ceiling(numTrainEpochs * StepsPerEpoch);
        if (steps > int.MaxValue)
            throw new UsageException($"num_train_epochs: the value is {numTrainEpochs}, but a run needs at most {int.MaxValue} steps and this one has {steps:E1}. Lower it.");
        return (int)steps;
    }

    /// <summary>The effective batch of <paramref name="step"/>, counted from 0: indices into the data set, in order.</summary>
    public int[] Step(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        var (epoch, within) = Math.DivRem(step, StepsPerEpoch);
        if (_epoch.Epoch != epoch)
            _epoch = (epoch, Permutation(_examples, _seed, (uint)epoch));
        int start = within * EffectiveBatchSize;
        return _epoch.Order.AsSpan(start, Math.Min(EffectiveBatchSize, _examples - start)).ToArray();
    }

    /// <summary>Fisher-Yates; the place of entry i comes from one 64-bit draw, scaled to 0..i, so its bias is below 2^-33.</summary>
    static int[] Permutation(int count, ulong seed, uint epoch)
    {
        int[] order = new int[count];
        for (int i = 0; i < count; i++)
            order[i] = i;
        for (int i = count - 1; i > 0; i--)
        {
            int other = (int)Math.BigMul(RandomBits(seed, epoch, (uint)i), (ulong)i + 1, out _);
            (order[i], order[other]) = (order[other], order[i]);
        }
        return order;
    }

    // The third counter word, "SHUF", keeps these draws apart from dropout and initial values under the same seed.
    static ulong RandomBits(ulong seed, uint stream, uint index)
    {
        var (low, high, _, _) = ShufflePhilox.Block(seed, index, stream, 0x53485546, 0);
        return (ulong)high << 32 | low;
    }

    static void Positive(string key, int value)
    {
        if (value < 1)
            throw new UsageException($"{key}: the value is {value}, but a batch needs at least 1. Raise it.");
    }
}
