using PureLora.Kernels;

namespace PureLora;

public static class AddScaledOp
{
    /// <summary>y = a + s·b for two tensors of one shape. With s = 1, the residual connection.</summary>
    public static Tensor AddScaled(this Tape tape, Tensor a, Tensor b, float s = 1f)
    {
        if (a.Shape != b.Shape)
            throw new ArgumentException($"AddScaled: b is {b.Shape}, but a needs {a.Shape}.");
        var y = tape.Make(a.Rows, a.Columns, a.NeedsGrad || b.NeedsGrad);
        tape.Compute(y, () => Kernels.AddScaled.Forward(tape.Device, a.Data, b.Data, s, y.Data));
        return tape.Record(y, () =>
        {
            if (a.NeedsGrad)
                Kernels.AddScaled.Backward(tape.Device, y.Gradient, 1f, a.Gradient);
            if (b.NeedsGrad)
                Kernels.AddScaled.Backward(tape.Device, y.Gradient, s, b.Gradient);
        });
    }
}
