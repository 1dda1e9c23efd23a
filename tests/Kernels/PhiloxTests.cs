using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using PureLora.Kernels;

namespace PureLora.Tests;

public class PhiloxTests
{
    // The known answers published with Random123 (kat_vectors, philox4x32 10).
    [Theory]
    [InlineData(0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8)]
    [InlineData(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd)]
    [InlineData(0xa4093822, 0x299f31d0, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1)]
    public void Block_gives_the_published_answers(
        uint k0, uint k1, uint c0, uint c1, uint c2, uint c3, uint x, uint y, uint z, uint w)
    {
        var block = Philox.Block(k0 | (ulong)k1 << 32, c0, c1, c2, c3);
        Assert.Equal((x, y, z, w), (block.X, block.Y, block.Z, block.W));
    }

    [Fact]
    public void Uniform_takes_24_bits_and_never_reaches_one()
    {
        Assert.Equal(0f, Philox.Uniform(0xFF));
        Assert.Equal(1f / 16777216, Philox.Uniform(0x100));
        Assert.Equal(0.5f, Philox.Uniform(0x80000000));
        Assert.Equal(1f - 1f / 16777216, Philox.Uniform(0xFFFFFFFF));
    }

    // Computed from the definition by an arbitrary-precision calculator.
    [Theory]
    [InlineData(0, "", 0x813f0174a2367c13)]
    [InlineData(1, "model.layers.0.self_attn.q_proj.lora_A.weight", 0xed81ba6c04ed3bf1)]
    [InlineData(7, "\u00e9", 0xa108a6b50b504f80)]
    [InlineData(0x0102030405060708, "x", 0xda2c544d8ce8c231)]
    public void Key_hashes_the_seed_and_the_utf8_name(ulong seed, string name, ulong key) =>
        Assert.Equal(key, Philox.Key(seed, name));

    [Theory]
    [InlineData(0x00000000, 0x00000000, 6.660436889261582)]
    [InlineData(0xffffffff, 0x80000000, 0.0)]
    [InlineData(0x80000000, 0x12345678, 1.0618266553130176)]
    [InlineData(0x6627e8d5, 0xe169c58d, 0.991137679096661)]
    public void Gaussian_is_the_transform_of_box_and_muller(uint a, uint b, double expected) =>
        Assert.Equal(expected, Philox.Gaussian(a, b), 4e-15);

    [Fact]
    public void Gaussian_numbers_have_the_moments_of_a_normal_distribution()
    {
        const int count = 200_000;
        ulong key = Philox.Key(3, "moments");
        double mean = 0, square = 0, cube = 0, fourth = 0, beyond = 0;
        for (uint i = 0; i < count; i++)
        {
            var block = Philox.Block(key, i, 0, 0, 0);
            double g = Philox.Gaussian(block.X, block.Y);
            mean += g / count;
            square += g * g / count;
            cube += g * g * g / count;
            fourth += g * g * g * g / count;
            beyond += Math.Abs(g) > 1.959963984540054 ? 1.0 / count : 0;
        }
        // Four standard errors of each: sqrt(1, 2, 15, 96, 0.0475 over count).
        Assert.Equal(0, mean, 0.009);
        Assert.Equal(1, square, 0.013);
        Assert.Equal(0, cube, 0.035);
        Assert.Equal(3, fourth, 0.088);
        Assert.Equal(0.05, beyond, 0.002);
    }

    [Fact]
    public void A_kernel_draws_the_numbers_that_the_host_draws()
    {
        using var context = ILGPU.Context.Create(builder => builder.CPU());
        using var accelerator = context.CreateCPUAccelerator(0);
        using var output = accelerator.Allocate1D<float>(1000);
        accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<float>, ulong>(DrawKernel)(4, output.View, 99);
        accelerator.Synchronize();
        float[] drawn = output.GetAsArray1D();
        for (int i = 0; i < drawn.Length; i++)
        {
            var block = Philox.Block(99, (uint)i, 1, 2, 3);
            Assert.Equal(Philox.Uniform(block.X ^ block.Y ^ block.Z ^ block.W), drawn[i]);
        }
    }

    [Fact]
    public void A_kernel_that_draws_compiles_to_PTX_and_to_OpenCL()
    {
        var method = typeof(PhiloxTests).GetMethod(nameof(DrawKernel), BindingFlags.NonPublic | BindingFlags.Static)!;
        var entry = EntryPointDescription.FromImplicitlyGroupedKernel(method);
        using var context = ILGPU.Context.Create(builder => builder.Optimize(OptimizationLevel.O1));
        using var ptx = new PTXBackend(context, new CudaCapabilityContext(CudaArchitecture.SM_80),
            CudaArchitecture.SM_80, CudaInstructionSet.ISA_78, null!);
        Assert.Contains("mul", ((PTXCompiledKernel)ptx.Compile(entry, default)).PTXAssembly);
        using var cl = new CLBackend(context, new CLCapabilityContext(true, false, true, true, true),
            CLDeviceVendor.Other, CLCVersion.CL20);
        Assert.Contains("3528531795", ((CLCompiledKernel)cl.Compile(entry, default)).Source);
    }

    static void DrawKernel(Index1D start, ArrayView<float> output, ulong key)
    {
        for (int i = start; i < output.IntLength; i += 4)
        {
            var block = Philox.Block(key, (uint)i, 1, 2, 3);
            output[i] = Philox.Uniform(block.X ^ block.Y ^ block.Z ^ block.W);
        }
    }
}
