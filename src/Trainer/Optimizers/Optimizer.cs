using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// Moves parameters by their gradients, in a fixed order, with one count of steps for all. Every parameter takes every
/// step, with a gradient of 0 when none reached it.
/// </summary>
public abstract class Optimizer : IDisposable
{
    readonly MomentStore? store;
    readonly Moment[][] moments;
    readonly bool[] decays;

    /// <summary>State of zeros for each parameter.</summary>
    /// <param name="parameters">In the order that the state keeps, all on one device.</param>
    /// <param name="decays">Which of them lose weight; all when null. Transformers leaves out biases and norm weights.</param>
    /// <param name="weightDecay">Per step, each weight loses this much of itself times the learning rate.</param>
    /// <param name="storage">How the state is kept.</param>
    /// <param name="maps">One for each moment: its code in 8 bits.</param>
    private protected Optimizer(IReadOnlyList<Parameter> parameters, Predicate<Parameter>? decays, double weightDecay, StateStorage storage, params DynamicMap[] maps)
    {
        Require(weightDecay >= 0, "weight_decay", weightDecay, "0 or more");
        Parameters = parameters;
        WeightDecay = weightDecay;
        this.decays = [.. parameters.Select(p => decays is null || decays(p))];
        if (parameters.Count > 0 && maps.Length > 0)
            store = new MomentStore(parameters[0].Device, storage, parameters.Select(p => p.Data.Length), maps.Length);
        moments = [.. parameters.Select(p => maps.Select(map => store!.Make(p.Data.Length, map)).ToArray())];
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    public double WeightDecay { get; }

    /// <summary>Steps taken. Set it, and fill the moments, to go on from a checkpoint.</summary>
    public int Steps { get; set; }

    /// <summary>Bytes of state in a file that the system may page out; 0 where the device holds it.</summary>
    public long PagedBytes => store?.PagedBytes ?? 0;

    /// <summary>The state of parameter i, in the parameter's shape.</summary>
    public IReadOnlyList<Moment> Moments(int i) => moments[i];

    /// <summary>Moves every parameter by its gradient times <paramref name="gradientScale"/>; gradients stay as they are.</summary>
    public void Step(double learningRate, float gradientScale)
    {
        Steps++;
        Move(learningRate, gradientScale);
    }

    /// <summary>Step number <see cref="Steps"/>.</summary>
    private protected abstract void Move(double learningRate, float gradientScale);

    /// <summary>Whether parameter i loses weight.</summary>
    private protected bool Decays(int i) => decays[i];

    private protected static void Require(bool holds, string key, double value, string needed)
    {
        if (!holds)
            throw new UsageException($"{key}: the value is {value}, but the optimizer needs {needed}. Choose another {key}.");
    }

    public void Dispose()
    {
        store?.Dispose();
        GC.SuppressFinalize(this);
    }
}
