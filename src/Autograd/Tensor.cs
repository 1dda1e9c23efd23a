using PureLora.Kernels;

namespace PureLora;

/// <summary>
/// A matrix [<see cref="Rows"/>, <see cref="Columns"/>] of f32 with its gradient; a vector is one row. Tensors have no
/// operators: computation happens on a <see cref="Tape"/>, which makes them and frees them.
/// </summary>
public class Tensor : IDisposable
{
    readonly bool kept;
    readonly FloatBuffer data;
    FloatBuffer? gradient;
    Action? pending;

    internal Tensor(Device device, int rows, int columns, bool needsGrad, bool kept = false)
    {
        Rows = rows;
        Columns = columns;
        NeedsGrad = needsGrad;
        this.kept = kept;
        data = device.Rent<float>((long)rows * columns, kept);
    }

    /// <summary>A constant that outlives every tape, filled from <paramref name="values"/> row by row.</summary>
    public Tensor(Device device, int rows, int columns, ReadOnlySpan<float> values)
        : this(device, "Tensor", rows, columns, values, needsGrad: false)
    {
    }

    private protected Tensor(Device device, string name, int rows, int columns, ReadOnlySpan<float> values, bool needsGrad)
        : this(device, CheckedRows(device, name, rows, columns, values.Length), columns, needsGrad, kept: true) => Data.CopyFrom(values);

    /// <summary>Before anything is rented. A device that computes nothing may be given no values.</summary>
    static int CheckedRows(Device device, string name, int rows, int columns, int values) => values == (long)rows * columns || !device.Computes ? rows
        : throw new ArgumentException($"{name}: {values} values were given, but shape [{rows}, {columns}] needs {(long)rows * columns}.");

    public int Rows { get; }

    public int Columns { get; }

    public string Shape => $"[{Rows}, {Columns}]";

    /// <summary>Whether a gradient reaches this tensor: it is a parameter, or it was computed from one.</summary>
    public bool NeedsGrad { get; internal set; }

    public Device Device => data.Device;

    /// <summary>The values, row by row.</summary>
    public FloatBuffer Data
    {
        get
        {
            if (pending is { } compute)
            {
                pending = null;
                compute();
            }
            return data;
        }
    }

    /// <summary>Puts off <paramref name="compute"/>, which fills or changes the values, until somebody reads them.</summary>
    internal void PutOff(Action compute) => pending += compute;

    /// <summary>Whether there is a gradient: <see cref="Gradient"/> was used since the last <see cref="DropGradient"/>.</summary>
    public bool HasGradient => gradient is not null;

    /// <summary>d(loss)/d(this), same shape. Rented, all zero, at first use; every backward step adds to it.</summary>
    public FloatBuffer Gradient => gradient ??= Device.RentZeroed<float>(data.Length, kept);

    /// <summary>The gradient before its first use, its content undefined: for a backward step that fills all of it.</summary>
    internal FloatBuffer NewGradient() => gradient = Device.Rent<float>(data.Length, kept);

    /// <summary>The gradient before its first use in the place of the values, which nobody needs any more.</summary>
    internal FloatBuffer GradientInPlace() => gradient = Data;

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
        data.Dispose();
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
        : base(device, name, rows, columns, values, needsGrad: true) => Name = name;

    public string Name { get; }

    public void ClearGradient() => Gradient.Clear();
}
