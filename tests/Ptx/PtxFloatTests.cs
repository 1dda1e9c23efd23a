namespace PureLora.Tests.Ptx;

/// <summary>Float instructions: IEEE results, and the NaN and rounding rules of the PTX ISA.</summary>
public sealed class PtxFloatTests
{
    const float NaN = float.NaN, Infinity = float.PositiveInfinity;

    static float Single(string instruction, float a, float b = 0, float c = 0) => BitConverter.UInt32BitsToSingle((uint)PtxSnippet.Value(
        $"{instruction}; mov.b32 %r3, %f3; cvt.u64.u32 %d3, %r3;", Bits(a), Bits(b), Bits(c)));

    static ulong Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    [Theory]
    [InlineData("add.f32 %f3, %f0, %f1", 1f, 5.9604645E-08f, 0f, 1f)]
    [InlineData("sub.f32 %f3, %f0, %f1", 1f, 3f, 0f, -2f)]
    [InlineData("mul.rn.f32 %f3, %f0, %f1", 1.5f, -3f, 0f, -4.5f)]
    [InlineData("fma.rn.f32 %f3, %f0, %f1, %f2", 1.0000001f, 1.0000001f, -1.0000002f, 1.4210855E-14f)]
    [InlineData("mad.f32 %f3, %f0, %f1, %f2", 2f, 3f, 4f, 10f)]
    [InlineData("div.rn.f32 %f3, %f0, %f1", 1f, 3f, 0f, 0.33333334f)]
    [InlineData("div.full.f32 %f3, %f0, %f1", 1f, 3f, 0f, 0.33333334f)]
    [InlineData("rcp.rn.f32 %f3, %f0", 3f, 0f, 0f, 0.33333334f)]
    [InlineData("rcp.rn.f32 %f3, %f0", -0f, 0f, 0f, -Infinity)]
    [InlineData("sqrt.rn.f32 %f3, %f0", 2f, 0f, 0f, 1.4142135f)]
    [InlineData("rsqrt.approx.f32 %f3, %f0", 4f, 0f, 0f, 0.5f)]
    [InlineData("ex2.approx.f32 %f3, %f0", 0.5f, 0f, 0f, 1.4142135f)]
    [InlineData("ex2.approx.f32 %f3, %f0", -Infinity, 0f, 0f, 0f)]
    [InlineData("lg2.approx.f32 %f3, %f0", 8f, 0f, 0f, 3f)]
    [InlineData("neg.f32 %f3, %f0", 2f, 0f, 0f, -2f)]
    [InlineData("abs.f32 %f3, %f0", -2f, 0f, 0f, 2f)]
    [InlineData("min.f32 %f3, %f0, %f1", NaN, 2f, 0f, 2f)]
    [InlineData("max.f32 %f3, %f0, %f1", 2f, NaN, 0f, 2f)]
    [InlineData("max.NaN.f32 %f3, %f0, %f1", 2f, NaN, 0f, NaN)]
    [InlineData("add.f32 %f3, %f0, 0f3F800000", 2f, 0f, 0f, 3f)]
    public void Arithmetic(string instruction, float a, float b, float c, float expected) =>
        Assert.Equal(expected, Single(instruction, a, b, c));

    [Theory]
    [InlineData("lt", 1f, 2f, true)]
    [InlineData("lt", NaN, 2f, false)]
    [InlineData("ltu", NaN, 2f, true)]
    [InlineData("leu", 3f, 2f, false)]
    [InlineData("gt", 3f, 2f, true)]
    [InlineData("gtu", NaN, NaN, true)]
    [InlineData("geu", 2f, 3f, false)]
    [InlineData("ge", 2f, NaN, false)]
    [InlineData("eq", NaN, NaN, false)]
    [InlineData("equ", NaN, NaN, true)]
    [InlineData("ne", NaN, 1f, false)]
    [InlineData("neu", NaN, 1f, true)]
    [InlineData("num", 2f, 1f, true)]
    [InlineData("nan", 2f, NaN, true)]
    public void Comparisons(string comparison, float a, float b, bool expected) => Assert.Equal(
        expected ? 1UL : 0, PtxSnippet.Value($"setp.{comparison}.f32 %p0, %f0, %f1; selp.b64 %d3, 1, 0, %p0;", Bits(a), Bits(b)));

    [Theory]
    [InlineData("cvt.rni.s32.f32", 2.5f, 2)]
    [InlineData("cvt.rni.s32.f32", 3.5f, 4)]
    [InlineData("cvt.rzi.s32.f32", -2.7f, -2)]
    [InlineData("cvt.rmi.s32.f32", -2.1f, -3)]
    [InlineData("cvt.rpi.s32.f32", 2.1f, 3)]
    [InlineData("cvt.rzi.s32.f32", 3e9f, int.MaxValue)]
    [InlineData("cvt.rzi.s32.f32", -Infinity, int.MinValue)]
    [InlineData("cvt.rzi.s32.f32", NaN, 0)]
    [InlineData("cvt.rzi.u32.f32", -5f, 0)]
    public void Floats_become_integers(string conversion, float value, int expected) =>
        Assert.Equal(expected, (int)PtxSnippet.Value($"{conversion} %r3, %f0; cvt.u64.u32 %d3, %r3;", Bits(value)));

    [Theory]
    [InlineData("cvt.rn.f32.s32", 16777217, 16777216f)]
    [InlineData("cvt.rz.f32.s32", 16777219, 16777218f)]
    [InlineData("cvt.rp.f32.s32", 16777217, 16777218f)]
    [InlineData("cvt.rm.f32.s32", -16777217, -16777218f)]
    [InlineData("cvt.rn.f32.u32", -1, 4294967296f)]
    public void Integers_become_floats(string conversion, int value, float expected) => Assert.Equal(
        expected, BitConverter.UInt32BitsToSingle((uint)PtxSnippet.Value($"{conversion} %f3, %r0; mov.b32 %r3, %f3; cvt.u64.u32 %d3, %r3;", (uint)value)));

    [Theory]
    [InlineData("cvt.rn.f16.f32", 1.0004883f, 0x3C00)]
    [InlineData("cvt.rn.f16.f32", 65520f, 0x7C00)]
    [InlineData("cvt.rz.f16.f32", 65520f, 0x7BFF)]
    [InlineData("cvt.rn.bf16.f32", 1.00390625f, 0x3F80)]
    [InlineData("cvt.rn.bf16.f32", 1.01171875f, 0x3F82)]
    [InlineData("cvt.rn.bf16.f32", NaN, 0x7FFF)]
    public void Floats_become_halves(string conversion, float value, ulong expected) =>
        Assert.Equal(expected, PtxSnippet.Value($"{conversion} %h1, %f0; cvt.u64.u16 %d3, %h1;", Bits(value)));

    [Fact]
    public void Halves_become_floats_and_pairs_hold_the_first_operand_above()
    {
        Assert.Equal(1.5f, BitConverter.UInt32BitsToSingle((uint)PtxSnippet.Value("cvt.f32.f16 %f3, %h0; mov.b32 %r3, %f3; cvt.u64.u32 %d3, %r3;", 0x3E00)));
        Assert.Equal(0x3FC04000UL, PtxSnippet.Value("cvt.rn.bf16x2.f32 %r3, %f0, %f1; cvt.u64.u32 %d3, %r3;", Bits(1.5f), Bits(2f)));
        Assert.Equal(0x3E004000UL, PtxSnippet.Value("cvt.rn.f16x2.f32 %r3, %f0, %f1; cvt.u64.u32 %d3, %r3;", Bits(1.5f), Bits(2f)));
    }

    [Fact]
    public void Doubles_are_doubles()
    {
        var third = PtxSnippet.Value("div.rn.f64 %e3, %e0, %e1; mov.b64 %d3, %e3;", BitConverter.DoubleToUInt64Bits(1), BitConverter.DoubleToUInt64Bits(3));
        Assert.Equal(1.0 / 3, BitConverter.UInt64BitsToDouble(third));
        Assert.Equal(Bits(1f / 3), PtxSnippet.Value("cvt.rn.f32.f64 %f3, %e0; mov.b32 %r3, %f3; cvt.u64.u32 %d3, %r3;", third));
    }
}
