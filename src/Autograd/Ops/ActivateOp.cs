namespace PureLora;

public static class ActivateOp
{
    /// <summary>
    /// y = f(x), or f(x)·up where up is given (SwiGLU with <see cref="Activation.Silu"/>; Shazeer, arXiv 2002.05202), element
    /// by element; x, up, y [T, C]. The backward pass computes f again instead of keeping it.
    /// </summary>
    public static Tensor Activate(this Tape tape, Activation activation, Tensor x, Tensor? up = null)
    {
        if (up is not null && x.Shape != up.Shape)
            throw new ArgumentException($"Activate: up is {up.Shape}, but x needs {x.Shape}.");
        var y = tape.Make(x.Rows, x.Columns, x.NeedsGrad || up is { NeedsGrad: true });
        Kernels.Activate.Forward(tape.Device, activation, x.Data, up?.Data, y.Data);
        return tape.Record(y, () => Kernels.Activate.Backward(
            tape.Device, activation, y.Gradient, x.Data, up?.Data,
            x.NeedsGrad ? x.Gradient : null, up is { NeedsGrad: true } ? up.Gradient : null));
    }
}
