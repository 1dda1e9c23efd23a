namespace PureLora;

public static class RotaryOp
{
    /// <summary>
    /// Turns each pair (x[j], x[j + D/2]) of every head of x [T, H·D] by its row's angle j: rotary position embedding
    /// (RoFormer, arXiv 2104.09864) in the order of Llama checkpoints. cos and sin [maxPositions, D/2] come from a
    /// <c>RotaryTable</c>; a position that is not below maxPositions is a
    /// <see cref="PureLoraException"/> on the host; on a GPU its row is NaN. The caller keeps positions, cos and sin until the
    /// backward walk is done.
    /// </summary>
    public static Tensor Rotary(this Tape tape, Tensor x, IntBuffer positions, FloatBuffer cos, FloatBuffer sin, int headSize)
    {
        if (headSize <= 0 || headSize % 2 != 0)
            throw new ArgumentException($"Rotary: headSize is {headSize}, but halves need a positive even number.");
        if (x.Columns % headSize != 0)
            throw new ArgumentException($"Rotary: x is {x.Shape}, but headSize {headSize} needs a multiple of it as columns.");
        if (positions.Length != x.Rows)
            throw new ArgumentException($"Rotary: positions has {positions.Length} elements, but x {x.Shape} needs {x.Rows}.");
        if (cos.Length != sin.Length || cos.Length % (headSize / 2) != 0)
            throw new ArgumentException($"Rotary: cos and sin have {cos.Length} and {sin.Length} elements, but headSize {headSize} needs equal multiples of {headSize / 2}.");
        var y = tape.Make(x.Rows, x.Columns, x.NeedsGrad);
        Kernels.Rotary.Forward(tape.Device, x.Data, positions, cos, sin, headSize / 2, y.Data);
        return tape.Record(y, () =>
            Kernels.Rotary.Backward(tape.Device, y.Gradient, positions, cos, sin, headSize / 2, x.Gradient));
    }
}
