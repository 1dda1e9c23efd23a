using CsCheck;

namespace PureLora.Tests;

public sealed class PoolTests
{
    sealed class Counted(long size) : Chunk(size)
    {
        public override void Dispose() { }
    }

    [Fact]
    public void Blocks_in_use_never_overlap_and_all_space_becomes_one_again() =>
        // A positive number rents that many bytes, a negative one returns one of the blocks in use.
        Gen.Int[-50, 3840].Array[1, 200].Sample(requests =>
        {
            using var pool = new Pool(size => new Counted(size));
            var used = new List<Block>();
            foreach (var request in requests)
                if (request > 0)
                    used.Add(pool.Rent(request));
                else if (used.Count > 0)
                {
                    var block = used[-request % used.Count];
                    used.Remove(block);
                    pool.Return(block);
                }
            foreach (var chunk in used.GroupBy(block => block.Chunk))
            {
                var ordered = chunk.OrderBy(block => block.Offset).ToArray();
                Assert.All(ordered.Zip(ordered.Skip(1)), pair => Assert.True(pair.First.Offset + pair.First.Size <= pair.Second.Offset));
                Assert.All(ordered, block => Assert.Equal(0, block.Offset % 256));
                Assert.True(ordered[^1].Offset + ordered[^1].Size <= chunk.Key.Size);
            }
            Assert.Equal(used.Sum(block => block.Size), pool.RentedBytes);
            foreach (var block in used)
                pool.Return(block);
            // One place again: blocks fill a chunk from the front without a gap.
            if (pool.ChunksTaken == 1)
                for (var i = 0; i < (1 << 16) / 3840; i++)
                    Assert.Equal(i * 3840L, pool.Rent(3840).Offset);
        });

    [Fact]
    public void The_same_requests_again_soon_take_nothing_from_the_system() =>
        Gen.Int[1, 3_000_000].Array[1, 60].Sample(sizes =>
        {
            using var pool = new Pool(size => new Counted(size));
            void Step()
            {
                var used = new Queue<Block>();
                foreach (var size in sizes)
                {
                    used.Enqueue(pool.Rent(size));
                    if (size % 3 == 0)
                        pool.Return(used.Dequeue());
                }
                while (used.TryDequeue(out var block))
                    pool.Return(block);
            }
            for (var i = 0; i < 4; i++)
                Step();
            var (chunks, peak) = (pool.ChunksTaken, pool.PeakBytes);
            Step();
            Assert.Equal((chunks, peak), (pool.ChunksTaken, pool.PeakBytes));
        });

    [Fact]
    public void Sizes_that_wander_over_a_border_of_kinds_share_their_memory()
    {
        using var pool = new Pool(size => new Counted(size));
        long largest = 0;
        foreach (var size in (long[])[17_000_000, 16_500_000, 17_000_000, 16_000_000, 16_900_000])
        {
            var blocks = Enumerable.Range(0, 100).Select(_ => pool.Rent(size)).ToArray();
            largest = Math.Max(largest, pool.RentedBytes);
            Array.ForEach(blocks, pool.Return);
        }
        Assert.InRange(pool.PeakBytes, largest, largest * 5 / 4);
    }

    [Fact]
    public void When_the_system_has_no_more_idle_chunks_go_back_and_no_more_is_asked_than_needed()
    {
        long held = 0;
        using var pool = new Pool(size => held + size > 1_000_000_000 ? throw new PureLoraException("full") : new Limited(size, () => held -= size, held += size));
        var small = pool.Rent(200_000);
        pool.Return(pool.Rent(900_000_000));
        var large = pool.Rent(990_000_000); // the idle chunk is too small: it goes back
        Assert.Throws<PureLoraException>(() => pool.Rent(20_000_000));
        Assert.Equal(Pool.Round(200_000) + Pool.Round(990_000_000), pool.RentedBytes);
        pool.Return(large);
        pool.Return(small);
        Assert.Equal(0, pool.RentedBytes);
    }

    [Fact]
    public void Kept_blocks_hold_their_own_size_and_go_back_to_the_system()
    {
        long held = 0;
        using var pool = new Pool(size => new Limited(size, () => held -= size, held += size));
        var step = pool.Rent(1_000_000);
        var kept = new[] { 1, 300_000, 5_000_000 }.Select(size => pool.Rent(size, kept: true)).ToArray();
        Assert.Equal(Pool.Round(1_000_000) + kept.Sum(block => block.Size), held);
        Assert.Equal(pool.RentedBytes, held);
        pool.Return(kept[1]);
        Assert.Equal(pool.RentedBytes, held);
        pool.Return(step);
        Assert.Equal(kept[0].Size + kept[2].Size, pool.RentedBytes);
        Assert.Equal(pool.RentedBytes + step.Size, held);
    }

    [Fact]
    public void Batches_of_other_lengths_use_the_chunks_of_the_largest()
    {
        using var pool = new Pool(size => new Counted(size));
        long Step(int tokens)
        {
            var blocks = Enumerable.Range(0, 300).Select(i => pool.Rent(tokens * 4L * (i % 3 == 0 ? 1536 : 576))).ToArray();
            var rented = pool.RentedBytes;
            Array.ForEach(blocks, pool.Return);
            return rented;
        }
        var largest = Step(1024);
        var peak = pool.PeakBytes;
        Assert.InRange(peak, largest, largest * 5 / 4);
        foreach (var tokens in (int[])[400, 1000, 60, 790, 1024, 3, 512])
            Step(tokens);
        Assert.Equal(peak, pool.PeakBytes);
    }

    sealed class Limited(long size, Action free, long held) : Chunk(size)
    {
        public long Held => held;

        public override void Dispose() => free();
    }

    [Fact]
    public void A_returned_block_is_given_out_again()
    {
        using var device = Device.Open("cpu");
        device.Rent<float>(1_000_000).Dispose();
        var (chunks, peak) = (device.ChunksTaken, device.PeakBytes);
        using var same = device.Rent<float>(1_000_000);
        Assert.Equal((chunks, peak), (device.ChunksTaken, device.PeakBytes));
        using var second = device.Rent<float>(1_000_000);
        Assert.True(device.PeakBytes >= peak + 4_000_000);
    }

    [Fact]
    public void The_peak_counts_what_the_pool_holds_and_does_not_fall()
    {
        using var device = Device.Open("cpu");
        device.Rent<byte>(5_000_000).Dispose();
        Assert.Equal((0, Pool.Round(5_000_000)), (device.Bytes, device.PeakBytes));
        using var half = device.Rent<byte>(2_500_000);
        Assert.Equal((Pool.Round(2_500_000), Pool.Round(5_000_000)), (device.Bytes, device.PeakBytes));
        using var small = device.Rent<byte>(64); // of another kind, whose first span is cut from what is left
        Assert.Equal((Pool.Round(2_500_000) + 256, Pool.Round(5_000_000)), (device.Bytes, device.PeakBytes));
        using var kept = device.Rent<byte>(1000, kept: true);
        Assert.Equal((Pool.Round(2_500_000) + 256 + 1024, Pool.Round(5_000_000) + 1024), (device.Bytes, device.PeakBytes));
    }

    [Theory, MemberData(nameof(Devices.All), MemberType = typeof(Devices))]
    public void Disposing_a_buffer_twice_returns_it_once(string deviceName)
    {
        using var device = Device.Open(deviceName);
        var buffer = device.Rent<float>(100);
        using var other = device.Rent<float>(100);
        var held = device.Bytes;
        buffer.Dispose();
        buffer.Dispose();
        Assert.Equal(held / 2, device.Bytes);
        using FloatBuffer a = device.RentCopy<float>([1, 2]), b = device.RentCopy<float>([3, 4]);
        Assert.Equal([1f, 2f], a.ToArray());
        Assert.Throws<ObjectDisposedException>(() => buffer.ToArray());
    }
}
