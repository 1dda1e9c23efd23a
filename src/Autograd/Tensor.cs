using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// A matrix [<see cref="Rows"/>, <see cref="Columns"/>] of f32 with its gradient; a vector is one row. Tensors have no
/// operators: computation happens on a <see cref="Tape"/>, which makes them and frees them.
/// </summary>
public class Tensor : IDisposable
{
    readonly bool kept;
    FloatBuffer? gradient;

    internal Tensor(Device device, int rows, int columns, bool needsGrad, bool kept = false)
    {
        Rows = rows;
        Columns = columns;
        NeedsGrad = needsGrad;
        this.kept = kept;
        Data = device.Rent<float>((long)rows * columns, kept);
    }

    /// <summary>A constant that outlives every tape, filled from <paramref name="values"/> row by row.</summary>
    public Tensor(Device device, int rows, int columns, ReadOnlySpan<float> values) : this(device, rows, columns, needsGrad: false, kept: true)
    {
        if (values.Length != Data.Length && device.Computes)
            throw new ArgumentException($"Tensor: {values.Length} values were given, but shape {Shape} needs {Data.Length}.");
        Data.CopyFrom(values);
    }

    public int Rows { get; }

    public int Columns { get; }

    public string Shape => $"[{Rows}, {Columns}]";

    /// <summary>Whether a gradient reaches this tensor: it is a parameter, or it was computed from one.</summary>
    public bool NeedsGrad { get; internal init; }

    public Device Device => Data.Device;

    /// <summary>The values, row by row.</summary>
    public FloatBuffer Data { get; }

    /// <summary>True once something was added to the gradient since it was last cleared or freed.</summary>
    public bool HasGradient => gradient is not null;

    /// <summary>d(loss)/d(this), same shape. Rented, all zero, at first use; every backward step adds to it.</summary>
    public FloatBuffer Gradient => gradient ??= Device.RentZeroed<float>(Data.Length, kept);

    /// <summary>The values as an F32 matrix for a product.</summary>
    internal Weight Matrix => field ??= Weight.Over(Data, Rows, Columns);

    /// <summary>Frees the gradient: the next use begins at zero.</summary>
    public void DropGradient()
    {
        gradient?.Dispose();
        gradient = null;
    }

    internal void TakeGradientOf(Tensor other) => (gradient, other.gradient) = (other.gradient, gradient);

    public void Dispose()
    {
        DropGradient();
        Data.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>
/// A trainable tensor. It outlives every tape, and so does its gradient, which adds up until
/// <see cref="ClearGradient"/>.
/// </summary>
public sealed class Parameter : Tensor
{
    /// <summary>A parameter named as its file names it, filled from <paramref name="values"/> row by row.</summary>
    public Parameter(Device device, string name, int rows, int columns, ReadOnlySpan<float> values)
        : base(device, rows, columns, needsGrad: true, kept: true)
    {
        if (values.Length != Data.Length && device.Computes)
            throw new ArgumentException($"{name}: {values.Length} values were given, but shape [{rows}, {columns}] needs {Data.Length}.");
        Name = name;
        Data.CopyFrom(values);
    }

    public string Name { get; }

    public void ClearGradient() => Gradient.Clear();
}
