namespace PureLora;

/// <summary>y = x·Wᵀ + b, with W [Outputs, Inputs] frozen in any format, or trainable, and an optional b [1, Outputs].</summary>
public sealed class Linear : ILinear
{
    readonly Tensor? trainable;

    /// <summary>A frozen linear. It owns what it is given.</summary>
    public Linear(string name, Weight weight, Tensor? bias = null) => (Name, Weight, Bias) = (name, weight, bias);

    /// <summary>A linear over a tensor, trainable if that is a parameter. It owns what it is given.</summary>
    public Linear(string name, Tensor weight, Tensor? bias = null) : this(name, weight.Matrix, bias) => trainable = weight;

    public string Name { get; }

    public Weight Weight { get; }

    public Tensor? Bias { get; }

    /// <summary>Whether its checkpoint has W as [Inputs, Outputs], as Transformers' Conv1D does.</summary>
    public bool IsStoredTransposed { get; init; }

    public int Inputs => Weight.Columns;

    public int Outputs => Weight.Rows;

    public Tensor Forward(Tape tape, Tensor x)
    {
        var y = trainable is null ? tape.MatMul(x, Weight) : tape.MatMul(x, trainable);
        return Bias is null ? y : tape.AddBias(y, Bias);
    }

    /// <summary>Row ids[i] of W: the embedding lookup. y [M, Inputs].</summary>
    public Tensor Rows(Tape tape, IntBuffer ids) => trainable is null ? tape.Embedding(Weight, ids) : tape.Embedding(trainable, ids);

    /// <summary>The same weight under another name, with a bias of its own: a head that is tied to the embedding.</summary>
    public Linear Named(string name, Tensor? bias) => trainable is null ? new Linear(name, Weight, bias) : new Linear(name, trainable, bias);

    public void Dispose()
    {
        Weight.Dispose();
        trainable?.Dispose();
        Bias?.Dispose();
    }
}
