using ILGPU.Runtime.Cuda;

namespace PureLora.Tests.Ptx;

/// <summary>The interpreter knows all that ILGPU makes of our kernels.</summary>
public sealed class PtxCoverageTests
{
    public static TheoryData<string> Kernels => CompileTests.Kernels;

    [Theory, MemberData(nameof(Kernels))]
    public void Every_kernel_is_understood_for_every_architecture(string label)
    {
        var method = CompileTests.Find(label);
        CudaArchitecture[] architectures = CompileTests.NeedsTensorCores(method) ? [CudaArchitecture.SM_80, CudaArchitecture.SM_90] : [CudaArchitecture.SM_75, CudaArchitecture.SM_80, CudaArchitecture.SM_90];
        foreach (var architecture in architectures)
        {
            var kernel = PtxLaunch.Kernel(method, architecture);
            Assert.Equal(method.GetParameters().Length, kernel.Parameters.Count);
            Assert.Contains(kernel.Code, i => i.Op is PtxOp.Store or PtxOp.Atomic);
        }
    }
}
