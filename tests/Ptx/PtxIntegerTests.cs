namespace PureLora.Tests.Ptx;

/// <summary>Integer instructions against values that follow from the PTX ISA.</summary>
public sealed class PtxIntegerTests
{
    const ulong Minus1 = 0xFFFFFFFF, Least = 0x80000000;

    [Theory]
    [InlineData("add.s32 %r3, %r0, %r1", Minus1, 2, 0, 1)]
    [InlineData("sub.s32 %r3, %r0, %r1", 1, 3, 0, 0xFFFFFFFE)]
    [InlineData("mul.lo.s32 %r3, %r0, %r1", 0x10001, 0x10001, 0, 0x20001)]
    [InlineData("mul.hi.s32 %r3, %r0, %r1", Minus1, 5, 0, Minus1)]
    [InlineData("mul.hi.u32 %r3, %r0, %r1", Minus1, 5, 0, 4)]
    [InlineData("mad.lo.s32 %r3, %r0, %r1, %r2", Minus1, 3, 10, 7)]
    [InlineData("div.s32 %r3, %r0, %r1", 0xFFFFFFF9, 2, 0, 0xFFFFFFFD)]
    [InlineData("div.u32 %r3, %r0, %r1", 0xFFFFFFF9, 2, 0, 0x7FFFFFFC)]
    [InlineData("div.s32 %r3, %r0, %r1", Least, Minus1, 0, Least)]
    [InlineData("rem.s32 %r3, %r0, %r1", 0xFFFFFFF9, 4, 0, 0xFFFFFFFD)]
    [InlineData("min.s32 %r3, %r0, %r1", Minus1, 1, 0, Minus1)]
    [InlineData("min.u32 %r3, %r0, %r1", Minus1, 1, 0, 1)]
    [InlineData("max.s32 %r3, %r0, -7", 0xFFFFFFF0, 0, 0, 0xFFFFFFF9)]
    [InlineData("abs.s32 %r3, %r0", 0xFFFFFFF9, 0, 0, 7)]
    [InlineData("neg.s32 %r3, %r0", 7, 0, 0, 0xFFFFFFF9)]
    [InlineData("and.b32 %r3, %r0, %r1", 0xF0F0, 0xFF00, 0, 0xF000)]
    [InlineData("or.b32 %r3, %r0, %r1", 0xF0F0, 0xFF00, 0, 0xFFF0)]
    [InlineData("xor.b32 %r3, %r0, %r1", 0xF0F0, 0xFF00, 0, 0x0FF0)]
    [InlineData("not.b32 %r3, %r0", 0xF0F0, 0, 0, 0xFFFF0F0F)]
    [InlineData("shl.b32 %r3, %r0, %r1", 3, 4, 0, 48)]
    [InlineData("shl.b32 %r3, %r0, %r1", 3, 32, 0, 0)]
    [InlineData("shr.u32 %r3, %r0, %r1", Least, 31, 0, 1)]
    [InlineData("shr.s32 %r3, %r0, %r1", Least, 31, 0, Minus1)]
    [InlineData("shr.s32 %r3, %r0, %r1", Least, 99, 0, Minus1)]
    [InlineData("popc.b32 %r3, %r0", 0xF0F1, 0, 0, 9)]
    [InlineData("clz.b32 %r3, %r0", 0x0000F0F1, 0, 0, 16)]
    [InlineData("brev.b32 %r3, %r0", 0x3, 0, 0, 0xC0000000)]
    [InlineData("bfe.u32 %r3, %r0, %r1, %r2", 0xABCD1234, 8, 8, 0x12)]
    [InlineData("bfe.s32 %r3, %r0, %r1, %r2", 0xABCDF234, 8, 8, 0xFFFFFFF2)]
    [InlineData("bfe.s32 %r3, %r0, %r1, %r2", 0xABCDF234, 28, 8, 0xFFFFFFFA)]
    [InlineData("bfi.b32 %r3, %r0, %r1, 8, 4", 0x5, 0xFFFFFFFF, 0, 0xFFFFF5FF)]
    [InlineData("prmt.b32 %r3, %r0, %r1, %r2", 0x33221100, 0x77665544, 0x5410, 0x55441100)]
    [InlineData("prmt.b32 %r3, %r0, %r1, 0x9800", 0x3322F100, 0, 0, 0xFF000000)]
    [InlineData("selp.b32 %r3, %r0, %r1, %p0", 1, 2, 0, 2)]
    public void Words(string instruction, ulong a, ulong b, ulong c, ulong expected) =>
        Assert.Equal(expected, PtxSnippet.Value($"setp.gt.s32 %p0, %r0, %r1; {instruction}; cvt.u64.u32 %d3, %r3;", a, b, c));

    [Theory]
    [InlineData("add.s64 %d3, %d0, %d1", ulong.MaxValue, 3, 0, 2)]
    [InlineData("sub.u64 %d3, %d0, %d1", 1, 3, 0, ulong.MaxValue - 1)]
    [InlineData("mul.wide.u32 %d3, %r0, %r1", Minus1, Minus1, 0, 0xFFFFFFFE00000001)]
    [InlineData("mul.wide.s32 %d3, %r0, %r1", Minus1, 5, 0, 0xFFFFFFFFFFFFFFFB)]
    [InlineData("mad.wide.s32 %d3, %r0, %r1, %d2", Minus1, 5, 6, 1)]
    [InlineData("mad.lo.u64 %d3, %d0, 4, %d2", 0x100000000, 0, 6, 0x400000006)]
    [InlineData("mul.lo.s64 %d3, %d0, -1", 5, 0, 0, 0xFFFFFFFFFFFFFFFB)]
    [InlineData("mul.hi.u64 %d3, %d0, %d1", 1UL << 63, 6, 0, 3)]
    [InlineData("mul.hi.s64 %d3, %d0, %d1", 1UL << 63, 6, 0, 0xFFFFFFFFFFFFFFFD)]
    [InlineData("shr.s64 %d3, %d0, 60", 1UL << 63, 0, 0, 0xFFFFFFFFFFFFFFF8)]
    [InlineData("shr.u64 %d3, %d0, 60", 1UL << 63, 0, 0, 8)]
    [InlineData("div.s64 %d3, %d0, %d1", 0xFFFFFFFFFFFFFFF9, 2, 0, 0xFFFFFFFFFFFFFFFD)]
    [InlineData("clz.b64 %r3, %d0; cvt.u64.u32 %d3, %r3", 1, 0, 0, 63)]
    [InlineData("mov.b64 %d3, {%r0, %r1}", 0x11, 0x22, 0, 0x2200000011)]
    [InlineData("mov.b64 {%r3, %r4}, %d0; cvt.u64.u32 %d3, %r4", 0x2200000011, 0, 0, 0x22)]
    [InlineData("mov.b32 {%h1, %h2}, %r0; mov.b32 %r3, {%h2, %h1}; cvt.u64.u32 %d3, %r3", 0x12345678, 0, 0, 0x56781234)]
    [InlineData("cvt.s64.s32 %d3, %r0", Minus1, 0, 0, ulong.MaxValue)]
    [InlineData("cvt.u64.u32 %d3, %r0", Minus1, 0, 0, Minus1)]
    [InlineData("cvt.s32.s8 %r3, %r0; cvt.u64.u32 %d3, %r3", 0x1F0, 0, 0, 0xFFFFFFF0)]
    [InlineData("cvt.sat.s8.s32 %r3, %r0; cvt.u64.u32 %d3, %r3", 0x1F0, 0, 0, 127)]
    [InlineData("cvt.sat.u8.s32 %r3, %r0; cvt.u64.u32 %d3, %r3", Minus1, 0, 0, 0)]
    [InlineData("cvt.u8.u32 %h1, %r0; cvt.u32.u8 %r3, %h1; cvt.u64.u32 %d3, %r3", 0x1F0, 0, 0, 0xF0)]
    public void Wide(string instruction, ulong a, ulong b, ulong c, ulong expected) =>
        Assert.Equal(expected, PtxSnippet.Value(instruction + ";", a, b, c));

    [Theory]
    [InlineData("lt.s32", Minus1, 1, true)]
    [InlineData("lo.u32", Minus1, 1, false)]
    [InlineData("hs.u32", Minus1, 1, true)]
    [InlineData("ge.s32", 1, 1, true)]
    [InlineData("gt.s32", 1, 1, false)]
    [InlineData("le.u32", 1, 1, true)]
    [InlineData("eq.b32", 7, 7, true)]
    [InlineData("ne.s32", 7, 7, false)]
    public void Comparisons(string comparison, ulong a, ulong b, bool expected) =>
        Assert.Equal(expected ? 1UL : 0, PtxSnippet.Value($"setp.{comparison} %p0, %r0, %r1; @%p0 mov.b64 %d3, 1;", a, b));

    [Theory]
    [InlineData("and.s32 %p0, %r0, %r1, %p1", true)]
    [InlineData("and.s32 %p0, %r0, %r1, !%p1", false)]
    [InlineData("or.s32 %p0, %r0, %r1, !%p1", true)]
    [InlineData("xor.s32 %p0, %r0, %r1, %p1", false)]
    public void A_comparison_is_combined_with_a_predicate(string comparison, bool expected) =>
        Assert.Equal(expected ? 1UL : 0, PtxSnippet.Value($"setp.eq.s32 %p1, %r0, 1; setp.lt.{comparison}; @%p0 mov.b64 %d3, 1;", 1, 2));

    [Fact]
    public void A_branch_table_jumps_by_its_index()
    {
        const string body = """
            T: .branchtargets A, B, C;
            brx.idx %r0, T;
            A: mov.b64 %d3, 10; bra E;
            B: mov.b64 %d3, 20; bra E;
            C: mov.b64 %d3, 30;
            E:
            """;
        Assert.Equal([10UL, 20, 30], new ulong[] { 0, 1, 2 }.Select(i => PtxSnippet.Value(body, i)));
        Assert.Contains("not in the table", PtxSnippet.Error(() => PtxSnippet.Value(body, 3)));
    }

    [Fact]
    public void Division_by_zero_is_an_error() =>
        Assert.Contains("division by zero, in 'div.s32 %r3, %r0, %r1'", PtxSnippet.Error(() => PtxSnippet.Value("div.s32 %r3, %r0, %r1;", 1, 0)));
}
