namespace PureLora.Tests.Ptx;

/// <summary>Loads, stores and atomics of all spaces, and addresses that no kernel may use.</summary>
public sealed class PtxMemoryTests
{
    [Theory]
    [InlineData("ld.global.u8 %r0, [%data+3]", 0x80u)]
    [InlineData("ld.global.s8 %r0, [%data+3]", 0xFFFFFF80u)]
    [InlineData("ld.global.s16 %r0, [%data+2]", 0xFFFF8003u)]
    [InlineData("ld.global.nc.b32 %r0, [%data]", 0x80030201u)]
    [InlineData("ld.global.v2.b32 {%r1, %r0}, [%data]", 0x22u)]
    [InlineData("ld.global.v4.b32 {%r1, %r2, %r3, %r0}, [%data]", 0x44u)]
    [InlineData("ld.global.nc.L1::no_allocate.v4.u32 {%r1, %r2, %r0, %r3}, [%data]", 0x33u)]
    [InlineData("cvta.global.u64 %d0, %data; ld.b32 %r0, [%d0+4]", 0x22u)]
    [InlineData("cvta.shared.u64 %d0, pad; st.b32 [%d0+4], 7; ld.shared.b32 %r0, [pad+4]", 7u)]
    [InlineData("st.shared.v2.b32 [pad], {5, 6}; mov.u64 %d0, pad; ld.shared.b32 %r0, [%d0+4]", 6u)]
    [InlineData("st.local.b64 [own], 9; ld.local.b32 %r0, [own]", 9u)]
    [InlineData("cvta.local.u64 %d0, own; st.local.b32 [own+4], 8; ld.b32 %r0, [%d0+4]", 8u)]
    public void Values_arrive(string body, uint expected)
    {
        var words = PtxSnippet.Run(body + "; st.global.b32 [%data+16], %r0;", [0x80030201, 0x22, 0x33, 0x44, 0], ".shared .align 8 .b8 pad[8]; .local .align 8 .b8 own[8];");
        Assert.Equal(expected, words[4]);
    }

    [Theory]
    [InlineData("atom.global.add.u32 %r0, [%data], 5", 12u, 7u)]
    [InlineData("atom.global.min.s32 %r0, [%data], -5", 0xFFFFFFFBu, 7u)]
    [InlineData("atom.global.max.u32 %r0, [%data], 5", 7u, 7u)]
    [InlineData("atom.global.exch.b32 %r0, [%data], 5", 5u, 7u)]
    [InlineData("atom.global.cas.b32 %r0, [%data], 7, 9", 9u, 7u)]
    [InlineData("atom.global.cas.b32 %r0, [%data], 6, 9", 7u, 7u)]
    [InlineData("atom.relaxed.gpu.global.xor.b32 %r0, [%data], 5", 2u, 7u)]
    [InlineData("mov.b32 %r0, 3; red.global.or.b32 [%data], 8", 15u, 3u)]
    public void Atomics_change_the_word_and_return_what_was_there(string body, uint after, uint returned) =>
        Assert.Equal([after, returned], PtxSnippet.Run(body + "; st.global.b32 [%data+4], %r0;", [7, 0]));

    [Fact]
    public void Atomics_add_floats() =>
        Assert.Equal(3.5f, BitConverter.UInt32BitsToSingle(PtxSnippet.Run("red.global.add.f32 [%data], 0f40200000;", [BitConverter.SingleToUInt32Bits(1f)])[0]));

    [Theory]
    [InlineData("ld.global.b32 %r0, [%data+16]", "0 bytes beyond the one before it")]
    [InlineData("ld.global.b32 %r0, [%data+-4]", "outside of all regions")]
    [InlineData("st.global.v4.b32 [%data+8], {1, 2, 3, 4}", "misaligned for 16 bytes")]
    [InlineData("ld.global.b64 %d0, [%data+4]", "misaligned for 8 bytes")]
    [InlineData("ld.global.b16 %h0, [%data+3]", "misaligned for 2 bytes")]
    [InlineData("mov.u64 %d0, 0; ld.global.b32 %r0, [%d0]", "the global address 0x0 is outside")]
    [InlineData("ld.shared.b32 %r0, [pad+8]", "outside of the 8 bytes")]
    [InlineData("st.local.b32 [own+8], 0", "outside of the 8 bytes")]
    public void Wrong_addresses_are_errors(string body, string expected)
    {
        var message = PtxSnippet.Error(() => PtxSnippet.Run(body + ";", new uint[4], ".shared .align 8 .b8 pad[8]; .local .align 8 .b8 own[8];"));
        Assert.StartsWith("snippet: ", message);
        Assert.Contains(expected, message);
        Assert.EndsWith("of thread 0 of group 0.", message);
    }

    [Fact]
    public void A_region_one_element_short_is_seen()
    {
        const string body = "mov.u32 %r0, %tid.x; mul.wide.u32 %d0, %r0, 4; add.u64 %d1, %data, %d0; st.global.b32 [%d1], %r0;";
        Assert.Equal([0u, 1, 2, 3], PtxSnippet.Run(body, new uint[4], groupSize: 4));
        Assert.Contains("'st.global.b32 [%d1], %r0' (line ", PtxSnippet.Error(() => PtxSnippet.Run(body, new uint[4], groupSize: 4, allowed: 12)));
        Assert.Contains("of thread 3 of group 0", PtxSnippet.Error(() => PtxSnippet.Run(body, new uint[4], groupSize: 4, allowed: 12)));
        Assert.Contains("2 bytes before the end", PtxSnippet.Error(() => PtxSnippet.Run(body, new uint[4], groupSize: 4, allowed: 14)));
    }

    [Fact]
    public void A_vector_load_from_a_view_4_bytes_off_is_seen()
    {
        const string body = "ld.global.v4.f32 {%f0, %f1, %f2, %f3}, [%data];";
        PtxSnippet.Run(body, new uint[8]);
        Assert.Contains("misaligned for 16 bytes", PtxSnippet.Error(() => PtxSnippet.Run(body, new uint[8], skip: 4)));
    }

    [Theory]
    [InlineData("frob.s32 %r0, %r1;", "the instruction frob is unknown")]
    [InlineData("mov.b32 %r1, 0; add.sat.s32 %r0, %r1, %r1;", "the modifier .sat is unknown")]
    [InlineData("mov.b32 %r1, 0; add.s32 %r0, %r1;", "there are 2 operands, but it has 3")]
    [InlineData("mov.b32 %q1, 0;", "the register %q1 is not declared")]
    [InlineData("bra NOWHERE;", "the label NOWHERE is unknown")]
    [InlineData("add.s32 %r0, %r1, 1;", "can read a register that was never written")]
    [InlineData("L: setp.eq.s32 %p0, %r1, 1; mov.b32 %r1, 0; @%p0 bra L;", "can read a register that was never written")]
    public void What_is_unknown_is_an_error_with_its_line(string body, string expected)
    {
        var message = PtxSnippet.Error(() => PtxSnippet.Kernel(body));
        Assert.Contains(expected, message);
        Assert.Contains("line 1", message);
    }
}
