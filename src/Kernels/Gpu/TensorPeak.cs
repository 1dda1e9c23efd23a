using ILGPU;

namespace PureLora.Kernels;

/// <summary>
/// The most that tensor cores do by the instruction that our kernels use, mma (from sm_90 on there is a faster one): products of ones in
/// registers, eight of a warp that do not wait for each other.
/// </summary>
static class TensorPeak
{
    /// <summary>Operations of one thread in one step: a warp's product is 16 x 8 x 16 fused multiply-adds.</summary>
    public const double OperationsOfStep = 8 * 2.0 * 16 * 8 * 16 / 32;

    internal static void ProductsKernel(ArrayView<float> y, int steps)
    {
        const uint ones = 0x3F803F80u;
        var a = new Eight { A = ones, B = ones, C = ones, D = ones };
        Float4 c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        for (var step = 0; step < steps; step++)
        {
            c0 = TensorCores.Multiply(c0, a, ones, ones);
            c1 = TensorCores.Multiply(c1, a, ones, ones);
            c2 = TensorCores.Multiply(c2, a, ones, ones);
            c3 = TensorCores.Multiply(c3, a, ones, ones);
            c4 = TensorCores.Multiply(c4, a, ones, ones);
            c5 = TensorCores.Multiply(c5, a, ones, ones);
            c6 = TensorCores.Multiply(c6, a, ones, ones);
            c7 = TensorCores.Multiply(c7, a, ones, ones);
        }
        y[Grid.GlobalIndex.X] = c0.X + c1.Y + c2.Z + c3.W + (c4.X + c5.Y + c6.Z + c7.W);
    }
}
