namespace PureLora.Tests.Ptx;

/// <summary>What lanes do together: shuffles, votes, tensor cores; and asynchronous copies.</summary>
public sealed class PtxWarpTests
{
    /// <summary>What each lane stores when %r0 is its lane and %r1 is where its result goes.</summary>
    static uint[] Lanes(string body, int groupSize = 32, string declarations = "") => PtxSnippet.Run($"""
        mov.u32 %r0, %laneid;
        mov.u32 %r9, %tid.x;
        {body}
        mul.wide.u32 %d0, %r9, 4;
        add.u64 %d1, %data, %d0;
        st.global.b32 [%d1], %r1;
        """, new uint[groupSize], declarations, groupSize: groupSize);

    static IEnumerable<uint> Each(Func<int, int> value) => Enumerable.Range(0, 32).Select(lane => (uint)value(lane));

    [Fact]
    public void Shuffles_take_from_other_lanes()
    {
        Assert.Equal(Each(l => l ^ 5), Lanes("shfl.sync.bfly.b32 %r1, %r0, 5, 31, -1;"));
        Assert.Equal(Each(l => l >= 3 ? l - 3 : l), Lanes("shfl.sync.up.b32 %r1, %r0, 3, 0, -1;"));
        Assert.Equal(Each(l => l + 3 < 32 ? l + 3 : l), Lanes("shfl.sync.down.b32 %r1, %r0, 3, 31, 0xffffffff;"));
        Assert.Equal(Each(_ => 7), Lanes("shfl.sync.idx.b32 %r1, %r0, 7, 31, -1;"));
        // Segments of eight: clamp 31, mask 24.
        Assert.Equal(Each(l => l % 8 + 3 < 8 ? l + 3 : l), Lanes("shfl.sync.down.b32 %r1, %r0, 3, 0x181f, -1;"));
        Assert.Equal(Each(l => l / 8 * 8 + 2), Lanes("shfl.sync.idx.b32 %r1, %r0, 2, 0x181f, -1;"));
        Assert.Equal(Each(l => l >= 3 ? 1 : 0), Lanes("shfl.sync.up.b32 %r2|%p0, %r0, 3, 0, -1; selp.b32 %r1, 1, 0, %p0;"));
    }

    [Fact]
    public void Lanes_outside_of_the_mask_neither_wait_nor_give()
    {
        var half = "setp.lt.u32 %p0, %r0, 16; mov.b32 %r1, 99; @%p0 shfl.sync.bfly.b32 %r1, %r0, 1, 31, 0xffff;";
        Assert.Equal(Each(l => l < 16 ? l ^ 1 : 99), Lanes(half));
        Assert.Contains("which does not take part", PtxSnippet.Error(() => Lanes(half.Replace("%r0, 1, 31", "%r0, 16, 31"))));
        Assert.Contains("own member mask", PtxSnippet.Error(() => Lanes("shfl.sync.bfly.b32 %r1, %r0, 1, 31, 0xffff;")));
    }

    [Fact]
    public void Votes_count_lanes()
    {
        const string odd = "and.b32 %r2, %r0, 1; setp.eq.s32 %p0, %r2, 1;";
        Assert.All(Lanes(odd + "vote.sync.ballot.b32 %r1, %p0, -1;"), word => Assert.Equal(0xAAAAAAAA, word));
        Assert.All(Lanes(odd + "vote.sync.any.pred %p1, %p0, -1; selp.b32 %r1, 1, 0, %p1;"), word => Assert.Equal(1u, word));
        Assert.All(Lanes(odd + "vote.sync.all.pred %p1, %p0, -1; selp.b32 %r1, 1, 0, %p1;"), word => Assert.Equal(0u, word));
    }

    [Theory]
    [InlineData("bf16", 16)]
    [InlineData("f16", 16)]
    [InlineData("bf16", 8)]
    public void Tensor_cores_multiply(string type, int depth)
    {
        // a [16, k] and b [k, 8] hold small whole numbers; words 0..127 are a's pairs, 128..191 b's, the result follows.
        var random = new Random(3);
        var a = Enumerable.Range(0, 16 * depth).Select(_ => random.Next(-8, 9)).ToArray();
        var b = Enumerable.Range(0, depth * 8).Select(_ => random.Next(-8, 9)).ToArray();
        uint Half(int v) => type == "f16" ? BitConverter.HalfToUInt16Bits((Half)v) : BitConverter.SingleToUInt32Bits(v) >> 16;
        var words = new uint[128 + 64 + 128];
        for (var i = 0; i < 8 * depth; i++)
            words[i] = Half(a[2 * i]) | Half(a[2 * i + 1]) << 16;
        // Columns of b are contiguous, as the fragment wants pairs along k.
        for (var column = 0; column < 8; column++)
            for (var k = 0; k < depth; k += 2)
                words[128 + (column * depth + k) / 2] = Half(b[k * 8 + column]) | Half(b[(k + 1) * 8 + column]) << 16;
        for (var i = 0; i < 128; i++)
            words[192 + i] = BitConverter.SingleToUInt32Bits(100 + i);
        var (row, rowBytes) = (depth / 2, 2 * depth);
        var loads = string.Join('\n', Enumerable.Range(0, depth / 4).Select(p => $"ld.global.b32 %r{4 + p}, [%d1+{(p & 1) * 8 * rowBytes + (p >> 1) * 16}];")) +
            string.Join('\n', Enumerable.Range(0, depth / 8).Select(p => $"ld.global.b32 %r{8 + p}, [%d1+{512 + p * 16}];"));
        var (aRegisters, bRegisters) = depth == 16 ? ("%r4, %r5, %r6, %r7", "%r8, %r9") : ("%r4, %r5", "%r8");
        var results = PtxSnippet.Run($$"""
            mov.u32 %r0, %laneid;
            shr.u32 %r1, %r0, 2;
            and.b32 %r2, %r0, 3;
            mad.lo.u32 %r3, %r1, {{row}}, %r2;
            mul.wide.u32 %d0, %r3, 4;
            add.u64 %d1, %data, %d0;
            {{loads}}
            mad.lo.u32 %r3, %r1, 4, %r2;
            mul.wide.u32 %d0, %r3, 8;
            add.u64 %d2, %data, %d0;
            ld.global.v2.f32 {%f0, %f1}, [%d2+768];
            ld.global.v2.f32 {%f2, %f3}, [%d2+1024];
            mma.sync.aligned.m16n8k{{depth}}.row.col.f32.{{type}}.{{type}}.f32 {%f0, %f1, %f2, %f3}, { {{aRegisters}} }, { {{bRegisters}} }, {%f0, %f1, %f2, %f3};
            st.global.v2.f32 [%d2+768], {%f0, %f1};
            st.global.v2.f32 [%d2+1024], {%f2, %f3};
            """, words, groupSize: 32);
        for (var i = 0; i < 128; i++)
            Assert.Equal(100 + i + Enumerable.Range(0, depth).Sum(k => a[i / 8 * depth + k] * b[k * 8 + i % 8]), BitConverter.UInt32BitsToSingle(results[192 + i]));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".trans")]
    public void Matrices_are_loaded_by_rows_and_spread_over_lanes(string transposed)
    {
        // tile holds four 8 x 8 matrices of 16-bit numbers: row r of matrix m begins at 16 (8 m + r), element e is 64 m + 8 r + c.
        var words = Lanes($$"""
            mov.u64 %d5, tile;
            mul.wide.u32 %d6, %r0, 16;
            add.u64 %d7, %d5, %d6;
            mul.lo.u32 %r2, %r0, 8;
            add.u32 %r3, %r2, 1;
            mad.lo.u32 %r4, %r3, 65536, %r2;
            add.u32 %r5, %r4, 0x20002;
            add.u32 %r6, %r5, 0x20002;
            add.u32 %r7, %r6, 0x20002;
            st.shared.v4.b32 [%d7], {%r4, %r5, %r6, %r7};
            bar.sync 0;
            ldmatrix.sync.aligned.m8n8.x4{{transposed}}.shared.b16 {%r11, %r12, %r13, %r14}, [%d7];
            mov.b32 %r1, %r13;
            """, declarations: ".shared .align 16 .b8 tile[512];");
        for (var lane = 0; lane < 32; lane++)
        {
            var (g, q) = (lane / 4, lane % 4);
            var (low, high) = transposed == "" ? (8 * g + 2 * q, 8 * g + 2 * q + 1) : (8 * 2 * q + g, 8 * (2 * q + 1) + g);
            Assert.Equal((uint)(128 + low | (128 + high) << 16), words[lane]);
        }
    }

    const string Copy = """
        mov.u64 %d5, tile;
        mul.wide.u32 %d6, %r0, 16;
        add.u64 %d7, %d5, %d6;
        and.b32 %r2, %r0, 7;
        mul.wide.u32 %d6, %r2, 16;
        add.u64 %d8, %data, %d6;
        cp.async.cg.shared.global [%d7], [%d8], 16, 8;
        cp.async.commit_group;
        cp.async.commit_group;
        cp.async.wait_group 1;
        bar.sync 0;
        xor.b32 %r2, %r0, 1;
        mul.wide.u32 %d6, %r2, 16;
        add.u64 %d8, %d5, %d6;
        ld.shared.v4.b32 {%r4, %r5, %r6, %r7}, [%d8];
        bar.sync 0;
        add.u32 %r8, %r4, %r5;
        add.u32 %r8, %r8, %r6;
        add.u32 %r1, %r8, %r7;
        """;

    static uint[] Copied(string body) => PtxSnippet.Run(
        $"mov.u32 %r0, %laneid; {body} mul.wide.u32 %d0, %r0, 4; add.u64 %d1, %data, %d0; st.global.b32 [%d1], %r1;",
        [.. Enumerable.Range(0, 32).Select(i => (uint)i)], ".shared .align 16 .b8 tile[512];", groupSize: 32);

    [Fact]
    public void Copies_arrive_when_they_are_waited_for_and_fill_up_with_zeros() =>
        Assert.Equal(Each(l => 8 * ((l ^ 1) & 7) + 1), Copied(Copy));

    [Theory]
    [InlineData("cp.async.wait_group 1;\nbar.sync 0;", "cp.async.wait_group 1;", "race")]
    [InlineData("[%d7], [%d8], 16, 8", "[%d7+8], [%d8], 16, 8", "not both aligned for 16 bytes")]
    [InlineData("cp.async.cg", "cp.async.ca", null)]
    public void Copies_are_checked(string from, string to, string? expected)
    {
        Assert.Contains(from, Copy);
        var body = Copy.Replace(from, to);
        if (expected is null)
            Copied(body);
        else
            Assert.Contains(expected, PtxSnippet.Error(() => Copied(body)));
    }

    [Fact]
    public void All_copies_are_waited_for_in_a_batch_or_not() =>
        Assert.Equal(Copied(Copy), Copied(Copy.Replace("cp.async.commit_group;", "").Replace("wait_group 1", "wait_all")));

    [Fact]
    public void A_copy_that_nobody_waited_for_has_not_arrived() =>
        Assert.NotEqual(Copied(Copy), Copied(Copy.Replace("wait_group 1", "wait_group 2")));
}
