namespace PureLora;

public static class PendingOps
{
    public static Tensor SoftCap(this Tape tape, Tensor x, float c) => throw new NotSupportedException();
}
