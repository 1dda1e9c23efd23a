using System.Runtime.Intrinsics;
namespace PureLora.Kernels;

/// <summary>
/// y = x·Wᵀ for a few rows, as in decoding one token at a time: every weight is read once. Each element is a sum in
/// sixteen lanes, k in lane (k / 2) mod 16, then a fixed tree; so a row's result does not depend on how many rows there
/// are. Training and prefill use <see cref="MatMul"/>, whose order of summation differs.
/// </summary>
static partial class MatVec
{
    /// <summary>y [rows, N] = x [rows, K] · W [N, K] transposed.</summary>
    public static void Forward(Device device, FloatBuffer x, int rows, Weight w, FloatBuffer y)
    {
        var (n, k) = (w.Rows, w.Columns);
        using var scratch = device.Rent<float>(device.ReadsHostMemory ? HostMatVec.ScratchLength(device, rows, k) : 1);
        device.Launch(
            host => HostMatVec.Run(host, scratch, x, rows, w, y),
            gpu => gpu.Run(WeightReaders.For(w, ForwardKernel<F32Reader>, ForwardKernel<BF16Reader>, ForwardKernel<F16Reader>, ForwardKernel<INT8Reader>, ForwardKernel<FourBitReader>, ForwardKernel<NestedFourBitReader>),
                (long)rows * n,
                WeightReaders.For(w, ForwardGroupsKernel<F32Reader>, ForwardGroupsKernel<BF16Reader>, ForwardGroupsKernel<F16Reader>, ForwardGroupsKernel<INT8Reader>, ForwardGroupsKernel<FourBitReader>, ForwardGroupsKernel<NestedFourBitReader>),
                (n + ColumnsOfGroup - 1L) / ColumnsOfGroup * rows, x.View, w.View, y.View, rows, n, k));
    }
}
