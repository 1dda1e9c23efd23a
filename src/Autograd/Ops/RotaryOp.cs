namespace PureLora;

public static class RotaryOp
{
    /// <summary>
    /// Turns each pair (x[j], x[j + R/2]) of every head of x [T, H·D] by its row's angle j: rotary position embedding
    /// (RoFormer, arXiv 2104.09864) in the order of Llama checkpoints. R, <paramref name="rotated"/>, is D, or fewer of a head's
    /// first dimensions, and the others stay as they are (GPT-NeoX, arXiv 2204.06745). cos and sin [maxPositions, R/2] come
    /// from a <c>RotaryTable</c>; a position that is not below maxPositions is a <see cref="PureLoraException"/> on the host; on
    /// a GPU its row is NaN. The caller keeps positions, cos and sin until the backward walk is done.
    /// </summary>
    public static Tensor Rotary(this Tape tape, Tensor x, IntBuffer positions, FloatBuffer cos, FloatBuffer sin, int headSize, int? rotated = null)
    {
        if (headSize <= 0 || headSize % 2 != 0)
            throw new ArgumentException($"Rotary: headSize is {headSize}, but halves need a positive even number.");
        var turned = rotated ?? headSize;
        if (turned <= 0 || turned % 2 != 0 || turned > headSize)
            throw new ArgumentException($"Rotary: rotated is {turned}, but headSize {headSize} needs a positive even number that is no larger.");
        if (x.Columns % headSize != 0)
            throw new ArgumentException($"Rotary: x is {x.Shape}, but headSize {headSize} needs a multiple of it as columns.");
        if (positions.Length != x.Rows)
            throw new ArgumentException($"Rotary: positions has {positions.Length} elements, but x {x.Shape} needs {x.Rows}.");
        if (cos.Length != sin.Length || cos.Length % (turned / 2) != 0)
            throw new ArgumentException($"Rotary: cos and sin have {cos.Length} and {sin.Length} elements, but {turned} rotated dimensions need equal multiples of {turned / 2}.");
        var y = tape.Make(x.Rows, x.Columns, x.NeedsGrad);
        Kernels.Rotary.Forward(tape.Device, x.Data, positions, cos, sin, turned / 2, headSize, y.Data);
        return tape.Record(y, () =>
            Kernels.Rotary.Backward(tape.Device, y.Gradient, positions, cos, sin, turned / 2, headSize, x.Gradient));
    }
}
