namespace PureLora;

/// <summary>
/// y = x·Wᵀ (+ b), whatever W is stored as and whatever is added to it: the one seam of the model, where storage and
/// adaptation plug in.
/// </summary>
public interface ILinear : IDisposable
{
    /// <summary>The module's name in its checkpoint, such as <c>model.layers.0.self_attn.q_proj</c>.</summary>
    string Name { get; }

    int Inputs { get; }

    int Outputs { get; }

    /// <summary>x [M, Inputs] to y [M, Outputs].</summary>
    Tensor Forward(Tape tape, Tensor x);
}
