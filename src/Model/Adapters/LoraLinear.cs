namespace PureLora;

/// <summary>
/// y = W x + B(s·A(dropout(x))): any linear, frozen, plus a trainable product of rank R (LoRA, arXiv 2106.09685,
/// section 4.1). A [R, Inputs], B [Outputs, R], s = alpha / R, or alpha / sqrt(R) with rank-stabilised LoRA
/// (arXiv 2312.03732). Over a quantized linear this is QLoRA.
/// </summary>
public sealed class LoraLinear : ILinear
{
    readonly double dropout;

    /// <summary>Wraps <paramref name="inner"/> and owns all it is given.</summary>
    public LoraLinear(ILinear inner, Parameter a, Parameter b, double scale, double dropout = 0)
    {
        if (a.Columns != inner.Inputs || b.Rows != inner.Outputs || a.Rows != b.Columns)
            throw new ArgumentException($"{inner.Name}: A is {a.Shape} and B is {b.Shape}, but a linear [{inner.Outputs}, {inner.Inputs}] needs A [R, {inner.Inputs}] and B [{inner.Outputs}, R].");
        (Inner, A, B, Scale, this.dropout) = (inner, a, b, scale, dropout);
    }

    public ILinear Inner { get; }

    public Parameter A { get; }

    public Parameter B { get; }

    /// <summary>s.</summary>
    public double Scale { get; }

    public string Name => Inner.Name;

    public int Inputs => Inner.Inputs;

    public int Outputs => Inner.Outputs;

    public Tensor Forward(Tape tape, Tensor x)
    {
        var y = Inner.Forward(tape, x);
        var inner = tape.Scale(tape.MatMul(tape.Dropout(x, dropout, Name), A), (float)Scale); // [M, R]
        return tape.AddMatMul(y, inner, B);
    }

    /// <summary>W + s·B·A in f32, row by row: what a plain linear needs to give the same answers.</summary>
    public float[] Merge()
    {
        var device = A.Device;
        var plain = Inner as Linear ?? throw new InvalidOperationException($"{Name}: its inner linear is a {Inner.GetType().Name}, but merging needs a Linear. Merge the inner one first.");
        using var merged = plain.Weight.ToF32(device);
        using var scaled = device.RentZeroed<float>(B.Data.Length);
        Kernels.AddScaled.Backward(device, B.Data, (float)Scale, scaled);
        Kernels.MatMul.BackwardInput(device, scaled, Outputs, A.Matrix, merged);
        return merged.ToArray();
    }

    public void Dispose()
    {
        Inner.Dispose();
        A.Dispose();
        B.Dispose();
    }
}
