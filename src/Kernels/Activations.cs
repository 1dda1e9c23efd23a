using System.Runtime.Intrinsics;
using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>A function f with its slope f', in sixteen lanes on the host and of one number on a GPU.</summary>
interface IActivation
{
    Vector512<float> Value(Vector512<float> x);

    /// <summary>f'(x), and f(x), which shares its curve.</summary>
    Vector512<float> Slope(Vector512<float> x, out Vector512<float> value);

    float Value(float x);

    float Slope(float x);
}

static class Activations
{
    /// <summary>One of six, each made for the struct of its name.</summary>
    public static T For<T>(Activation activation, T silu, T gelu, T geluTanh, T quickGelu, T relu, T squaredRelu) => activation switch
    {
        Activation.Silu => silu,
        Activation.Gelu => gelu,
        Activation.GeluTanh => geluTanh,
        Activation.QuickGelu => quickGelu,
        Activation.Relu => relu,
        Activation.SquaredRelu => squaredRelu,
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, null),
    };
}

readonly struct Silu : IActivation
{
    public Vector512<float> Value(Vector512<float> x) => VectorMath.Silu(x);

    public Vector512<float> Slope(Vector512<float> x, out Vector512<float> value)
    {
        var s = VectorMath.Sigmoid(x);
        value = x * s;
        return s * Vector512.FusedMultiplyAdd(x, Vector512<float>.One - s, Vector512<float>.One);
    }

    public float Value(float x) => x * GpuMath.Sigmoid(x);

    public float Slope(float x)
    {
        var s = GpuMath.Sigmoid(x);
        return s * (1f + x * (1f - s));
    }
}

/// <summary>f' = Φ(x) + x·φ(x), the normal distribution and its density.</summary>
readonly struct Gelu : IActivation
{
    const float InverseRoot2 = 0.707106781f, Density = 0.398942280f;

    public Vector512<float> Value(Vector512<float> x) => x * Share(x);

    public Vector512<float> Slope(Vector512<float> x, out Vector512<float> value)
    {
        var share = Share(x);
        value = x * share;
        return Vector512.FusedMultiplyAdd(x * Density, VectorMath.Exp(x * x * -0.5f), share);
    }

    static Vector512<float> Share(Vector512<float> x) =>
        Vector512.FusedMultiplyAdd(VectorMath.Erf(x * InverseRoot2), Vector512.Create(0.5f), Vector512.Create(0.5f));

    public float Value(float x) => x * (0.5f + 0.5f * GpuMath.Erf(x * InverseRoot2));

    public float Slope(float x) => 0.5f + 0.5f * GpuMath.Erf(x * InverseRoot2) + x * Density * XMath.Exp(-0.5f * x * x);
}

/// <summary>f' = (1 + t)/2 + x/2·(1 - t²)·c(1 + 3·0.044715x²) with t the tanh and c = √(2/π).</summary>
readonly struct GeluTanh : IActivation
{
    const float Cubic = 0.044715f, C = 0.797884561f;

    public Vector512<float> Value(Vector512<float> x) => x * Share(Curve(x));

    public Vector512<float> Slope(Vector512<float> x, out Vector512<float> value)
    {
        var t = Curve(x);
        value = x * Share(t);
        var inner = Vector512.FusedMultiplyAdd(x * x, Vector512.Create(1.5f * C * Cubic), Vector512.Create(0.5f * C));
        return Vector512.FusedMultiplyAdd(Vector512.FusedMultiplyAdd(-t, t, Vector512<float>.One) * x, inner, Share(t));
    }

    static Vector512<float> Curve(Vector512<float> x) =>
        VectorMath.Tanh(x * Vector512.FusedMultiplyAdd(x * x, Vector512.Create(C * Cubic), Vector512.Create(C)));

    static Vector512<float> Share(Vector512<float> t) => Vector512.FusedMultiplyAdd(t, Vector512.Create(0.5f), Vector512.Create(0.5f));

    public float Value(float x) => x * (0.5f + 0.5f * GpuMath.Tanh(x * (C + C * Cubic * x * x)));

    public float Slope(float x)
    {
        var t = GpuMath.Tanh(x * (C + C * Cubic * x * x));
        return 0.5f + 0.5f * t + x * (1f - t * t) * (0.5f * C + 1.5f * C * Cubic * x * x);
    }
}

readonly struct QuickGelu : IActivation
{
    const float Steepness = 1.702f;

    public Vector512<float> Value(Vector512<float> x) => x * VectorMath.Sigmoid(x * Steepness);

    public Vector512<float> Slope(Vector512<float> x, out Vector512<float> value)
    {
        var s = VectorMath.Sigmoid(x * Steepness);
        value = x * s;
        return s * Vector512.FusedMultiplyAdd(x * Steepness, Vector512<float>.One - s, Vector512<float>.One);
    }

    public float Value(float x) => x * GpuMath.Sigmoid(Steepness * x);

    public float Slope(float x)
    {
        var s = GpuMath.Sigmoid(Steepness * x);
        return s * (1f + Steepness * x * (1f - s));
    }
}

/// <summary>A NaN stays one.</summary>
readonly struct Relu : IActivation
{
    public Vector512<float> Value(Vector512<float> x) =>
        Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), Vector512<float>.Zero, x);

    public Vector512<float> Slope(Vector512<float> x, out Vector512<float> value)
    {
        value = Value(x);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), Vector512<float>.One, Vector512<float>.Zero);
    }

    public float Value(float x) => x < 0f ? 0f : x;

    public float Slope(float x) => x > 0f ? 1f : 0f;
}

readonly struct SquaredRelu : IActivation
{
    public Vector512<float> Value(Vector512<float> x)
    {
        var kept = default(Relu).Value(x);
        return kept * kept;
    }

    public Vector512<float> Slope(Vector512<float> x, out Vector512<float> value)
    {
        var kept = default(Relu).Value(x);
        value = kept * kept;
        return kept + kept;
    }

    public float Value(float x) => x < 0f ? 0f : x * x;

    public float Slope(float x) => x < 0f ? 0f : 2f * x;
}
