namespace PureLora;

/// <summary>
/// A norm of each row, or of each group of as many columns as its weight has: RMSNorm x·(w + offset) / rms(x), or
/// LayerNorm (x - mean)·w / deviation + b.
/// </summary>
sealed class Norm(NormConfig how, Tensor weight, Tensor? bias)
{
    public Tensor Forward(Tape tape, Tensor x) => bias is null
        ? tape.RmsNorm(x, weight, (float)how.Epsilon, (float)how.Offset)
        : tape.LayerNorm(x, weight, bias, (float)how.Epsilon);
}
