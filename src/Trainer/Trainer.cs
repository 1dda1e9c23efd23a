using System.Diagnostics;
using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// The training loop. A step draws its effective batch, adds up the gradients of its micro-batches, each token's loss
/// divided by the trained tokens of the whole batch, clips by the global norm and lets the optimizer move the parameters; so
/// accumulation gives the gradients of the one big batch.
/// </summary>
public sealed class Trainer(Decoder model, IReadOnlyList<Parameter> parameters, TrainConfig config, ExampleSet train, ExampleSet? evaluation, int padId)
{
    readonly Sampler sampler = new(train, config);
    readonly RunHash hash = new();

    /// <summary>Called when a pass holds all that its backward walk needs.</summary>
    internal Action? AfterForward { get; set; }

    /// <summary>Optimizer steps in the whole run.</summary>
    public int TotalSteps => sampler.TotalSteps(config.NumTrainEpochs, config.MaxSteps);

    /// <summary>Optimizer steps in the first pass over the examples.</summary>
    public int StepsPerEpoch => sampler.StepsPerEpoch;

    /// <summary>Trains to the end and returns what came of it. The parameters hold the result.</summary>
    public TrainResult Run(ITrainingLog log, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        var schedule = new Schedule(config.LrSchedulerType, config.LearningRate, Schedule.Warmup(config.WarmupSteps, config.WarmupRatio, TotalSteps), TotalSteps);
        Reserve();
        using var optimizer = OpenOptimizer();
        log.Started(TotalSteps, parameters.Sum(p => p.Data.Length));
        var before = Evaluate(0, log);
        double? after = null;
        long trained = 0;
        double training = 0;
        for (var step = 0; step < TotalSteps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var started = clock.Elapsed.TotalSeconds;
            var rate = schedule.Rate(step);
            var (loss, tokens, norm) = Step(optimizer, step, Rows(step), rate);
            hash.Add(loss);
            var seconds = clock.Elapsed.TotalSeconds - started;
            (trained, training) = (trained + tokens, training + seconds);
            log.Stepped(new StepReport(step + 1, (step + 1.0) / StepsPerEpoch, loss, rate, norm, tokens / seconds, model.Device.PeakBytes), IsLogged(step));
            if (config.EvalSteps > 0 && (step + 1) % config.EvalSteps == 0 && step + 1 < TotalSteps)
                Evaluate(step + 1, log);
        }
        after = Evaluate(TotalSteps, log);
        foreach (var parameter in parameters)
            hash.Add(parameter);
        return new TrainResult(before, after, TotalSteps, clock.Elapsed.TotalSeconds, trained / Math.Max(training, 1e-9), model.Device.PeakBytes, parameters.Sum(p => p.Data.Length), hash.ToString());
    }

    /// <summary>The optimizer that <c>optim</c> names. A paged state lies in output_dir, or in the system's folder for temporary files where there is none.</summary>
    internal Optimizer OpenOptimizer()
    {
        var paged = config.Optim.StartsWith(TrainConfig.Paged, StringComparison.Ordinal);
        var folder = config.OutputDir == "" ? Path.GetTempPath() : config.OutputDir;
        var storage = new StateStorage(config.Optim.EndsWith("_8bit", StringComparison.Ordinal), paged ? folder : null);
        return config.Optim.Replace(TrainConfig.Paged, "").Replace("_8bit", "") switch
        {
            "lion" => new LionOptimizer(parameters, IsDecayed, config.AdamBeta1, config.AdamBeta2, config.WeightDecay, storage),
            "sgd" => new SgdOptimizer(parameters, IsDecayed, config.WeightDecay),
            _ => new AdamWOptimizer(parameters, IsDecayed, config.AdamBeta1, config.AdamBeta2, config.AdamEpsilon, config.WeightDecay, storage),
        };
    }

    /// <summary>Room for the longest example, so that memory does not depend on when it comes.</summary>
    internal void Reserve() => model.Reserve(Math.Max(train.Longest, evaluation?.Longest ?? 0));

    /// <summary>The examples of each row of a step's effective batch.</summary>
    internal Example[][] Rows(int step) => [.. sampler.Step(step).Select(row => Array.ConvertAll(row, i => train[i]))];

    /// <summary>
    /// One step of the optimizer, over the gradients of all of <paramref name="rows"/>. A GPU is waited for once: where
    /// the losses and the gradients' norm come back together.
    /// </summary>
    internal (double Loss, long Tokens, double Norm) Step(Optimizer optimizer, int step, IReadOnlyList<IReadOnlyList<Example>> rows, double rate)
    {
        foreach (var parameter in parameters)
            parameter.ClearGradient();
        var device = model.Device;
        var batches = Batch.Slices(rows, config.PerDeviceTrainBatchSize, padId);
        var trained = batches.Sum(batch => batch.TrainedTokens);
        using var results = device.Rent<float>(trained + GradientClipping.Partials(parameters));
        Accumulate(batches, step, results);
        GradientClipping.Launch(device, parameters, results, trained);
        var values = results.ToArray();
        var loss = Sum(values.AsSpan(0, trained)) / trained;
        var norm = GradientClipping.Norm(values.AsSpan(trained));
        if (device.Computes)
            RefuseBroken(step, loss, norm);
        optimizer.Step(rate, (float)GradientClipping.Coefficient(norm, config.MaxGradNorm));
        return (loss, batches.Sum(batch => (long)batch.Ids.Length), norm);
    }

    /// <summary>Norms and biases, the vectors of a model, are not pulled towards zero, as in Transformers.</summary>
    bool IsDecayed(Parameter p) => !model.IsVector(p);

    /// <summary>The first step, every <c>logging_steps</c>, and the last one.</summary>
    bool IsLogged(int step) => step == 0 || (step + 1) % config.LoggingSteps == 0 || step + 1 == TotalSteps;

    /// <summary>Adds up the gradients of one step's micro-batches; their tokens' losses lie side by side in <paramref name="losses"/>.</summary>
    void Accumulate(IReadOnlyList<Batch> batches, int step, FloatBuffer losses)
    {
        var (trained, first) = (batches.Sum(batch => batch.TrainedTokens), 0);
        foreach (var batch in batches)
        {
            Pass(batch, step, 1f / trained, losses, first);
            first += batch.TrainedTokens;
        }
    }

    static double Sum(ReadOnlySpan<float> losses, double sum = 0)
    {
        foreach (var loss in losses)
            sum += loss;
        return sum;
    }

    /// <summary>One pass over a micro-batch.</summary>
    /// <param name="batch">The micro-batch.</param>
    /// <param name="step">The optimizer step, or null to evaluate: no dropout, no gradients.</param>
    /// <param name="seed">The weight of each token's loss in the gradient.</param>
    /// <param name="results">Gets the losses of the trained tokens.</param>
    /// <param name="first">Where.</param>
    internal void Pass(Batch batch, int? step, float seed, FloatBuffer results, int first)
    {
        if (batch.TrainedTokens == 0)
            return;
        var device = model.Device;
        using var tokens = new TokenBatch(device, batch.Rows, batch.Ids, batch.Positions, batch.DocumentStart);
        using var examples = device.RentCopy<int>(batch.ExampleIndex);
        using var rows = device.RentCopy<int>(batch.TrainedRows);
        using var targets = device.RentCopy<int>(batch.Targets);
        using var tape = new Tape(device, records: step is not null)
        {
            Dropout = step is { } s && config.LoraDropout > 0 ? new DropoutKeys((ulong)config.Seed, s, examples, tokens.Positions) : null,
        };
        var losses = model.Losses(tape, model.Forward(tape, tokens), rows, targets, seed);
        AfterForward?.Invoke();
        if (step is not null)
            tape.Backward(losses, seed);
        Place.Forward(device, losses.Data, results, first);
    }

    /// <summary>The sum of a batch's token losses goes on from <paramref name="sum"/>, in token order.</summary>
    internal double Evaluate(Batch batch, double sum)
    {
        using var losses = model.Device.Rent<float>(batch.TrainedTokens);
        Pass(batch, null, 0, losses, 0);
        return Sum(losses.ToArray(), sum);
    }

    /// <summary>The mean loss over all trained tokens of the evaluation set; null without one.</summary>
    double? Evaluate(int step, ITrainingLog log)
    {
        if (evaluation is null)
            return null;
        model.CheckUnchanged();
        double sum = 0;
        long trained = 0;
        foreach (var examples in evaluation.Chunk(config.PerDeviceEvalBatchSize))
        {
            var batch = new Batch(Batch.Alone(examples), padId);
            sum = Evaluate(batch, sum);
            trained += batch.TrainedTokens;
        }
        var mean = sum / trained;
        if (!double.IsFinite(mean))
            throw new PureLoraException($"evaluation after step {step}: the loss is {mean}, but training needs finite numbers. Check the model's weights, or lower learning_rate.");
        hash.Add(mean);
        log.Evaluated(step, mean);
        return mean;
    }

    /// <summary>Stops at the first loss or gradient that is no number, and says where it came from.</summary>
    void RefuseBroken(int step, double loss, double norm)
    {
        if (double.IsFinite(loss) && double.IsFinite(norm))
            return;
        var broken = parameters.FirstOrDefault(p => !double.IsFinite(GradientClipping.GlobalNorm(model.Device, [p])));
        throw new PureLoraException($"step {step + 1}: the loss is {loss}{(broken is null ? "" : $" and the gradient of {broken.Name} is no number")}, but training needs finite numbers. Lower learning_rate, or add warmup_steps.");
    }
}
