namespace PureLora.Tests.Ptx;

/// <summary>Barriers, races and orders, with faults planted into kernels that are right.</summary>
public sealed class PtxOrderTests
{
    const string Shared = ".shared .align 4 .b8 tile[256];";

    /// <summary>out[t] = tile[63 - t] after tile[t] = in[t], in groups of 64.</summary>
    const string Reversal = """
        mov.u32 %r0, %tid.x;
        mul.wide.u32 %d0, %r0, 4;
        mov.u64 %d1, tile;
        add.u64 %d2, %d1, %d0;
        add.u64 %d3, %data, %d0;
        ld.global.b32 %r1, [%d3];
        st.shared.b32 [%d2], %r1;
        bar.sync 0;
        sub.u64 %d4, %d1, %d0;
        ld.shared.b32 %r2, [%d4+252];
        st.global.b32 [%d3], %r2;
        """;

    static uint[] Numbers(int count) => [.. Enumerable.Range(1, count).Select(i => (uint)i)];

    [Fact]
    public void A_barrier_orders_shared_memory()
    {
        for (var seed = 0; seed < 20; seed++)
            Assert.Equal(Numbers(64).Reverse(), PtxSnippet.Run(Reversal, Numbers(64), Shared, groupSize: 64, seed: seed));
    }

    [Fact]
    public void A_missing_barrier_is_a_race_whatever_the_order()
    {
        for (var seed = 0; seed < 20; seed++)
            Assert.Matches("race: a (read|write) of shared memory that .* (wrote|read); a barrier is missing, in '(ld|st).shared", PtxSnippet.Error(() =>
                PtxSnippet.Run(Reversal.Replace("bar.sync 0;", ""), Numbers(64), Shared, groupSize: 64, seed: seed)));
    }

    [Fact]
    public void An_overwritten_tile_is_a_race_with_those_that_still_read_it()
    {
        var again = Reversal + "st.shared.b32 [%d2], %r2;";
        Assert.Contains("race", PtxSnippet.Error(() => PtxSnippet.Run(again, Numbers(64), Shared, groupSize: 64)));
        PtxSnippet.Run(Reversal + "bar.sync 0; st.shared.b32 [%d2], %r2;", Numbers(64), Shared, groupSize: 64);
    }

    [Fact]
    public void A_barrier_of_a_warp_orders_its_lanes_and_no_others()
    {
        // The last thread of 32 is 31, so what is read is 63 - t only within groups of 64.
        var body = Reversal.Replace("bar.sync 0", "bar.warp.sync 0xffffffff").Replace("+252", "+124");
        Assert.Equal(Numbers(32).Reverse(), PtxSnippet.Run(body, Numbers(32), Shared, groupSize: 32));
        var wide = Reversal.Replace("bar.sync 0", "bar.warp.sync 0xffffffff");
        Assert.Contains("race", PtxSnippet.Error(() => PtxSnippet.Run(wide, Numbers(64), Shared, groupSize: 64)));
    }

    [Fact]
    public void Words_that_two_groups_touch_are_a_race_even_with_barriers()
    {
        const string body = "bar.sync 0; mov.u32 %r0, %ctaid.x; st.global.b32 [%data], %r0; bar.sync 0;";
        Assert.Contains("race: a write of global memory that thread 0 of group", PtxSnippet.Error(() => PtxSnippet.Run(body, [0], groups: 2)));
        const string reader = "mov.u32 %r0, %ctaid.x; setp.eq.s32 %p0, %r0, 0; @%p0 st.global.b32 [%data], %r0; ld.global.b32 %r1, [%data];";
        for (var seed = 0; seed < 8; seed++)
            Assert.Contains("race", PtxSnippet.Error(() => PtxSnippet.Run(reader, [0], groups: 3, seed: seed)));
    }

    [Fact]
    public void A_barrier_orders_global_memory_within_a_group()
    {
        const string body = """
            mov.u32 %r0, %tid.x;
            mul.wide.u32 %d0, %r0, 4;
            add.u64 %d1, %data, %d0;
            st.global.b32 [%d1], %r0;
            bar.sync 0;
            xor.b32 %r1, %r0, 1;
            mul.wide.u32 %d2, %r1, 4;
            add.u64 %d3, %data, %d2;
            ld.global.b32 %r2, [%d3];
            st.global.b32 [%d1+256], %r2;
            """;
        var words = PtxSnippet.Run(body, new uint[128], groupSize: 64);
        Assert.Equal(Enumerable.Range(0, 64).Select(i => (uint)(i ^ 1)), words[64..]);
        Assert.Contains("race", PtxSnippet.Error(() => PtxSnippet.Run(body.Replace("bar.sync 0;", ""), new uint[128], groupSize: 64)));
    }

    [Fact]
    public void Atomics_are_no_race_among_themselves_but_with_others()
    {
        const string body = "atom.global.add.u32 %r0, [%data], 2;";
        Assert.Equal([2 * 3 * 40u], PtxSnippet.Run(body, [0], groups: 3, groupSize: 40));
        Assert.Contains("race", PtxSnippet.Error(() => PtxSnippet.Run(body + "st.global.b32 [%data], %r0;", [0], groupSize: 2)));
        Assert.Contains("race", PtxSnippet.Error(() => PtxSnippet.Run("ld.global.b32 %r1, [%data];" + body, [0], groups: 2)));
        Assert.Equal([4u], PtxSnippet.Run("mov.u32 %r1, %tid.x; setp.eq.s32 %p0, %r1, 0; @%p0 st.global.b32 [%data], 0; bar.sync 0;" + body, [9], groupSize: 2));
    }

    [Fact]
    public void Bytes_of_one_word_are_apart()
    {
        const string body = """
            mov.u32 %r0, %tid.x;
            cvt.u64.u32 %d0, %r0;
            add.u64 %d1, %data, %d0;
            st.global.u8 [%d1], %r0;
            """;
        Assert.Equal([0x03020100u], PtxSnippet.Run(body, [0], groupSize: 4));
    }

    [Theory]
    [InlineData("mov.u32 %r0, %tid.x; setp.eq.s32 %p0, %r0, 5; @%p0 bra E; bar.sync 0; E:", 8, "1 of 8 threads have returned")]
    [InlineData("mov.u32 %r0, %tid.x; setp.eq.s32 %p0, %r0, 5; @%p0 bra E; bar.sync 0; bra F; E: bar.sync 0; F:", 8, "1 wait at 'bar.sync 0'")]
    [InlineData("mov.u32 %r0, %tid.x; setp.eq.s32 %p0, %r0, 5; @%p0 bra E; bar.warp.sync -1; E:", 32, "31 wait at 'bar.warp.sync -1'")]
    public void Threads_that_wait_for_ever_are_a_dead_lock(string body, int groupSize, string expected)
    {
        var message = PtxSnippet.Error(() => PtxSnippet.Run(body, [0], groupSize: groupSize));
        Assert.Contains("dead lock in group 0", message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void A_loop_that_does_not_end_is_stopped() =>
        Assert.Contains("does not end", PtxSnippet.Error(() => PtxSnippet.Run("L: bra L;", [0])));

    [Fact]
    public void A_seed_is_an_order()
    {
        // Each thread notes when its turn came.
        const string body = """
            atom.global.add.u32 %r0, [%data], 1;
            mov.u32 %r1, %ctaid.x;
            mov.u32 %r2, %ntid.x;
            mov.u32 %r3, %tid.x;
            mad.lo.u32 %r4, %r1, %r2, %r3;
            mul.wide.u32 %d0, %r4, 4;
            add.u64 %d1, %data, %d0;
            st.global.b32 [%d1+4], %r0;
            """;
        uint[] Order(int seed) => PtxSnippet.Run(body, new uint[1 + 3 * 40], groups: 3, groupSize: 40, seed: seed)[1..];
        Assert.Equal(Enumerable.Range(0, 120).Select(i => (uint)i), Order(7).Order());
        Assert.Equal(Order(7), Order(7));
        Assert.NotEqual(Order(7), Order(8));
    }

    [Fact]
    public void Memory_that_was_never_written_is_noise()
    {
        const string body = "ld.shared.b32 %r0, [tile+8]; st.global.b32 [%data], %r0;";
        Assert.NotEqual(PtxSnippet.Run(body, [0], Shared, seed: 1), PtxSnippet.Run(body, [0], Shared, seed: 2));
    }
}
