namespace PureLora;

/// <summary>The nonlinear function inside an MLP.</summary>
public enum Activation
{
    /// <summary>x·s(x) with s(x) = 1 / (1 + e^-x) (<c>silu</c>, <c>swish</c>; arXiv 1702.03118).</summary>
    Silu,

    /// <summary>x/2·(1 + erf(x/√2)) (<c>gelu</c>; arXiv 1606.08415).</summary>
    Gelu,

    /// <summary>x/2·(1 + tanh(√(2/π)·(x + 0.044715x³))) (<c>gelu_pytorch_tanh</c>, <c>gelu_new</c>, <c>gelu_fast</c>).</summary>
    GeluTanh,

    /// <summary>x·s(1.702x) (<c>quick_gelu</c>).</summary>
    QuickGelu,

    /// <summary>max(x, 0) (<c>relu</c>).</summary>
    Relu,

    /// <summary>max(x, 0)² (<c>relu2</c>; arXiv 2109.08668).</summary>
    SquaredRelu,
}
