namespace PureLora;

public static class SwiGluOp
{
    /// <summary>
    /// y = silu(gate)·up with silu(g) = g / (1 + e^-g), element by element; gate, up, y [T, C] (Shazeer, arXiv
    /// 2002.05202). The backward pass computes the sigmoid again instead of keeping it.
    /// </summary>
    public static Tensor SwiGlu(this Tape tape, Tensor gate, Tensor up)
    {
        if (gate.Shape != up.Shape)
            throw new ArgumentException($"SwiGlu: up is {up.Shape}, but gate needs {gate.Shape}.");
        var y = tape.Make(gate.Rows, gate.Columns, gate.NeedsGrad || up.NeedsGrad);
        Kernels.SwiGlu.Forward(tape.Device, gate.Data, up.Data, y.Data);
        return tape.Record(y, () => Kernels.SwiGlu.Backward(
            tape.Device, y.Gradient, gate.Data, up.Data,
            gate.NeedsGrad ? gate.Gradient : null, up.NeedsGrad ? up.Gradient : null));
    }
}
