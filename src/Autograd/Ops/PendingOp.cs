namespace PureLora;

public enum Activation { Silu, Gelu, GeluTanh, Relu }

public static class PendingOps
{
    public static Tensor LayerNorm(this Tape tape, Tensor x, Tensor w, Tensor b, float eps) => throw new NotSupportedException();
    public static Tensor Gated(this Tape tape, Tensor gate, Tensor up, Activation a) => a == Activation.Silu ? tape.SwiGlu(gate, up) : throw new NotSupportedException();
    public static Tensor Activate(this Tape tape, Tensor x, Activation a) => throw new NotSupportedException();
    public static Tensor SoftCap(this Tape tape, Tensor x, float c) => throw new NotSupportedException();
}
