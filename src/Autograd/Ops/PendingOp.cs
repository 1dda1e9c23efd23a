namespace PureLora;

public static class PendingOps
{
    public static Tensor LayerNorm(this Tape tape, Tensor x, Tensor w, Tensor b, float eps) => throw new NotSupportedException();
    public static Tensor SoftCap(this Tape tape, Tensor x, float c) => throw new NotSupportedException();
}
