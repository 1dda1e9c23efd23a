using ILGPU.Algorithms;

namespace PureLora.Kernels;

/// <summary>
/// 1 / (1 + e^-x), tanh x and erf x in a GPU kernel: the curves of <see cref="VectorMath"/>, over XMath's e^x, which is good
/// on every backend where its tanh is not.
/// </summary>
static class GpuMath
{
    public static float Sigmoid(float x) => 1f / (1f + XMath.Exp(-x));

    public static float Tanh(float x)
    {
        var size = x < 0f ? -x : x;
        if (size < VectorMath.TanhNear)
        {
            var z = x * x;
            return x + x * z * (VectorMath.T3 + z * (VectorMath.T5 + z * (VectorMath.T7 + z * (VectorMath.T9 + z * VectorMath.T11))));
        }
        var far = 1f - 2f / (1f + XMath.Exp(2f * size));
        return x < 0f ? -far : far;
    }

    public static float Erf(float x)
    {
        var size = x < 0f ? -x : x;
        if (size < 1f)
        {
            var z = x * x;
            return x + x * (VectorMath.F0 + z * (VectorMath.F2 + z * (VectorMath.F4 + z * (VectorMath.F6 + z * (VectorMath.F8 + z * (VectorMath.F10 + z * VectorMath.F12))))));
        }
        var a = size > VectorMath.ErfHighest ? VectorMath.ErfHighest : size;
        var g = VectorMath.G0 + a * (VectorMath.G1 + a * (VectorMath.G2 + a * (VectorMath.G3 + a * (VectorMath.G4 + a * (VectorMath.G5 + a * VectorMath.G6)))));
        var far = 1f - XMath.Exp(-g);
        return x < 0f ? -far : far;
    }
}
